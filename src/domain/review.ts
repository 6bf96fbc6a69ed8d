/** What to look at first in a task's or a run's work: what is not proven, what was said against it, paths with risks. Pure. */
import { discrepancies } from './discrepancies.ts'
import { notProven } from './not-proven.ts'
import { type ChangedPath, type RiskyPath, riskyPaths } from './risky-paths.ts'
import type { RunView, TaskView } from './run-view.ts'
import { cleanLine } from './text.ts'

export interface Review {
  /** Of the run, and of the task where one is looked at. */
  notProven: string[]
  /** Findings that did not stop the work, were answered by a later attempt, or stand against checks or verdicts. */
  said: string[]
  risky: RiskyPath[]
}

/** `task` null: the whole run. */
export const reviewOf = (view: RunView, task: TaskView | null, changes: readonly ChangedPath[]): Review => {
  const tasks = task === null ? view.tasks : [task]
  return {
    notProven: notProven({ ...view, tasks }),
    said: [...tasks.flatMap(findingsOf), ...discrepanciesOf({ ...view, tasks })],
    risky: riskyPaths(changes),
  }
}

const findingsOf = (task: TaskView): string[] => {
  const last = task.attempts.at(-1)?.n ?? 0
  return task.findings.flatMap(({ attempt, source, findings }) =>
    (findings ?? []).map(finding => {
      const where = finding.file === undefined ? '' : ` ${cleanLine(finding.file, 200)}`
      const then = attempt < last ? `, before attempt ${attempt + 1}` : ''
      return `${task.taskId}: ${finding.severity} (${source}${then})${where}: ${cleanLine(finding.claim, 300)}`
    }),
  )
}

const discrepanciesOf = (view: RunView): string[] =>
  discrepancies(view).flatMap(found => {
    if (found.kind === 'checksAgainstVerdict')
      return [`${found.taskId}: the checks passed on a tip that ${found.verdict.verifier ?? 'a verifier'} failed`]
    if (found.kind === 'verifiersDisagree') return [`${found.taskId}: two verifiers judged the same tip differently`]
    return []
  })

/** Plain text, one thing a line; names from the repository are cleaned. */
export const reviewText = ({ notProven: open, said, risky }: Review): string =>
  [
    ...section('NOT PROVEN', open),
    ...section('Said against it', said),
    ...section(
      'Paths to look at first',
      risky.map(({ path, why }) => `${cleanLine(path, 200)} (${why})`),
    ),
  ].join('\n')

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [title, ...lines.map(line => `  - ${cleanLine(line, 600)}`)]

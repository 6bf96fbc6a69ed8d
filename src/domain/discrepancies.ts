/** Where two pieces of evidence about one task do not say the same. */
import type { TaskId } from './ids.ts'
import type { RunView, TaskView, VerdictView } from './run-view.ts'
import type { Finding } from './verdict.ts'

export type Discrepancy =
  /** The checks passed on the work a verifier failed. */
  | { kind: 'checksAgainstVerdict'; taskId: TaskId; number: number; verdict: VerdictView }
  /** Two verifiers judged the same tip differently. */
  | { kind: 'verifiersDisagree'; taskId: TaskId; number: number; pass: VerdictView; fail: VerdictView }
  /** A blocking finding, and a later tip that passed: whether it was mended or merely not seen again is for a person. */
  | {
      kind: 'findingAnswered'
      taskId: TaskId
      number: number
      finding: Finding
      verdict: VerdictView
      answeredIn: number
    }

/** All discrepancies of a run, task by task, in the order they arose. */
export const discrepancies = (view: RunView): Discrepancy[] =>
  view.tasks.flatMap(task => [...againstChecks(task), ...disagreements(task), ...answered(task)])

const ofTask = (task: TaskView) => ({ taskId: task.taskId, number: task.number })

const againstChecks = (task: TaskView): Discrepancy[] =>
  task.verdicts
    .filter(verdict => verdict.value === 'fail')
    .filter(verdict => task.checks.some(checks => checks.tip === verdict.tip && checks.status === 'passed'))
    .map(verdict => ({ kind: 'checksAgainstVerdict', ...ofTask(task), verdict }))

const disagreements = (task: TaskView): Discrepancy[] =>
  task.verdicts
    .filter(verdict => verdict.value === 'fail')
    .flatMap(fail => {
      const pass = task.verdicts.find(other => other.value === 'pass' && other.tip === fail.tip)
      return pass === undefined ? [] : [{ kind: 'verifiersDisagree' as const, ...ofTask(task), pass, fail }]
    })

const answered = (task: TaskView): Discrepancy[] =>
  task.verdicts.flatMap((verdict, index) => {
    const later = task.verdicts.slice(index + 1).find(other => other.value === 'pass' && other.tip !== verdict.tip)
    if (verdict.value !== 'fail' || later === undefined) return []
    return verdict.findings
      .filter(finding => finding.severity === 'blocking')
      .map(finding => ({
        kind: 'findingAnswered' as const,
        ...ofTask(task),
        finding,
        verdict,
        answeredIn: later.attempt,
      }))
  })

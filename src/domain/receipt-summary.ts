/** The end of `task`, in about ten lines for a terminal: outcome, tasks, cost, what is not proven, the next step. */
import type { RunId } from './ids.ts'
import { duration, many, short } from './measures.ts'
import { notProven } from './not-proven.ts'
import { describeOutcome, explainWait } from './outcome.ts'
import { openQuestion } from './planning-text.ts'
import { spendingText } from './receipt-cost.ts'
import { titleOf } from './receipt-task.ts'
import { countWords } from './research-text.ts'
import type { RunView, TaskView } from './run-view.ts'
import { mainNote, syncSentence } from './sync-text.ts'
import { cleanLine, cleanText } from './text.ts'
import { nearness } from './verdict-words.ts'

const maxTasks = 8

/** Plain text without a trailing newline; models' words are cleaned, one line each. */
export const renderSummary = (view: RunView): string => {
  const shown = view.tasks.slice(0, maxTasks)
  const more = view.tasks.length - shown.length
  const took = view.endedAt === null ? '' : `, ${duration(view.endedAt - view.requestedAt)}`
  const open = notProven(view)
  return [
    `Run ${view.runId}: ${describeOutcome(view)}`,
    ...(view.sync === null ? [] : [`  ${syncSentence(view.sync)}`]),
    ...shown.map(task => `  ${task.number}. ${cleanLine(titleOf(task, view.erased), 70)}: ${resultOf(task)}`),
    ...(more > 0 ? [`  … and ${many(more, 'task')} more`] : []),
    `Cost: ${spendingText(view.spending)}${took}${view.rehearsed ? ', rehearsed' : ''}${view.containment === 'unboxed' ? ', UNBOXED' : ''}`,
    ...(open.length === 0 ? [] : [`Not proven: ${many(open.length, 'thing')}; the first: ${open[0]!}`]),
    `Receipt: agentlab receipt ${view.runId}`,
    ...nextSteps(view),
  ].join('\n')
}

const resultOf = (task: TaskView): string => {
  if (task.state === 'recorded')
    return task.claims === undefined ? 'answered, not verified' : `answered, not verified; ${countWords(task.claims)}`
  if (task.integrated === null) return task.state === 'awaitingOperator' ? 'waits for you' : task.state
  const pass = task.verdicts.findLast(verdict => verdict.value === 'pass')
  const verdict =
    pass === undefined
      ? 'no verdict'
      : `pass by ${pass.verifier ?? 'nobody'}${nearness(pass) === null ? '' : ` (${nearness(pass)})`}`
  const attempts = new Set(task.attempts.map(attempt => attempt.n)).size
  return `integrated as ${short(task.integrated.commit)}, ${verdict}${attempts > 1 ? `, ${many(attempts, 'attempt')}` : ''}`
}

/** What to type next, one line per thing that waits. */
export const nextSteps = (view: RunView): string[] => {
  if (view.planning.purpose === 'plan' && view.outcome === 'done')
    return [
      `Next: print the plan, edit it: agentlab edit-plan ${view.runId} --print > plan.yaml, then: agentlab task --plan plan.yaml "<goal>"`,
    ]
  const main = mainNote(view.mainState)
  if (view.outcome === 'done') {
    if (main !== null) return [main]
    if (view.tasks.length === 0) return []
    return view.tasks.some(task => task.integrated !== null)
      ? ['Next: look it over, then, at your terminal: promote <tag>']
      : [`Next: read the answers: agentlab receipt ${view.runId}`]
  }
  if (view.outcome === 'failed') return [`Next: agentlab show ${view.runId}`]
  if (view.outcome !== 'awaitingOperator') return []
  const own = view.waitReason === null ? [] : [{ who: 'The run', reason: view.waitReason, detail: view.waitDetail }]
  const ofTasks = view.tasks.flatMap(task =>
    task.waitReason === null ? [] : [{ who: `Task ${task.number}`, reason: task.waitReason, detail: lastError(task) }],
  )
  const distinct = [...own, ...ofTasks].filter(
    (wait, index, all) => all.findIndex(other => other.reason === wait.reason) === index,
  )
  if (distinct.length === 0) return [`Next: agentlab resume ${view.runId}`]
  const question = openQuestion(view)
  const asked =
    question === null
      ? []
      : [
          'The planner asks:',
          ...cleanText(question)
            .split('\n')
            .map(line => `  ${line}`),
        ]
  const waits = distinct.flatMap(wait => {
    const { sentence, cure } = explainWait(wait.reason, view.runId)
    return [`${wait.who} waits: ${sentence}.`, ...detailLines(wait.detail, view.runId), `  ${cure}`]
  })
  return [...asked, ...waits]
}

const mostDetail = 10

/** Why its last attempt failed, where it did: the worker's or its server's own words. */
const lastError = ({ attempts }: TaskView): string | null => {
  const last = attempts.at(-1)
  return last?.error === undefined ? null : `${last.worker}: ${last.error}`
}

/** The files in conflict, what a check printed, why an attempt failed: the first lines of it. */
const detailLines = (detail: string | null, runId: RunId): string[] => {
  const lines = cleanText(detail ?? '')
    .split('\n')
    .filter(line => line.trim() !== '')
  const more = lines.length - mostDetail
  return [
    ...lines.slice(0, mostDetail).map(line => `  | ${cleanLine(line, 160)}`),
    ...(more > 0 ? [`  | … and ${many(more, 'more line')}: agentlab receipt ${runId}`] : []),
  ]
}

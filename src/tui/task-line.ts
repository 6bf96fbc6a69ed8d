/** What one line says about a task: the same words in live progress, `show`, and the screen. */

import type { AttemptView, TaskView, VerdictView } from '../domain/run-view.ts'
import { cleanLine } from '../domain/text.ts'
import { padToWidth } from '../domain/text-width.ts'
import { nearness } from '../domain/verdict-words.ts'
import { shortCount, shortDuration } from './units.ts'

export type Mark = 'waiting' | 'active' | 'good' | 'bad' | 'asks'

const marks: Record<string, Mark> = {
  pending: 'waiting',
  backingOff: 'waiting',
  queued: 'waiting',
  verifierBackingOff: 'waiting',
  skipped: 'bad',
  dropped: 'waiting',
  rejected: 'bad',
  cancelled: 'bad',
  failed: 'bad',
  integrated: 'good',
  recorded: 'good',
  awaitingOperator: 'asks',
}

export const markOf = (state: string): Mark => marks[state] ?? 'active'

export const markSign: Record<Mark, string> = { waiting: '·', active: '▸', good: '✓', bad: '✗', asks: '!' }

const stateWords: Record<string, string> = {
  backingOff: 'backing off',
  verifierBackingOff: 'verifier backing off',
  planBackingOff: 'planner backing off',
  awaitingOperator: 'waits for you',
}

export const stateWord = (state: string): string => stateWords[state] ?? state

/** Input and output tokens of all attempts and verifiers; null when none was measured. */
export const taskTokens = (task: TaskView): number | null => {
  const usages = [...task.attempts, ...task.verdicts].map(({ usage }) => usage)
  const measured = usages.flatMap(({ input, output }) => [input, output]).filter(count => count !== null)
  return measured.length === 0 ? null : measured.reduce((sum, count) => sum + count, 0)
}

/** Milliseconds since the first attempt began, up to the end of the task or `now`; null before. */
export const taskAgeMs = (task: TaskView, now: number): number | null => {
  const first = task.attempts[0]
  if (first === undefined) return null
  const isOver = ['good', 'bad', 'asks'].includes(markOf(task.state))
  return (isOver ? endOf(task) : now) - first.startedAt
}

const endOf = (task: TaskView): number => {
  const times = [...task.attempts.map(endOfAttempt), ...task.verdicts.map(verdict => verdict.at)]
  return Math.max(task.integrated?.at ?? 0, ...times)
}

const endOfAttempt = (attempt: AttemptView): number => attempt.endedAt ?? attempt.startedAt

/** `pass (codex)`, `fail (gemini)`, `pass (same vendor)`, `inconclusive (nothingRun)`; empty before the first verdict. */
export const verdictWord = (task: TaskView): string => {
  const last: VerdictView | undefined = task.verdicts.at(-1)
  if (last === undefined) return ''
  if (last.value === 'inconclusive') return `inconclusive (${last.inconclusive ?? 'no verifier'})`
  return `${last.value} (${nearness(last) ?? last.verifier ?? 'no verifier'})`
}

/** `+12 −3`; empty before a harvest. */
export const linesWord = (task: TaskView): string =>
  task.lines === null ? '' : `+${task.lines.added} −${task.lines.deleted}`

/** Number, mark, state, worker, age, tokens, lines, verdict, title: one uncut line. `now` is epoch milliseconds. */
export const taskLine = (task: TaskView, now: number): string => {
  const age = taskAgeMs(task, now)
  const columns: [string, number][] = [
    [String(task.number).padStart(2), 2],
    [markSign[markOf(task.state)], 1],
    [stateWord(task.state), 13],
    [task.worker, 6],
    [age === null ? '' : shortDuration(age), 7],
    [task.attempts.length === 0 ? '' : `${shortCount(taskTokens(task))} tok`, 9],
    [linesWord(task), 11],
    [verdictWord(task), 18],
  ]
  const title = task.title === null ? task.taskId : cleanLine(task.title, 200)
  return `${columns.map(([text, wide]) => padToWidth(text, wide)).join(' ')} ${title}`.trimEnd()
}

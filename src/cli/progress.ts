/** A run's progress as lines: in place on a terminal, one line per change elsewhere. Pure. */

import { many } from '../domain/measures.ts'
import type { RunView, TaskView } from '../domain/run-view.ts'
import { cleanLine } from '../domain/text.ts'
import { cutToWidth } from '../domain/text-width.ts'
import { linesWord, stateWord, taskLine, taskTokens, verdictWord } from '../tui/task-line.ts'
import { shortCount, shortDuration, spentTokens } from '../tui/units.ts'

/** A head line and one line per task, none wider than `width` columns. `now` is epoch milliseconds. */
export const renderProgress = (view: RunView, width: number, now: number): string[] => [
  cutToWidth(headLine(view, now), width),
  ...view.tasks.map(task => cutToWidth(taskLine(task, now), width)),
]

const headLine = (view: RunView, now: number): string => {
  const { requests, tokens, unmeasured } = view.spending
  return [
    `run ${view.runId}`,
    stateWord(view.state),
    shortDuration((view.endedAt ?? now) - view.requestedAt),
    many(requests, 'request'),
    `${spentTokens(tokens, unmeasured)} tokens`,
    ...(view.rehearsed ? ['rehearsed'] : []),
    ...(view.containment === 'unboxed' ? ['UNBOXED'] : []),
  ].join(' · ')
}

/** What changed between two views, a line each, for output that is no terminal. `before` is null at the start. */
export const describeChanges = (before: RunView | null, after: RunView): string[] => {
  const head = before?.state === after.state ? [] : [`run ${after.runId} ${stateWord(after.state)}`]
  const tasks = after.tasks.flatMap(task => {
    const old = before?.tasks.find(other => other.taskId === task.taskId)
    return old !== undefined && fingerprint(old) === fingerprint(task) ? [] : [changeLine(task)]
  })
  return [...head, ...tasks]
}

const fingerprint = (task: TaskView): string =>
  [task.state, task.worker, task.attempts.length, linesWord(task), task.verdicts.length].join('|')

const changeLine = (task: TaskView): string => {
  const attempt = task.attempts.at(-1)
  const facts = [
    attempt === undefined ? '' : `attempt ${attempt.n}`,
    linesWord(task),
    verdictWord(task),
    attempt === undefined ? '' : `${shortCount(taskTokens(task))} tokens`,
  ].filter(fact => fact !== '')
  const title = task.title === null ? '' : `: ${cleanLine(task.title, 100)}`
  return `${task.taskId} ${stateWord(task.state)} · ${[task.worker, ...facts].join(' · ')}${title}`
}

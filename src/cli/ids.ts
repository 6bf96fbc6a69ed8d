/** Ids as people type them: a run or a task by any prefix that only one has. */
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { RunId, TaskId } from '../domain/ids.ts'

const candidatesShown = 10

const refuse = (code: string, message: string, candidates: readonly string[]): AgentLabError => {
  const listed = candidates.slice(0, candidatesShown).join(', ')
  const cure =
    candidates.length === 0
      ? 'Start one with: agentlab task "<goal>"'
      : `Known: ${listed}${candidates.length > candidatesShown ? ', …' : ''}`
  return new AgentLabError(message, { code, cure, exit: exitCode.wrongUse })
}

/** The one id that is `typed` or begins with it. @throws AgentLabError `unknown-id` | `ambiguous-id` (exit 2) */
const resolveIn = (typed: string, ids: readonly string[], what: string): string => {
  const wanted = typed.trim().toLowerCase()
  const shown = JSON.stringify(typed.slice(0, 40))
  if (ids.includes(wanted)) return wanted
  const matches = wanted === '' ? [] : ids.filter(id => id.startsWith(wanted))
  if (matches.length === 1) return matches[0]!
  if (matches.length > 1)
    throw refuse('ambiguous-id', `agentlab failed on ${shown}: ${matches.length} ${what}s begin with it`, matches)
  throw refuse('unknown-id', `agentlab failed on ${shown}: there is no such ${what}`, ids)
}

/** `runIds` newest first. */
export const resolveRun = (typed: string, runIds: readonly RunId[]): RunId => {
  if (typed.includes('-')) {
    const run = typed.slice(0, typed.indexOf('-'))
    throw refuse(
      'unknown-id',
      `agentlab failed on ${JSON.stringify(typed.slice(0, 40))}: this command takes a run, not a task`,
      [run],
    )
  }
  return resolveIn(typed, runIds, 'run')
}

/** A run, or a task as `<run prefix>-<number>`. `taskIdsOf` gives a run's tasks. */
export const resolveRunOrTask = (
  typed: string,
  runIds: readonly RunId[],
  taskIdsOf: (runId: RunId) => readonly TaskId[],
): { runId: RunId; taskId: TaskId | null } => {
  const dash = typed.indexOf('-')
  if (dash < 0) return { runId: resolveIn(typed, runIds, 'run'), taskId: null }
  const runId = resolveIn(typed.slice(0, dash), runIds, 'run')
  const taskIds = taskIdsOf(runId)
  const wanted = `${runId}-${typed.slice(dash + 1)}`
  if (taskIds.includes(wanted)) return { runId, taskId: wanted }
  throw refuse(
    'unknown-id',
    `agentlab failed on ${JSON.stringify(typed.slice(0, 40))}: run ${runId} has no such task`,
    taskIds.length > 0 ? taskIds : [runId],
  )
}

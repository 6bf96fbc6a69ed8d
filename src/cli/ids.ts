/** Ids as people type them: a run or a task by any prefix that only one has. */
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { RunId, TaskId } from '../domain/ids.ts'
import { cleanLine } from '../domain/text.ts'

const candidatesShown = 10

const refuse = (code: string, message: string, candidates: readonly string[]): AgentLabError => {
  const listed = candidates.slice(0, candidatesShown).join(', ')
  const cure =
    candidates.length === 0
      ? 'Start one with: agentlab task "<goal>"'
      : `Known: ${listed}${candidates.length > candidatesShown ? ', …' : ''}`
  return new AgentLabError(message, { code, cure, exit: exitCode.wrongUse })
}

/** As it was typed, without what a terminal would obey. */
const quoted = (typed: string): string => JSON.stringify(cleanLine(typed, 40))

const begunWith = (typed: string, ids: readonly string[]): string[] => {
  const wanted = typed.trim().toLowerCase()
  return wanted === '' ? [] : ids.filter(id => id.startsWith(wanted))
}

/** The one id that is `typed` or begins with it. @throws AgentLabError `unknown-id` | `ambiguous-id` (exit 2) */
const resolveIn = (typed: string, ids: readonly string[], what: string): string => {
  const matches = begunWith(typed, ids)
  if (matches.length === 1) return matches[0]!
  if (matches.length > 1)
    throw refuse(
      'ambiguous-id',
      `agentlab failed on ${quoted(typed)}: ${matches.length} ${what}s begin with it`,
      matches,
    )
  throw refuse('unknown-id', `agentlab failed on ${quoted(typed)}: there is no such ${what}`, ids)
}

/** `runIds` newest first. */
export const resolveRun = (typed: string, runIds: readonly RunId[]): RunId => {
  const run = /^\s*([a-z0-9]+)-\d+\s*$/i.exec(typed)?.[1]
  if (run === undefined) return resolveIn(typed, runIds, 'run')
  const its = begunWith(run, runIds)
  const why = 'this command takes a run, not a task'
  throw refuse('unknown-id', `agentlab failed on ${quoted(typed)}: ${why}`, its.length > 0 ? its : runIds)
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
  const wanted = `${runId}-${typed.slice(dash + 1).trim()}`
  if (taskIds.includes(wanted)) return { runId, taskId: wanted }
  throw refuse(
    'unknown-id',
    `agentlab failed on ${quoted(typed)}: run ${runId} has no such task`,
    taskIds.length > 0 ? taskIds : [runId],
  )
}

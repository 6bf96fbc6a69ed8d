/** Turns what an effect threw into the fact that it failed, and keeps the words: the cure of an expected failure, a bug's stack. */
import type { Effect } from '../domain/effect.ts'
import { AgentLabError } from '../domain/errors.ts'
import type { LoopEvent } from '../domain/event.ts'
import { cleanText } from '../domain/text.ts'
import { type Host, keep, loggable } from './host.ts'

/** The words lie in the run's lane, or in the strictest one where that can't be told. */
export const reportFailure = (host: Host, effect: Effect, error: unknown): LoopEvent => {
  const text = wordsOf(error)
  const taskId = 'taskId' in effect ? effect.taskId : null
  const requested = host.project.store.events.first(effect.runId)?.event
  const lane = requested?.type === 'run.requested' ? requested.request.lane : 'private'
  host.log(`${effect.name} failed: ${loggable(host, lane, text)}`)
  const contentId = keep(host, { runId: effect.runId, lane }, taskId, 'error', cleanText(text))
  return { type: 'effect.failed', runId: effect.runId, taskId, effect: effect.name, contentId }
}

const wordsOf = (error: unknown): string => {
  if (error instanceof AgentLabError)
    return [error.message, ...(error.cure === undefined ? [] : [`→ ${error.cure}`])].join('\n')
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The run's limits, asked before each request leaves; counted in the store, so a restart does not reset them. */
import type { LoopEventOf } from '../domain/event.ts'
import type { Grant, Permission } from '../lanes/gateway/grant.ts'
import type { Store } from '../store/store.ts'
import type { RunContext } from '../supervisor/run-context.ts'

export type LimitName = LoopEventOf<'limit.reached'>['limit']

/** What is on its way: allowed and not metered yet. It counts, or requests side by side would overrun a limit together. */
export interface OnTheWay {
  requests: number
  /** Estimated input. */
  tokens: number
}

/**
 * The limit that forbids one more request, or null. Every resumption by the operator grants the limits once more.
 * `inputEstimate` is in tokens.
 */
export const reachedLimit = (
  store: Store,
  runId: string,
  inputEstimate: number,
  now: number,
  onTheWay: OnTheWay = { requests: 0, tokens: 0 },
): LimitName | null => {
  const run = store.machines.get(runId)
  if (run === null) return 'requests'
  const { request, grants } = run.context as RunContext
  const times = 1 + grants
  const spent = store.requests.spending(runId)
  if (spent.requests + onTheWay.requests + 1 > request.limits.requests * times) return 'requests'
  if (spent.tokens + onTheWay.tokens + inputEstimate > request.limits.tokens * times) return 'tokens'
  return store.events.activeMs(runId, now) > request.limits.minutes * 60_000 * times ? 'minutes' : null
}

/** Answers the gateway for all runs of one supervisor; `onReached` stops a run. */
export const limitKeeper = (store: Store, onReached: (runId: string, limit: LimitName) => void) => {
  const onTheWay = new Map<string, OnTheWay>()
  return (grant: Grant, inputEstimate: number, now: number): Permission => {
    const { runId } = grant
    const mine = onTheWay.get(runId) ?? { requests: 0, tokens: 0 }
    onTheWay.set(runId, mine)
    const limit = reachedLimit(store, runId, inputEstimate, now, mine)
    if (limit !== null) {
      onReached(runId, limit)
      return { ok: false, limit, message: `AgentLab: the run's limit of ${limit} is reached` }
    }
    const add = (sign: 1 | -1): void => {
      mine.requests += sign
      mine.tokens += sign * inputEstimate
    }
    add(1)
    return { ok: true, settled: () => add(-1) }
  }
}

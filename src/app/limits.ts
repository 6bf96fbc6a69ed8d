/** The run's limits, asked before each request leaves; counted in the store, so a restart does not reset them. */
import type { LoopEventOf } from '../domain/event.ts'
import type { Grant, Permission } from '../lanes/gateway/grant.ts'
import type { Store } from '../store/store.ts'
import type { RunContext } from '../supervisor/run-machine.ts'

export type LimitName = LoopEventOf<'limit.reached'>['limit']

/**
 * The limit that forbids one more request, or null. Every resumption by the operator grants the limits once more.
 * `inputEstimate` is in tokens.
 */
export const reachedLimit = (store: Store, runId: string, inputEstimate: number, now: number): LimitName | null => {
  const run = store.machines.get(runId)
  if (run === null) return 'requests'
  const { request, grants } = run.context as RunContext
  const times = 1 + grants
  const spent = store.requests.spending(runId)
  if (spent.requests + 1 > request.limits.requests * times) return 'requests'
  if (spent.tokens + inputEstimate > request.limits.tokens * times) return 'tokens'
  return store.events.activeMs(runId, now) > request.limits.minutes * 60_000 * times ? 'minutes' : null
}

/** What the gateway is told; `onReached` stops the run. */
export const permissionFor = (
  store: Store,
  grant: Grant,
  inputEstimate: number,
  now: number,
  onReached: (limit: LimitName) => void,
): Permission => {
  const limit = reachedLimit(store, grant.runId, inputEstimate, now)
  if (limit === null) return { ok: true }
  onReached(limit)
  return { ok: false, limit, message: `AgentLab: the run's limit of ${limit} is reached` }
}

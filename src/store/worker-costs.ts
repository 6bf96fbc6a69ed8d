/** What each worker cost, from the requests the gateway metered. */
import type { Role, WorkerName } from '../domain/lane.ts'
import type { WorkerCost } from '../domain/run-view.ts'
import type { RequestRow } from './requests.ts'

/** One entry per worker, in the order they first asked. Tokens nobody measured are null, never 0. */
export const workerCosts = (requests: readonly RequestRow[]): WorkerCost[] => {
  const byWorker = new Map<WorkerName, WorkerCost>()
  for (const request of requests) {
    const cost = byWorker.get(request.worker) ?? emptyCost(request.worker)
    byWorker.set(request.worker, cost)
    addRole(cost.roles, request.role)
    cost.requests += 1
    cost.input = plus(cost.input, request.input)
    cost.cached = plus(cost.cached, request.cached)
    cost.output = plus(cost.output, request.output)
    cost.waitedMs += Math.max(0, request.endedAt - request.startedAt)
    const isGood = request.status !== null && request.status >= 200 && request.status < 300
    if (isGood && (request.input === null || request.output === null)) cost.unmeasured += 1
  }
  return [...byWorker.values()]
}

const emptyCost = (worker: WorkerName): WorkerCost => ({
  worker,
  roles: [],
  requests: 0,
  input: null,
  cached: null,
  output: null,
  unmeasured: 0,
  waitedMs: 0,
})

const addRole = (roles: Role[], role: Role): void => {
  if (!roles.includes(role)) roles.push(role)
}

const plus = (sum: number | null, more: number | null): number | null => (more === null ? sum : (sum ?? 0) + more)

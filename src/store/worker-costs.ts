/** What each worker cost, from the requests the gateway metered. */
import { countRequest } from '../domain/cost-report.ts'
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
    countRequest(cost, request)
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

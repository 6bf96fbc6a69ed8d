/** Requests that reached a provider, as metered by the gateway; the run's spending is their sum. */
import type { Provider, Role, WorkerName } from '../domain/lane.ts'
import type { Sql } from './database.ts'

export interface RequestRow {
  runId: string
  taskId: string | null
  attempt: number
  role: Role
  worker: WorkerName
  provider: Provider
  model: string | null
  /** HTTP status; null when the upstream never answered. */
  status: number | null
  input: number | null
  cached: number | null
  output: number | null
  startedAt: number
  endedAt: number
}

export interface Spending {
  requests: number
  /** Input and output tokens that were measured. */
  tokens: number
  /** Requests with a good status whose usage the wire did not tell: they make `tokens` a lower bound. */
  unmeasured: number
}

export interface RequestRows {
  add(row: RequestRow): void
  ofRun(runId: string): RequestRow[]
  spending(runId: string): Spending
}

export const requestRows = (db: Sql): RequestRows => {
  const add = db.prepare(
    `INSERT INTO requests (run_id, task_id, attempt, role, worker, provider, model, status, input, cached, output, started_at, ended_at)
     VALUES (@runId, @taskId, @attempt, @role, @worker, @provider, @model, @status, @input, @cached, @output, @startedAt, @endedAt)`,
  )
  const ofRun = db.prepare<[string], RequestRow>(
    `SELECT run_id AS runId, task_id AS taskId, attempt, role, worker, provider, model, status, input, cached, output,
            started_at AS startedAt, ended_at AS endedAt FROM requests WHERE run_id = ? ORDER BY id`,
  )
  const spending = db.prepare<[string], Spending>(
    `SELECT count(*) AS requests, coalesce(sum(coalesce(input, 0) + coalesce(output, 0)), 0) AS tokens,
            coalesce(sum(status BETWEEN 200 AND 299 AND (input IS NULL OR output IS NULL)), 0) AS unmeasured
     FROM requests WHERE run_id = ?`,
  )
  return {
    add: row => void add.run(row),
    ofRun: runId => ofRun.all(runId),
    spending: runId => spending.get(runId)!,
  }
}

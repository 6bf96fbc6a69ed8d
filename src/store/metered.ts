/** Every metered request with its run's lane: what `agentlab cost` adds up. */
import type { PricedRequest } from '../domain/prices.ts'
import type { Sql } from './database.ts'

export interface MeteredRow extends PricedRequest {
  runId: string
  worker: string
  lane: string
  /** The model was scripted: nobody was paid. */
  rehearsed: boolean
  startedAt: number
  endedAt: number
}

/** Of runs made here, in the order they were made; `since` is epoch milliseconds. Rows come one by one: a store may hold many. */
export const meteredRequests = function* (db: Sql, since: number | null): Generator<MeteredRow> {
  const runs = new Map<string, { lane: string; rehearsed: boolean }>()
  const requested = db.prepare<[string], { lane: string; scenario: string | null }>(
    `SELECT json_extract(data, '$.request.lane') AS lane, json_extract(data, '$.request.scenarioContentId') AS scenario
     FROM events WHERE run_id = ? ORDER BY seq LIMIT 1`,
  )
  const rows = db.prepare<[number], Omit<MeteredRow, 'lane' | 'rehearsed'>>(
    `SELECT run_id AS runId, worker, model, status, input, cached, output, started_at AS startedAt, ended_at AS endedAt
     FROM requests WHERE started_at >= ? AND run_id NOT IN (SELECT run_id FROM imports) ORDER BY id`,
  )
  for (const row of rows.all(since ?? 0)) {
    const known = runs.get(row.runId)
    const found = known === undefined ? requested.get(row.runId) : undefined
    const run = known ?? { lane: found?.lane ?? 'unknown', rehearsed: found === undefined || found.scenario !== null }
    runs.set(row.runId, run)
    yield { ...row, ...run }
  }
}

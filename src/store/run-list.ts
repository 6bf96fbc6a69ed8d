/** The runs as a list: a few columns each, straight from indexes, without reading a run's log. */
import type { Sql } from './database.ts'

export interface RunListRow {
  runId: string
  state: string
  lane: string
  rehearsed: boolean
  /** It came out of a file. */
  imported: boolean
  containment: string
  /** null when erased. */
  goal: string | null
  /** When its words were erased, where that is on record. */
  erasedAt: number | null
  requestedAt: number
  /** When it came to rest; null while it goes on. */
  endedAt: number | null
  tasks: { taskId: string; state: string }[]
  spending: { requests: number; tokens: number; unmeasured: number }
}

export interface RunListFilter {
  /** null: any. */
  states: readonly string[] | null
  lane: string | null
  /** Epoch milliseconds: runs asked for then or later. */
  since: number | null
  limit: number
}

/** States in which nothing goes on: what `endedAt` counts as ends. */
export const restingStates: readonly string[] = ['done', 'failed', 'cancelled', 'awaitingOperator']

interface Row {
  runId: string
  state: string
  lane: string
  scenario: string | null
  imported: number
  containment: string
  goal: string | null
  erasedAt: number | null
  requestedAt: number
  requests: number
  tokens: number
  unmeasured: number
}

/** Newest first, by the index of requests: as many steps as there are runs to show, not as there are runs. */
export const listRuns = (db: Sql, filter: RunListFilter): RunListRow[] => {
  const runs = db
    .prepare<[Record<string, unknown>], Row>(
      // Picked before anything else is read of them: a filter that drops a run must not pay for its columns.
      `WITH picked AS (
         SELECT e.seq, e.run_id, e.at, e.data, m.state FROM events e JOIN machines m ON m.id = e.run_id
         WHERE e.type = 'run.requested'
           AND (@states IS NULL OR m.state IN (SELECT value FROM json_each(@states)))
           AND (@since IS NULL OR e.at >= @since)
           AND (@lane IS NULL OR json_extract(e.data, '$.request.lane') = @lane)
         ORDER BY e.seq DESC LIMIT @limit)
       SELECT p.run_id AS runId, p.state, p.at AS requestedAt,
              json_extract(p.data, '$.request.lane') AS lane,
              json_extract(p.data, '$.request.scenarioContentId') AS scenario,
              EXISTS (SELECT 1 FROM imports WHERE run_id = p.run_id) AS imported,
              json_extract(p.data, '$.request.containment') AS containment,
              (SELECT text FROM content WHERE id = json_extract(p.data, '$.request.goalContentId')) AS goal,
              (SELECT max(at) FROM events WHERE run_id = p.run_id AND type = 'content.erased') AS erasedAt,
              (SELECT count(*) FROM requests WHERE run_id = p.run_id) AS requests,
              (SELECT coalesce(sum(coalesce(input, 0) + coalesce(output, 0)), 0) FROM requests WHERE run_id = p.run_id) AS tokens,
              (SELECT coalesce(sum(status BETWEEN 200 AND 299 AND (input IS NULL OR output IS NULL)), 0)
               FROM requests WHERE run_id = p.run_id) AS unmeasured
       FROM picked p ORDER BY p.seq DESC`,
    )
    .all({ ...filter, states: filter.states === null ? null : JSON.stringify(filter.states) })
  const concluded = db.prepare<[string], { at: number }>(
    `SELECT at FROM events WHERE run_id = ? AND type = 'run.concluded' ORDER BY seq DESC LIMIT 1`,
  )
  const last = db.prepare<[string], { at: number }>(`SELECT at FROM events WHERE run_id = ? ORDER BY seq DESC LIMIT 1`)
  const tasks = db.prepare<[string], { taskId: string; state: string }>(
    `SELECT id AS taskId, state FROM machines WHERE run_id = ? AND kind = 'task' ORDER BY length(id), id`,
  )
  return runs.map(({ scenario, imported, requests, tokens, unmeasured, ...run }) => ({
    ...run,
    rehearsed: scenario !== null,
    imported: imported === 1,
    endedAt: restingStates.includes(run.state) ? ((concluded.get(run.runId) ?? last.get(run.runId))?.at ?? null) : null,
    tasks: tasks.all(run.runId),
    spending: { requests, tokens, unmeasured },
  }))
}

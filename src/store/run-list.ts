/** The runs as a list: a few columns each, straight from indexes, without reading a run's log. */
import type { Sql } from './database.ts'

export interface RunListRow {
  runId: string
  state: string
  lane: string
  rehearsed: boolean
  containment: string
  /** null when erased. */
  goal: string | null
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
  containment: string
  goal: string | null
  requestedAt: number
  requests: number
  tokens: number
  unmeasured: number
}

/** Newest first. The first event of a run is its request; every lookup below is one step into an index. */
export const listRuns = (db: Sql, filter: RunListFilter): RunListRow[] => {
  const runs = db
    .prepare<[Record<string, unknown>], Row>(
      // Picked before anything is read of them: SQLite would work out every column of every run before it sorts.
      `WITH picked AS (
         SELECT m.id, m.state, (SELECT min(seq) FROM events WHERE run_id = m.id) AS born FROM machines m
         WHERE m.kind = 'run'
           AND (@states IS NULL OR m.state IN (SELECT value FROM json_each(@states)))
           AND (@since IS NULL OR (SELECT at FROM events WHERE seq = born) >= @since)
           AND (@lane IS NULL OR (SELECT json_extract(data, '$.request.lane') FROM events WHERE seq = born) = @lane)
         ORDER BY born DESC LIMIT @limit)
       SELECT p.id AS runId, p.state, e.at AS requestedAt,
              json_extract(e.data, '$.request.lane') AS lane,
              json_extract(e.data, '$.request.scenarioContentId') AS scenario,
              json_extract(e.data, '$.request.containment') AS containment,
              (SELECT text FROM content WHERE id = json_extract(e.data, '$.request.goalContentId')) AS goal,
              (SELECT count(*) FROM requests WHERE run_id = p.id) AS requests,
              (SELECT coalesce(sum(coalesce(input, 0) + coalesce(output, 0)), 0) FROM requests WHERE run_id = p.id) AS tokens,
              (SELECT coalesce(sum(status BETWEEN 200 AND 299 AND (input IS NULL OR output IS NULL)), 0)
               FROM requests WHERE run_id = p.id) AS unmeasured
       FROM picked p JOIN events e ON e.seq = p.born ORDER BY p.born DESC`,
    )
    .all({ ...filter, states: filter.states === null ? null : JSON.stringify(filter.states) })
  const concluded = db.prepare<[string], { at: number }>(
    `SELECT at FROM events WHERE run_id = ? AND type = 'run.concluded' ORDER BY seq DESC LIMIT 1`,
  )
  const last = db.prepare<[string], { at: number }>(`SELECT at FROM events WHERE run_id = ? ORDER BY seq DESC LIMIT 1`)
  const tasks = db.prepare<[string], { taskId: string; state: string }>(
    `SELECT id AS taskId, state FROM machines WHERE run_id = ? AND kind = 'task' ORDER BY length(id), id`,
  )
  return runs.map(({ scenario, requests, tokens, unmeasured, ...run }) => ({
    ...run,
    rehearsed: scenario !== null,
    endedAt: restingStates.includes(run.state) ? ((concluded.get(run.runId) ?? last.get(run.runId))?.at ?? null) : null,
    tasks: tasks.all(run.runId),
    spending: { requests, tokens, unmeasured },
  }))
}

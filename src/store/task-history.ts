/** What finished tasks of this repository took: the samples a plan's forecast is made of. */
import type { TaskSample } from '../domain/forecast.ts'
import type { Sql } from './database.ts'

/** Newer tasks say more about the next one than all there ever were. */
const mostSamples = 200

/** Of real runs or of rehearsals, never of both; newest first. Tasks whose processes are not on record are left out. */
export const taskHistory = (db: Sql, rehearsed: boolean): TaskSample[] =>
  db
    .prepare<[Record<string, unknown>], Row>(
      `WITH finished AS (
         SELECT id, run_id, context FROM machines m
         WHERE kind = 'task' AND state IN ('integrated', 'recorded') AND run_id NOT IN (SELECT run_id FROM imports)
           AND ((SELECT json_extract(data, '$.request.scenarioContentId') FROM events WHERE run_id = m.run_id ORDER BY seq LIMIT 1)
                IS NOT NULL) = @rehearsed
         ORDER BY seq DESC LIMIT @most)
       SELECT json_extract(context, '$.fact.worker') AS worker,
              json_extract(context, '$.fact.kind') AS kind,
              json_extract(context, '$.fact.risk') AS risk,
              (SELECT sum(ended_at - started_at) FROM launches
               WHERE run_id = f.run_id AND task_id = f.id AND (what GLOB 'worker *' OR what GLOB 'researcher *')) AS workMs,
              (SELECT coalesce(sum(ended_at - started_at), 0) FROM launches
               WHERE run_id = f.run_id AND task_id = f.id AND what NOT GLOB 'worker *' AND what NOT GLOB 'researcher *') AS restMs,
              (SELECT ${tokens} FROM requests WHERE run_id = f.run_id AND task_id = f.id AND role IN ('worker', 'researcher')) AS workTokens,
              (SELECT ${tokens} FROM requests WHERE run_id = f.run_id AND task_id = f.id AND role = 'verifier') AS restTokens,
              (SELECT input FROM requests WHERE run_id = f.run_id AND task_id = f.id AND role IN ('worker', 'researcher')
               AND status BETWEEN 200 AND 299 ORDER BY id LIMIT 1) AS openingTokens
       FROM finished f`,
    )
    .all({ rehearsed: rehearsed ? 1 : 0, most: mostSamples })
    .flatMap(({ workMs, restTokens, ...row }) =>
      workMs === null ? [] : [{ ...row, workMs, restTokens: row.kind === 'research' ? 0 : restTokens }],
    )

/** The sum, or NULL as soon as one request that was answered well was not measured. */
const tokens = `CASE WHEN sum(status BETWEEN 200 AND 299 AND (input IS NULL OR output IS NULL)) > 0 THEN NULL
                ELSE sum(coalesce(input, 0) + coalesce(output, 0)) END`

type Row = Omit<TaskSample, 'workMs'> & { workMs: number | null }

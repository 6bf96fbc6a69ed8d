/** Every foreign process that was started for a run, for the time line and the figures. */
import type { Sql } from './database.ts'

export interface LaunchRow {
  id: number
  runId: string
  taskId: string | null
  /** `worker claude`, `check test`, `setup`, `harvest`, … */
  what: string
  startedAt: number
  endedAt: number | null
  exitCode: number | null
  signal: string | null
}

export interface LaunchRows {
  started(row: Pick<LaunchRow, 'runId' | 'taskId' | 'what' | 'startedAt'>): number
  ended(id: number, end: { endedAt: number; exitCode: number | null; signal: string | null }): void
  ofRun(runId: string): LaunchRow[]
}

export const launchRows = (db: Sql): LaunchRows => {
  const started = db.prepare(
    `INSERT INTO launches (run_id, task_id, what, started_at) VALUES (@runId, @taskId, @what, @startedAt)`,
  )
  const ended = db.prepare(`UPDATE launches SET ended_at = ?, exit_code = ?, signal = ? WHERE id = ?`)
  const ofRun = db.prepare<[string], LaunchRow>(
    `SELECT id, run_id AS runId, task_id AS taskId, what, started_at AS startedAt, ended_at AS endedAt,
            exit_code AS exitCode, signal FROM launches WHERE run_id = ? ORDER BY started_at, id`,
  )
  return {
    started: row => Number(started.run(row).lastInsertRowid),
    ended: (id, end) => void ended.run(end.endedAt, end.exitCode, end.signal, id),
    ofRun: runId => ofRun.all(runId),
  }
}

/**
 * Runs that came out of a file: which, when, and what their checks were said to be. Those stay apart from the checks that
 * ran here, because a cached pass is taken for one.
 */
import type { CheckStatus } from '../domain/check.ts'
import type { Lane } from '../domain/lane.ts'
import type { Sql } from './database.ts'

export interface ImportRow {
  runId: string
  /** When it came in, in epoch milliseconds. */
  at: number
  /** The file's lane; the run's own is the same or stricter. */
  lane: Lane
  /** The version that wrote the file. */
  agentlab: string
}

export interface ImportedCheck {
  tree: string
  name: string
  status: CheckStatus
  exitCode: number | null
  durationMs: number
}

export interface ImportRows {
  /** null: the run was made here, or is not known. */
  of(runId: string): ImportRow | null
  runIds(): string[]
  add(row: ImportRow, checks: readonly ImportedCheck[]): void
  checks(runId: string, tree: string): ImportedCheck[]
  checksOfRun(runId: string): ImportedCheck[]
}

export const importRows = (db: Sql): ImportRows => {
  const of = db.prepare<[string], ImportRow>(`SELECT run_id AS runId, at, lane, agentlab FROM imports WHERE run_id = ?`)
  const runIds = db.prepare<[], { runId: string }>(`SELECT run_id AS runId FROM imports ORDER BY at, run_id`)
  const add = db.prepare(`INSERT INTO imports (run_id, at, lane, agentlab) VALUES (@runId, @at, @lane, @agentlab)`)
  const addCheck = db.prepare(
    `INSERT INTO imported_checks (run_id, tree, name, status, exit_code, duration_ms)
     VALUES (@runId, @tree, @name, @status, @exitCode, @durationMs)`,
  )
  const columns = `tree, name, status, exit_code AS exitCode, duration_ms AS durationMs`
  const checks = db.prepare<[string, string], ImportedCheck>(
    `SELECT ${columns} FROM imported_checks WHERE run_id = ? AND tree = ? ORDER BY id`,
  )
  const checksOfRun = db.prepare<[string], ImportedCheck>(
    `SELECT ${columns} FROM imported_checks WHERE run_id = ? ORDER BY id`,
  )
  return {
    of: runId => of.get(runId) ?? null,
    runIds: () => runIds.all().map(row => row.runId),
    add: (row, all) => {
      add.run(row)
      for (const check of all) addCheck.run({ runId: row.runId, ...check })
    },
    checks: (runId, tree) => checks.all(runId, tree),
    checksOfRun: runId => checksOfRun.all(runId),
  }
}

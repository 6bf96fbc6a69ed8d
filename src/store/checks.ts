/** Results of checks, cached by tree, command and environment. */
import type { CheckStatus } from '../domain/check.ts'
import type { Sql } from './database.ts'

export interface CheckKey {
  tree: string
  commandHash: string
  environmentHash: string
}

export interface CheckRow extends CheckKey {
  name: string
  status: CheckStatus
  exitCode: number | null
  durationMs: number
  /** Tail of what it printed, cleaned. */
  output: string
  at: number
}

export interface CheckRows {
  find(key: CheckKey): CheckRow | null
  save(row: CheckRow): void
  /** Every check ever run on a tree. */
  ofTree(tree: string): CheckRow[]
}

export const checkRows = (db: Sql): CheckRows => {
  const columns = `tree, command_hash AS commandHash, environment_hash AS environmentHash, name, status,
    exit_code AS exitCode, duration_ms AS durationMs, output, at`
  const find = db.prepare<CheckKey, CheckRow>(
    `SELECT ${columns} FROM checks WHERE tree = @tree AND command_hash = @commandHash AND environment_hash = @environmentHash`,
  )
  const save = db.prepare(
    `INSERT OR REPLACE INTO checks (tree, command_hash, environment_hash, name, status, exit_code, duration_ms, output, at)
     VALUES (@tree, @commandHash, @environmentHash, @name, @status, @exitCode, @durationMs, @output, @at)`,
  )
  const ofTree = db.prepare<[string], CheckRow>(`SELECT ${columns} FROM checks WHERE tree = ? ORDER BY at, name`)
  return {
    find: key => find.get(key) ?? null,
    save: row => void save.run(row),
    ofTree: tree => ofTree.all(tree),
  }
}

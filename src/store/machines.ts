/** The machines' states as rows: a cache of what replaying the log would give. */
import type { Sql } from './database.ts'

export interface MachineRow {
  /** The run's or the task's id. */
  id: string
  kind: 'run' | 'task'
  runId: string
  state: string
  context: unknown
  seq: number
}

export interface MachineRows {
  save(row: MachineRow): void
  get(id: string): MachineRow | null
  ofRun(runId: string): MachineRow[]
  /** All runs, newest first. */
  runs(limit?: number): MachineRow[]
  /** Runs whose state is not one of `settled`. */
  openRuns(settled: readonly string[]): MachineRow[]
  clear(): void
}

interface Row {
  id: string
  kind: 'run' | 'task'
  run_id: string
  state: string
  context: string
  seq: number
}

const toMachine = (row: Row): MachineRow => ({
  id: row.id,
  kind: row.kind,
  runId: row.run_id,
  state: row.state,
  context: JSON.parse(row.context),
  seq: row.seq,
})

export const machineRows = (db: Sql): MachineRows => {
  const save = db.prepare(
    `INSERT INTO machines (id, kind, run_id, state, context, seq) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, context = excluded.context, seq = excluded.seq`,
  )
  const get = db.prepare<[string], Row>(`SELECT * FROM machines WHERE id = ?`)
  const ofRun = db.prepare<[string], Row>(`SELECT * FROM machines WHERE run_id = ? ORDER BY length(id), id`)
  const runs = db.prepare<[number], Row>(
    `SELECT m.* FROM machines m JOIN (SELECT run_id, min(seq) AS born FROM events GROUP BY run_id) e ON e.run_id = m.id
     WHERE m.kind = 'run' ORDER BY e.born DESC LIMIT ?`,
  )
  const openRuns = db.prepare<[string], Row>(
    `SELECT * FROM machines WHERE kind = 'run' AND state NOT IN (SELECT value FROM json_each(?))`,
  )
  const clear = db.prepare(`DELETE FROM machines`)
  return {
    save: row => void save.run(row.id, row.kind, row.runId, row.state, JSON.stringify(row.context), row.seq),
    get: id => {
      const row = get.get(id)
      return row === undefined ? null : toMachine(row)
    },
    ofRun: runId => ofRun.all(runId).map(toMachine),
    runs: (limit = 100) => runs.all(limit).map(toMachine),
    openRuns: settled => openRuns.all(JSON.stringify(settled)).map(toMachine),
    clear: () => void clear.run(),
  }
}

/**
 * Erases what people and models wrote of a run, for good: rows go, what checks printed goes, and the file is written anew,
 * so that no page of it or of its log holds any of it. The log of facts stays.
 */
import type { Lane } from '../domain/lane.ts'
import type { Sql } from './database.ts'
import { readableStoreError } from './store-errors.ts'

/** What went, until it is told: `rows` and `bytes` of content, `files` and folders beside the store. */
export interface ErasedFact {
  runId: string
  by: 'operator' | 'retention'
  rows: number
  bytes: number
  files: number
}

export interface ErasureRows {
  /** Deletes a run's content and what the checks on its trees printed. That they are gone is not told yet. */
  erase(runId: string, about: Pick<ErasedFact, 'by' | 'files'>): void
  /** Runs whose rows went, and whose erasure is not in the log yet, because something of it may be left. */
  untold(): ErasedFact[]
  /** Nothing of the run is left: call within the transaction that tells of it. */
  told(runId: string): void
  /** Runs of which there is content. */
  runIds(): string[]
  /** The same with what of them there is: the lane, the time of the last row, the bytes of text. No text is read. */
  left(): Map<string, { lane: Lane; at: number; bytes: number }>
  /** When the log last told of a run, but for erasures; null where it never did. */
  lastToldAt(runId: string): number | null
  /** Something was erased, and not all that may hold it has been written anew since: a kill or a full disk came between. */
  isPending(): boolean
  /** All of it has been written anew. */
  finished(): void
  /**
   * Writes the file anew and empties its log. False while another process reads: the log could not be emptied, and this
   * has to be called again. Takes as much memory as the store is large.
   * @throws AgentLabError `disk-full`, `disk-error`, `store-busy`
   */
  compact(): boolean
}

/** What stands for the output of a check once it is erased. */
export const erasedOutput = '(erased)'

const pendingKey = 'erasing'
const untoldKey = 'erased '

export const erasureRows = (db: Sql): ErasureRows => {
  const sizes = db.prepare<[string], { rows: number; bytes: number | null }>(
    `SELECT count(*) AS rows, sum(octet_length(text)) AS bytes FROM content WHERE run_id = ?`,
  )
  const remove = db.prepare(`DELETE FROM content WHERE run_id = ?`)
  // A check belongs to a tree, not to a run: kept is what was printed on a tree of a run whose words are still there.
  const removeOutputs = db.prepare(
    `UPDATE checks SET output = '${erasedOutput}' WHERE output NOT IN ('', '${erasedOutput}') AND tree NOT IN (
       SELECT json_extract(data, '$.tree') FROM events
       WHERE run_id IN (SELECT run_id FROM content) AND json_extract(data, '$.tree') IS NOT NULL)`,
  )
  const runIds = db.prepare<[], { run_id: string }>(`SELECT DISTINCT run_id FROM content ORDER BY run_id`)
  const left = db.prepare<[], { runId: string; lane: Lane; at: number; bytes: number }>(
    `SELECT run_id AS runId, min(lane) AS lane, max(at) AS at, sum(octet_length(text)) AS bytes FROM content GROUP BY run_id`,
  )
  const last = db.prepare<[string], { at: number }>(
    `SELECT at FROM events WHERE run_id = ? AND type <> 'content.erased' ORDER BY seq DESC LIMIT 1`,
  )
  const note = db.prepare(`INSERT OR REPLACE INTO meta (key, value) VALUES ('${pendingKey}', '1')`)
  const noted = db.prepare<[], unknown>(`SELECT 1 FROM meta WHERE key = '${pendingKey}'`)
  const forget = db.prepare(`DELETE FROM meta WHERE key = '${pendingKey}'`)
  const keepUntold = db.prepare(`INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)`)
  const untold = db.prepare<[], { value: string }>(`SELECT value FROM meta WHERE key GLOB '${untoldKey}*' ORDER BY key`)
  const oneUntold = db.prepare<[string], { value: string }>(`SELECT value FROM meta WHERE key = ?`)
  const dropUntold = db.prepare(`DELETE FROM meta WHERE key = ?`)
  return {
    erase: (runId, { by, files }) => {
      const { rows, bytes } = sizes.get(runId)!
      const key = `${untoldKey}${runId}`
      // One that was cut short before has its part in what is told.
      const before = oneUntold.get(key)
      const known = before === undefined ? { rows: 0, bytes: 0, files: 0 } : (JSON.parse(before.value) as ErasedFact)
      const fact = { runId, by, rows: known.rows + rows, bytes: known.bytes + (bytes ?? 0), files: known.files + files }
      keepUntold.run(key, JSON.stringify(fact satisfies ErasedFact))
      note.run()
      remove.run(runId)
      removeOutputs.run()
    },
    untold: () => untold.all().map(row => JSON.parse(row.value) as ErasedFact),
    told: runId => void dropUntold.run(`${untoldKey}${runId}`),
    runIds: () => runIds.all().map(row => row.run_id),
    left: () => new Map(left.all().map(({ runId, ...row }) => [runId, row])),
    lastToldAt: runId => last.get(runId)?.at ?? null,
    finished: () => void forget.run(),
    isPending: () => noted.get() !== undefined,
    compact: () => {
      try {
        // Not in a file of the temp dir: it may lie on another disk.
        db.pragma('temp_store = MEMORY')
        db.exec('VACUUM')
        const [{ busy }] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
        return busy === 0
      } catch (error) {
        throw readableStoreError(error, db.name)
      }
    },
  }
}

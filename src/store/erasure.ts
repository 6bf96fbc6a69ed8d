/**
 * Erases what people and models wrote of a run, for good: rows go, what checks printed goes, and the file is written anew,
 * so that no page of it or of its log holds any of it. The log of facts stays.
 */
import type { Lane } from '../domain/lane.ts'
import type { Sql } from './database.ts'

export interface ErasureRows {
  /** Deletes a run's content and what the checks on its trees printed; call within the transaction that tells of it. */
  erase(runId: string): { rows: number; bytes: number }
  /** Runs of which there is content. */
  runIds(): string[]
  /** The same with what of them there is: the lane, the time of the last row, the bytes of text. No text is read. */
  left(): Map<string, { lane: Lane; at: number; bytes: number }>
  /** When the log last told of a run, but for erasures; null where it never did. */
  lastToldAt(runId: string): number | null
  /** Something was erased, and the file has not been written anew since: a kill or a full disk came between. */
  isPending(): boolean
  /**
   * Writes the file anew and empties its log. False while another process reads: the log could not be emptied, and this
   * has to be called again. Takes as much memory as the store is large.
   * @throws whatever SQLite says, such as SQLITE_FULL
   */
  compact(): boolean
}

/** What stands for the output of a check once it is erased. */
export const erasedOutput = '(erased)'

const pendingKey = 'erasing'

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
  return {
    erase: runId => {
      const { rows, bytes } = sizes.get(runId)!
      note.run()
      remove.run(runId)
      removeOutputs.run()
      return { rows, bytes: bytes ?? 0 }
    },
    runIds: () => runIds.all().map(row => row.run_id),
    left: () => new Map(left.all().map(({ runId, ...row }) => [runId, row])),
    lastToldAt: runId => last.get(runId)?.at ?? null,
    isPending: () => noted.get() !== undefined,
    compact: () => {
      // Not in a file of the temp dir: it may lie on another disk.
      db.pragma('temp_store = MEMORY')
      db.exec('VACUUM')
      const [{ busy }] = db.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
      if (busy !== 0) return false
      forget.run()
      return true
    },
  }
}

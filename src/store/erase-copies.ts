/** Copies that were made before the store was brought to another version: they hold the words of their time. */
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { readableStoreError } from './store-errors.ts'

/** Beside the store at `path`; one whose making was cut short is among them. */
export const storeCopies = (path: string): string[] => {
  const name = basename(path)
  const isCopy = (entry: string): boolean =>
    entry === `${name}.copying` || (entry.startsWith(`${name}.before-`) && !/-(?:journal|wal|shm)$/.test(entry))
  return readdirSync(dirname(path))
    .filter(isCopy)
    .toSorted()
    .map(entry => join(dirname(path), entry))
}

/**
 * Takes the content of all runs but those in `kept` out of a copy. Returns how many rows went; 0 leaves the file as it is.
 * @throws AgentLabError as `openDatabase` does
 */
export const eraseInCopy = (path: string, kept: readonly string[]): number => {
  try {
    const db = new Database(path, { timeout: 10_000, fileMustExist: true })
    try {
      db.pragma('secure_delete = ON')
      db.pragma('temp_store = MEMORY')
      const gone = db.prepare(`DELETE FROM content WHERE run_id NOT IN (SELECT value FROM json_each(?))`)
      const noted = db.prepare(`SELECT 1 FROM meta WHERE key = 'erasing'`)
      // A note within the same transaction: killed before the file is written anew, that is done by the next one.
      const changes = db.transaction(() => {
        const { changes } = gone.run(JSON.stringify(kept))
        if (changes > 0)
          db.exec(`UPDATE checks SET output = ''; INSERT OR REPLACE INTO meta (key, value) VALUES ('erasing', '1')`)
        return changes
      })()
      if (noted.get() === undefined) return 0
      db.exec('VACUUM')
      db.exec(`DELETE FROM meta WHERE key = 'erasing'`)
      return changes
    } finally {
      db.close()
    }
  } catch (error) {
    throw readableStoreError(error, path)
  }
}

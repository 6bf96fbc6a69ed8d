/** Looks a store over without changing it: whether this AgentLab can open it, and whether it is whole. */
import { existsSync, statSync } from 'node:fs'
import { openDatabase } from './database.ts'
import { readableStoreError } from './store-errors.ts'

export interface StoreHealth {
  version: number
  sizeBytes: number
  /** What SQLite's own check found first; null when the store is whole. */
  damage: string | null
}

/** null where there is no store. @throws AgentLabError as `openDatabase` does */
export const examineStore = (path: string): StoreHealth | null => {
  if (!existsSync(path)) return null
  const db = openDatabase(path, { readonly: true })
  try {
    const said = db.pragma('integrity_check(1)', { simple: true }) as string
    return {
      version: db.pragma('user_version', { simple: true }) as number,
      sizeBytes: statSync(path).size,
      damage: said === 'ok' ? null : said,
    }
  } catch (error) {
    throw readableStoreError(error, path)
  } finally {
    db.close()
  }
}

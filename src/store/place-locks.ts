/**
 * Places at the operator's model servers that hold across processes: a database a place, held in an exclusive transaction,
 * so the kernel gives it back with the process. Who finds none free keeps the server's turn, and has the next one.
 */
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

export interface PlaceLocks {
  /** One of `atOnce` places of the server at `url`, given back by calling it; null: none is free, or it is another's turn. */
  take(url: string, atOnce: number): (() => void) | null
  /** Gives back the turns at all other servers. */
  keepTurns(urls: ReadonlySet<string>): void
  close(): void
}

/**
 * `dir` is made where it is missing (0700), once a place is asked for: a box by hand leaves nothing. A file that can't be
 * locked for another reason than being held counts as free: places are a matter of order, not of safety.
 */
export const openPlaceLocks = (dir: string): PlaceLocks => {
  const files = new Map<string, Database.Database>()
  const turns = new Map<string, () => void>()
  const nameOf = (url: string): string => createHash('sha256').update(url).digest('hex').slice(0, 16)

  const opened = (name: string): Database.Database => {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    return new Database(join(dir, `${name}.lock`), { timeout: 0 })
  }

  const lock = (name: string): (() => void) | null => {
    try {
      const db = files.get(name) ?? opened(name)
      files.set(name, db)
      if (db.inTransaction) return null
      db.exec('BEGIN EXCLUSIVE')
      return () => {
        if (db.open && db.inTransaction) db.exec('ROLLBACK')
      }
    } catch (error) {
      return (error as { code?: string }).code === 'SQLITE_BUSY' ? null : () => {}
    }
  }
  const giveUpTurn = (url: string): void => {
    turns.get(url)?.()
    turns.delete(url)
  }
  return {
    take: (url, atOnce) => {
      const turn = turns.get(url) ?? lock(`${nameOf(url)}-turn`)
      if (turn === null) return null
      turns.set(url, turn)
      for (let number = 0; number < atOnce; number++) {
        const place = lock(`${nameOf(url)}-${number}`)
        if (place === null) continue
        giveUpTurn(url)
        return place
      }
      return null
    },
    keepTurns: urls => {
      for (const url of [...turns.keys()]) if (!urls.has(url)) giveUpTurn(url)
    },
    close: () => {
      for (const db of files.values()) db.close()
      files.clear()
      turns.clear()
    },
  }
}

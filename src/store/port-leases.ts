/**
 * Which seat has which block of ports: a database beside all data dirs of one operator, so that seats of two repositories
 * never share a port. A lease holds as long as its seat's folder exists; there is nothing to give back.
 */
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { readableStoreError } from './store-errors.ts'

export interface PortLeases {
  /** The first port of a seat's block, or null. */
  blockOf(seat: string): number | null
  /** Gives a block to a seat, which then has no other; false when another that exists has it. */
  claim(seat: string, block: number): boolean
  close(): void
}

/** Opens the database, or makes it. A seat is named by the absolute path of its folder, which exists. */
export const openPortLeases = (path: string): PortLeases => {
  try {
    const db = new Database(path, { timeout: 10_000 })
    db.exec('CREATE TABLE IF NOT EXISTS leases (block INTEGER PRIMARY KEY, seat TEXT NOT NULL UNIQUE) STRICT')
    const ofSeat = db.prepare<[string], { block: number }>('SELECT block FROM leases WHERE seat = ?')
    const ofBlock = db.prepare<[number], { seat: string }>('SELECT seat FROM leases WHERE block = ?')
    const all = db.prepare<[], { seat: string }>('SELECT seat FROM leases')
    const release = db.prepare('DELETE FROM leases WHERE seat = ?')
    const take = db.prepare('INSERT INTO leases (block, seat) VALUES (?, ?)')
    const claim = db.transaction((seat: string, block: number): boolean => {
      for (const lease of all.all()) if (lease.seat === seat || !existsSync(lease.seat)) release.run(lease.seat)
      if (ofBlock.get(block) !== undefined) return false
      take.run(block, seat)
      return true
    })
    return {
      blockOf: seat => ofSeat.get(seat)?.block ?? null,
      claim: (seat, block) => claim.immediate(seat, block),
      close: () => void db.close(),
    }
  } catch (error) {
    throw readableStoreError(error, path)
  }
}

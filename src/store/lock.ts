/**
 * The supervisor's lock: a database of its own, held in an exclusive transaction, so the kernel releases it with the
 * process. Never the store itself: a lock on that blocks its readers or writers.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { readableStoreError } from './store-errors.ts'

/** A lock of the same kind, from what `promote` shows to what it moves. */
export const promoteLockName = 'promote.lock'

export interface SupervisorLock {
  release(): void
}

export interface LockHolder {
  pid: number
  since: number
}

/** Takes the lock, or returns null when another process holds it. Does not wait. */
export const takeLock = (path: string, now: number): SupervisorLock | null => {
  const db = new Database(path, { timeout: 0 })
  try {
    db.pragma('journal_mode = DELETE')
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    const code = (error as { code?: string }).code
    if (code === 'SQLITE_BUSY') return null
    throw readableStoreError(error, path)
  }
  writeFileSync(`${path}.holder`, JSON.stringify({ pid: process.pid, since: now } satisfies LockHolder), {
    mode: 0o600,
  })
  return {
    release: () => {
      if (!db.open) return
      db.exec('ROLLBACK')
      db.close()
    },
  }
}

/** Whether some process holds the lock now. Takes and releases it to find out. */
export const isLockHeld = (path: string): boolean => {
  const db = new Database(path, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
    db.exec('ROLLBACK')
    return false
  } catch (error) {
    if ((error as { code?: string }).code === 'SQLITE_BUSY') return true
    throw readableStoreError(error, path)
  } finally {
    db.close()
  }
}

/** Who said last that it holds the lock; for messages only, the kernel's lock is the truth. */
export const lockHolder = (path: string): LockHolder | null => {
  try {
    const { pid, since } = JSON.parse(readFileSync(`${path}.holder`, 'utf8')) as LockHolder
    return Number.isInteger(pid) && Number.isInteger(since) ? { pid, since } : null
  } catch {
    return null
  }
}

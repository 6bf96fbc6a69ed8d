/** Opens the store: one SQLite file per repository, WAL, full synchronisation. Only this room knows SQLite. */

import { chmodSync, existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations.ts'
import { readableStoreError } from './store-errors.ts'
import { newerStore, olderStore, storedVersion } from './store-version.ts'

export type Sql = Database.Database

export interface OpenOptions {
  /** false: a store that is missing is an error. */
  create?: boolean
  /** Changes nothing, so the store must be of the present version. */
  readonly?: boolean
  /** Told, in one line, what was done to an older store. */
  tell?: (line: string) => void
  /** The steps that make the present version; ours unless told. */
  steps?: readonly string[]
  /** How long to wait for a lock of another process; 10 seconds unless told. */
  patienceMs?: number
}

/**
 * Opens the store at `path`, brought to the present version; makes it if it is missing and `create` is not false.
 * A store that can't be opened is left as it is.
 * @throws AgentLabError `store-missing`, `store-newer`, `store-older`, `store-in-use`, `store-unreadable`, `store-busy`,
 * `disk-full`, `disk-error`, `no-permission`
 */
export const openDatabase = (path: string, options: OpenOptions = {}): Sql => {
  if (options.create === false && !existsSync(path)) throw missingStore(path)
  let db: Sql | null = null
  try {
    const steps = options.steps ?? migrations
    const version = storedVersion(path)
    if (version > steps.length) throw newerStore(path, version, steps.length)
    if (options.readonly && version < steps.length) throw olderStore(path, version, steps.length)
    db = new Database(path, { timeout: options.patienceMs ?? 10_000, readonly: options.readonly ?? false })
    if (!options.readonly) prepareWriting(db, path, steps, options.tell)
    db.pragma('foreign_keys = ON')
    return db
  } catch (error) {
    db?.close()
    throw readableStoreError(error, path)
  }
}

const prepareWriting = (db: Sql, path: string, steps: readonly string[], tell?: (line: string) => void): void => {
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  // What is deleted is overwritten.
  db.pragma('secure_delete = ON')
  chmodSync(path, 0o600)
  const copy = migrate(db, path, steps)
  if (copy !== null) tell?.(`The store was brought to version ${steps.length}. As it was before: ${copy}`)
}

const missingStore = (path: string): AgentLabError =>
  new AgentLabError(`agentlab failed on the store: ${path} does not exist`, {
    code: 'store-missing',
    cure: 'Start a run first: agentlab task "<goal>"',
    exit: exitCode.wrongUse,
  })

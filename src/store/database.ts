/** Opens the store: one SQLite file per repository, WAL, full synchronisation. Only this room knows SQLite. */

import { chmodSync, existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { migrations } from './migrations.ts'

export type Sql = Database.Database

/**
 * Opens and migrates the store at `path`; makes it if it is missing and `create` is not false.
 * @throws AgentLabError `store-missing`, `store-newer`, `store-unreadable`, `disk-full`, `disk-error`, `no-permission`
 */
export const openDatabase = (path: string, options: { create?: boolean; readonly?: boolean } = {}): Sql => {
  if (options.create === false && !existsSync(path)) {
    throw new AgentLabError(`agentlab failed on the store: ${path} does not exist`, {
      code: 'store-missing',
      cure: 'Start a run first: agentlab task "<goal>"',
      exit: exitCode.wrongUse,
    })
  }
  try {
    const db = new Database(path, { timeout: 10_000, readonly: options.readonly ?? false })
    if (!options.readonly) {
      chmodSync(path, 0o600)
      db.pragma('journal_mode = WAL')
      db.pragma('synchronous = FULL')
      migrate(db, path)
    }
    db.pragma('foreign_keys = ON')
    return db
  } catch (error) {
    throw readableStoreError(error, path)
  }
}

const migrate = (db: Sql, path: string): void => {
  const version = db.pragma('user_version', { simple: true }) as number
  if (version > migrations.length) {
    db.close()
    throw new AgentLabError(
      `agentlab failed on the store: ${path} was written by a newer AgentLab (version ${version}, this one knows ${migrations.length})`,
      { code: 'store-newer', cure: 'Use the newer AgentLab.', exit: exitCode.wrongUse },
    )
  }
  for (let next = version; next < migrations.length; next++) {
    db.transaction(() => {
      db.exec(migrations[next]!)
      db.pragma(`user_version = ${next + 1}`)
    }).immediate()
  }
}

/** Turns SQLite's codes into errors people can act on; anything unknown stays what it was. */
export const readableStoreError = (error: unknown, path: string): unknown => {
  const code = (error as { code?: string } | null)?.code ?? ''
  if (error instanceof AgentLabError) return error
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return new AgentLabError(`agentlab failed on writing ${path}: the disk is full`, {
      code: 'disk-full',
      cure: 'Free some space and run the command again; nothing was lost.',
      cause: error,
    })
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new AgentLabError(`agentlab failed on ${path}: the disk does not take or give what it should (${code})`, {
      code: 'disk-error',
      cure: 'Look whether the disk is full or broken, then run the command again; nothing was lost.',
      cause: error,
    })
  }
  if (code === 'SQLITE_READONLY' || code === 'SQLITE_CANTOPEN' || code === 'EACCES' || code === 'EPERM') {
    return new AgentLabError(`agentlab failed on opening ${path}: no permission`, {
      code: 'no-permission',
      cure: `Make the folder of ${path} readable and writable for you.`,
      cause: error,
    })
  }
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
    return new AgentLabError(`agentlab failed on reading ${path}: it is damaged or no store of ours`, {
      code: 'store-unreadable',
      cure: 'Move the file away to start afresh; keep it if its runs matter.',
      cause: error,
    })
  }
  return error
}

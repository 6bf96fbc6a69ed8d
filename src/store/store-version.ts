/** Which version a store file is of, told without changing it; and what is said of one that is not ours to open. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { AgentLabError, exitCode } from '../domain/errors.ts'

const magic = 'SQLite format 3\0'
const versionOffset = 60
const headBytes = 64

/**
 * SQLite's `user_version`: 0 for a file that is empty or no database. What a process left in the write-ahead log counts.
 * @throws AgentLabError `store-unreadable` for an empty file beside a log that is not: its content was lost
 */
export const storedVersion = (path: string): number => {
  const isLogged = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (!isLogged && size === 0) return 0
  if (size === 0) throw emptied(path)
  if (isLogged) return loggedVersion(path)
  const head = headOf(path)
  return head.toString('latin1', 0, magic.length) === magic ? head.readUInt32BE(versionOffset) : 0
}

const headOf = (path: string): Buffer => {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(headBytes)
    readSync(file, head, 0, headBytes, 0)
    return head
  } finally {
    closeSync(file)
  }
}

/** A connection that only reads leaves the log as it is when it ends. */
const loggedVersion = (path: string): number => {
  const db = new Database(path, { readonly: true, timeout: 10_000 })
  try {
    return db.pragma('user_version', { simple: true }) as number
  } finally {
    db.close()
  }
}

const emptied = (path: string): AgentLabError =>
  new AgentLabError(`agentlab failed on reading ${path}: it is empty, and its write-ahead log is not`, {
    code: 'store-unreadable',
    cure: `It was left as it is. Put back a copy (${path}.before-… where there is one), or move it and ${path}-wal away to start afresh.`,
  })

export const newerStore = (path: string, version: number, known: number): AgentLabError =>
  new AgentLabError(
    `agentlab failed on the store: ${path} was written by a newer AgentLab (version ${version}, this one knows ${known})`,
    { code: 'store-newer', cure: 'Use the newer AgentLab; nothing was changed.', exit: exitCode.wrongUse },
  )

export const olderStore = (path: string, version: number, known: number): AgentLabError =>
  new AgentLabError(
    `agentlab failed on the store: ${path} was written by an older AgentLab (version ${version}, this one needs ${known})`,
    { code: 'store-older', cure: 'Bring it up to date first: agentlab runs', exit: exitCode.wrongUse },
  )

/** Brings an older store to the present version: a copy first, then every step in one transaction. */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { AgentLabError } from '../domain/errors.ts'
import { isLockHeld, lockHolder } from './lock.ts'
import { newerStore } from './store-version.ts'

/**
 * `steps[n]` brings version n to n + 1. Whoever comes first does it, the others wait; a process that dies within leaves
 * the old store. Returns the copy's path, or null where nothing was to be kept (a new store, or one that is up to date).
 * @throws AgentLabError `store-newer`; `store-in-use` while a supervisor of the older AgentLab is at work on it
 */
export const migrate = (db: Database.Database, path: string, steps: readonly string[]): string | null => {
  const versionNow = (): number => db.pragma('user_version', { simple: true }) as number
  if (versionNow() === steps.length) return null
  return db
    .transaction(() => {
      const version = versionNow()
      if (version > steps.length) throw newerStore(path, version, steps.length)
      if (version === steps.length) return null
      if (version > 0) refuseWhileServed(path, version)
      const copy = version > 0 ? copyBefore(path, steps.length) : null
      for (const step of steps.slice(version)) db.exec(step)
      db.pragma(`user_version = ${steps.length}`)
      return copy
    })
    .immediate()
}

/** Its statements were made for the old tables. */
const refuseWhileServed = (path: string, version: number): void => {
  const lock = join(dirname(path), 'supervisor.lock')
  if (!existsSync(lock) || !isLockHeld(lock)) return
  const pid = lockHolder(lock)?.pid ?? 'unknown'
  throw new AgentLabError(
    `agentlab failed on the store: ${path} is of version ${version}, and a supervisor of that version is at work on it (process ${pid})`,
    { code: 'store-in-use', cure: `Let its runs come to rest, or end it (kill ${pid}), and run the command again.` },
  )
}

/** A whole copy as last committed, private; it has its name only once it is on disk. Called while no other can write. */
const copyBefore = (path: string, next: number): string => {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const [partial, copy] = [`${path}.copying`, freeName(`${path}.before-v${next}-${time}`)]
  rmSync(partial, { force: true })
  const file = openSync(partial, 'wx', 0o600)
  const reader = new Database(path, { readonly: true })
  try {
    reader.prepare('VACUUM INTO ?').run(partial)
    fsyncSync(file)
  } finally {
    reader.close()
    closeSync(file)
  }
  renameSync(partial, copy)
  return copy
}

const freeName = (name: string, again = 1): string => {
  const candidate = again === 1 ? name : `${name}-${again}`
  return existsSync(candidate) ? freeName(name, again + 1) : candidate
}

/** Where a supervisor's sockets lie: a short path of our own, for a socket's path holds 104 bytes at most. */
import { createHash } from 'node:crypto'
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Longer folders leave no room for a name below them. */
const longestBase = 60

/**
 * Makes a new folder (0700) for the sockets of the supervisor of `dataDir`. What an earlier one left there is removed:
 * whoever calls holds the supervisor's lock, so nobody uses it.
 */
export const makeRuntimeDir = (dataDir: string, env: NodeJS.ProcessEnv): string => {
  for (const dir of runtimeDirsOf(dataDir, env)) rmSync(dir, { recursive: true, force: true })
  const { base, prefix } = placeOf(dataDir, env)
  return mkdtempSync(join(base, prefix))
}

/** What a supervisor of `dataDir`, alive or killed, has made for its sockets. */
export const runtimeDirsOf = (dataDir: string, env: NodeJS.ProcessEnv): string[] => {
  const { base, prefix } = placeOf(dataDir, env)
  return readdirSync(base)
    .filter(name => name.startsWith(prefix))
    .map(name => join(base, name))
    .filter(isOurs)
}

const placeOf = (dataDir: string, env: NodeJS.ProcessEnv): { base: string; prefix: string } => ({
  base: [env.XDG_RUNTIME_DIR, tmpdir()].find(isFit) ?? '/tmp',
  prefix: `agentlab-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}-`,
})

const isFit = (dir: string | undefined): dir is string => {
  if (dir === undefined || !dir.startsWith('/') || Buffer.byteLength(dir) > longestBase) return false
  const found = lstatSync(dir, { throwIfNoEntry: false })
  return found?.isDirectory() === true
}

const isOurs = (path: string): boolean => {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === process.getuid?.()
}

/** Folders in the temporary folder that live for one process: their names say for which, so that a kill leaves none for ever. */
import { createHash } from 'node:crypto'
import { lstat, mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProcessIdentity, processIdentity } from './identity.ts'

/** What they are for, as it stands in their names. */
export type OwnedTemp = 'index' | 'tty' | 'version' | 'walls'

/** Makes a new folder (0700) of this process below `parent`, the temporary folder unless told. */
export const makeOwnedTemp = async (what: OwnedTemp, parent = tmpdir()): Promise<string> => {
  const own = await processIdentity(process.pid)
  return mkdtemp(join(parent, `agentlab-${what}-${process.pid}-${own === null ? '0' : markOf(own)}-`))
}

/** Short, for sockets lie below some of them. */
const markOf = ({ pid, startTicks, bootId }: ProcessIdentity): string =>
  createHash('sha256').update(`${pid} ${startTicks} ${bootId}`).digest('hex').slice(0, 8)

/** As Node takes it from this environment. */
export const tempDirOf = (env: NodeJS.ProcessEnv): string => env.TMPDIR || env.TMP || env.TEMP || '/tmp'

/** Those of this user below `parent` whose process is gone. */
export const orphanedTemps = async (parent: string): Promise<string[]> => {
  const orphaned: string[] = []
  for (const name of (await readdir(parent).catch(() => [])).toSorted()) {
    const [, pid, mark] = /^agentlab-(?:index|tty|version|walls)-(\d+)-([0-9a-f]{8})-\w{6}$/.exec(name) ?? []
    if (pid === undefined) continue
    const found = await lstat(join(parent, name)).catch(() => null)
    if (found?.isDirectory() !== true || found.uid !== process.getuid?.()) continue
    const living = await processIdentity(Number(pid))
    if (living === null || markOf(living) !== mark) orphaned.push(join(parent, name))
  }
  return orphaned
}

/** Marks a demo's folder with the process that shows it, so that one left by a kill can be told from one that is kept. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isAlive, processIdentity } from '../process/identity.ts'

const Marker = z.object({ pid: z.number().int(), startTicks: z.string(), bootId: z.string() })

const markerPath = (folder: string): string => join(folder, 'shown-by.json')

export const markDemo = async (folder: string): Promise<void> =>
  writeFile(markerPath(folder), JSON.stringify(await processIdentity(process.pid)), { mode: 0o600 })

/** For a demo that is to stay. */
export const unmarkDemo = (folder: string): Promise<void> => rm(markerPath(folder), { force: true })

/** An operator may want to go on with a demo that was killed. */
const lookedAtMs = 24 * 3_600_000

/** Whether the process that showed it is dead since a day; false for a demo that is kept, and where it can't be told. */
export const isDemoLeft = async (folder: string, now: number): Promise<boolean> => {
  try {
    if (now - (await stat(markerPath(folder))).mtimeMs < lookedAtMs) return false
    return !(await isAlive(Marker.parse(JSON.parse(await readFile(markerPath(folder), 'utf8')))))
  } catch {
    return false
  }
}

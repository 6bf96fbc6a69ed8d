/** Marks a folder with the process it lives for, so that one left by a kill can be told from one in use or kept. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isAlive, processIdentity } from '../process/identity.ts'

const Marker = z.object({ pid: z.number().int(), startTicks: z.string(), bootId: z.string() })

const markerPath = (folder: string): string => join(folder, 'shown-by.json')

/** The folder lives for this process. */
export const markOwned = async (folder: string): Promise<void> =>
  writeFile(markerPath(folder), JSON.stringify(await processIdentity(process.pid)), { mode: 0o600 })

/** For a folder that is to stay. */
export const unmarkOwned = (folder: string): Promise<void> => rm(markerPath(folder), { force: true })

/**
 * Whether the process that marked it is dead, and marked it longer than `forMs` ago; false for a folder that is kept, and
 * where it can't be told.
 */
export const isOrphaned = async (folder: string, now: number, forMs: number): Promise<boolean> => {
  try {
    if (now - (await stat(markerPath(folder))).mtimeMs < forMs) return false
    return !(await isAlive(Marker.parse(JSON.parse(await readFile(markerPath(folder), 'utf8')))))
  } catch {
    return false
  }
}

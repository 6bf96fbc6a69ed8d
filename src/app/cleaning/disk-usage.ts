/** How much a folder takes on disk: allocated blocks, a hard link counted once, links never followed. */
import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'

export interface Meter {
  /** Bytes on disk of a file or of all below a folder; null where something could not be read, or time was up. */
  measure(path: string): Promise<number | null>
}

/** The process stays responsive: after so many entries others get their turn. */
const entriesPerTurn = 400
const blockBytes = 512

/**
 * One meter for one look at the disk: a file with several names is counted for the first of them, and a path that is
 * asked for twice is measured once. `patienceMs` in all.
 */
export const createMeter = (patienceMs: number): Meter => {
  const known = new Map<string, Promise<number | null>>()
  const isNew = nameCounter()
  const until = Date.now() + patienceMs
  return {
    measure: path => {
      const found = known.get(path) ?? walk(path, isNew, until)
      known.set(path, found)
      return found
    },
  }
}

/** Says of each entry whether it was met under another name before. */
const nameCounter = (): ((found: Stats) => boolean) => {
  const seen = new Set<string>()
  return found => {
    if (found.nlink < 2 || found.isDirectory()) return true
    const key = `${found.dev}:${found.ino}`
    return !seen.has(key) && seen.add(key) !== undefined
  }
}

const walk = async (path: string, isNew: (found: Stats) => boolean, until: number): Promise<number | null> => {
  let [bytes, entries] = [0, 0]
  const waiting = [path]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    entries += 1
    if (entries % entriesPerTurn === 0) await nextTurn()
    if (Date.now() > until) return null
    try {
      const found = lstatSync(at)
      if (isNew(found)) bytes += found.blocks * blockBytes
      if (found.isDirectory()) for (const name of readdirSync(at)) waiting.push(join(at, name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return null
    }
  }
  return bytes
}

/** Null as soon as one part is not measured. */
export const sumOf = (sizes: readonly (number | null)[]): number | null =>
  sizes.reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0)

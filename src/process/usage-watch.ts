/**
 * Watches what no kernel limit holds: disk below the writable directories, memory of all processes, free space of the
 * file system. Cheap while little changes: folders are counted only once their file system has lost enough to matter.
 */
import { statSync } from 'node:fs'
import type { Outgrown } from '../domain/attempt.ts'
import type { LaunchPolicy, WatchedBounds } from '../domain/launch.ts'
import { type DiskUsage, diskUsage, type Space, spaceAt } from './disk-usage.ts'
import { memoryOf, namelessBytes } from './memory-usage.ts'
import type { ProcessRow } from './process-table.ts'

/** Looks once, at the processes as they are now. A look that is asked for while another is under way finds nothing. */
export type Look = (processes: readonly ProcessRow[]) => Promise<Outgrown | null>

export const watchUsage = (policy: Pick<LaunchPolicy, 'writable' | 'limits'>): Look => {
  const bounds = policy.limits.watched
  if (bounds === undefined) return async () => null
  const disk = watchDisk(policy.writable, bounds)
  let isLooking = false
  return async processes => {
    if (isLooking) return null
    isLooking = true
    try {
      if (processes.length > bounds.processes) return 'processes'
      return memoryOf(processes) > bounds.memoryBytes ? 'memory' : await disk(processes)
    } finally {
      isLooking = false
    }
  }
}

/** What was counted last, and how much was free then. */
interface Counted {
  usage: DiskUsage
  space: Space
  at: number
  tookMs: number
}

const longestMs = 30_000

const watchDisk = (dirs: readonly string[], bounds: WatchedBounds): Look => {
  let first: Space | null = null
  let last: Counted | null = null
  return async processes => {
    const space = await spaceAt(dirs[0]!)
    if (space.freeBytes < bounds.freeBytes) return 'noSpace'
    first ??= space
    if (!isDue(last, space, bounds)) return null
    const at = performance.now()
    const usage = await diskUsage(dirs)
    last = { usage, space, at, tookMs: performance.now() - at }
    const nameless = namelessBytes(processes, statSync(dirs[0]!).dev)
    const found = usage.bytes + (nameless ?? 0)
    // Where something is closed to us, whatever the file system has lost since the start may lie in there.
    const isPartial = usage.isPartial || nameless === null
    const bytes = isPartial ? Math.max(found, first.freeBytes - space.freeBytes) : found
    return bytes > bounds.diskBytes || (usage.files ?? 0) > bounds.files ? 'disk' : null
  }
}

/** At most a tenth of the time goes into counting; at the latest after half a minute it is counted again. */
const isDue = (last: Counted | null, space: Space, bounds: WatchedBounds): boolean => {
  if (last === null) return true
  const sinceMs = performance.now() - last.at
  if (sinceMs < last.tookMs * 10) return false
  const leftBytes = Math.max(0, bounds.diskBytes - last.usage.bytes)
  const leftFiles = Math.max(0, bounds.files - (last.usage.files ?? 0))
  const lostFiles = (last.space.freeFiles ?? 0) - (space.freeFiles ?? 0)
  return sinceMs > longestMs || last.space.freeBytes - space.freeBytes > leftBytes / 2 || lostFiles > leftFiles / 2
}

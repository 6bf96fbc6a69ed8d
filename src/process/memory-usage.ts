/** What processes hold of the machine's memory, and of its disk without a name; read from /proc, so on Linux alone. */
import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import type { ProcessRow } from './process-table.ts'

/**
 * Bytes of memory that are these processes' own: private and shared memory without a file, in swap or not. Pages they
 * share among each other count once for each. A process that can't be read counts nothing.
 */
export const memoryOf = (processes: readonly ProcessRow[]): number =>
  processes.reduce((sum, { pid }) => sum + memoryIn(textOf(`/proc/${pid}/status`)), 0)

/** Reads `/proc/<pid>/status` (proc_pid_status(5)); its figures are KiB. */
export const memoryIn = (status: string): number =>
  [...status.matchAll(/^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB$/gm)].reduce(
    (sum, [, kibibytes]) => sum + Number(kibibytes) * 1024,
    0,
  )

const maxDescriptors = 20_000

/**
 * Bytes on the file system `device` in open files that have no name any more, which no walk of folders finds. Null where
 * there are too many descriptors to look at.
 */
export const namelessBytes = (processes: readonly ProcessRow[], device: number): number | null => {
  const seen = new Map<number, number>()
  let looked = 0
  for (const { pid } of processes)
    for (const name of namesIn(`/proc/${pid}/fd`)) {
      if (++looked > maxDescriptors) return null
      const file = fileAt(`/proc/${pid}/fd/${name}`)
      if (file?.isFile() && file.nlink === 0 && file.dev === device) seen.set(file.ino, file.blocks * 512)
    }
  return [...seen.values()].reduce((sum, bytes) => sum + bytes, 0)
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

const fileAt = (path: string): Stats | null => {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

const namesIn = (path: string): string[] => {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

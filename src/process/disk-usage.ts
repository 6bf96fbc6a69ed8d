/** How full directories and their file system are. */
import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { run } from './run.ts'

export interface Space {
  freeBytes: number
  /** Null where the file system has no fixed number of them. */
  freeFiles: number | null
}

/** What an ordinary user can still write on the file system of `path`; where it is not there yet, of its nearest folder. */
export const spaceAt = async (path: string): Promise<Space> => {
  if (!existsSync(path) && path !== dirname(path)) return spaceAt(dirname(path))
  const { bavail, bsize, files, ffree } = await statfs(path)
  return { freeBytes: bavail * bsize, freeFiles: files > 0 ? ffree : null }
}

export interface DiskUsage {
  bytes: number
  /** Null where this machine's `du` can't count them. */
  files: number | null
  /** Something below could not be looked into: what it holds is not known. */
  isPartial: boolean
}

/**
 * What lies below directories, on their own file system. By `du`, which follows no link, goes into folders deeper than a
 * path can be long, and counts a file once however many names it has.
 */
export const diskUsage = async (dirs: readonly string[]): Promise<DiskUsage> => {
  const [kibibytes, files] = await Promise.all([
    totalOf('-skx', dirs),
    process.platform === 'linux' ? totalOf('-sx', dirs, '--inodes') : null,
  ])
  return { bytes: kibibytes.total * 1024, files: files?.total ?? null, isPartial: kibibytes.isPartial }
}

const totalOf = async (
  flags: string,
  dirs: readonly string[],
  ...more: string[]
): Promise<{ total: number; isPartial: boolean }> => {
  const { stdout, stderr, timedOut, failedToStart } = await run('du', [flags, ...more, '--', ...dirs], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    timeoutMs: 60_000,
    maxOutputBytes: 1024 * 1024,
    encoding: 'utf8',
  })
  const total = stdout.split('\n').reduce((sum, line) => sum + (Number.parseInt(line, 10) || 0), 0)
  // What vanishes while it is counted is no secret; a folder closed to us may be one.
  const isClosed = /Permission denied|File name too long/.test(stderr)
  return { total, isPartial: isClosed || timedOut || failedToStart !== null }
}

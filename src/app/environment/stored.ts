/** Environments as they lie on disk: `<hash>/files` and, written last, `<hash>/manifest.json`, touched at each use. */
import { mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { removeTree } from '../../git/remove-tree.ts'

const Manifest = z.object({ paths: z.array(z.string()) })

const manifestPath = (dir: string): string => join(dir, 'manifest.json')

/** The paths of a stored environment, or null where there is none or it was not finished. */
export const readManifest = async (dir: string): Promise<string[] | null> => {
  try {
    return Manifest.parse(JSON.parse(await readFile(manifestPath(dir), 'utf8'))).paths
  } catch {
    return null
  }
}

/** Moves paths out of a seat (same file system), then names them: a crash before that leaves no environment. */
export const keepPaths = async (workspace: string, dir: string, paths: string[]): Promise<string[]> => {
  await removeTree(dir)
  for (const path of paths) {
    const target = join(dir, 'files', path)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await rename(join(workspace, path), target)
  }
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await writeFile(manifestPath(dir), JSON.stringify({ paths }), { mode: 0o600 })
  return paths
}

/** The manifest's time is when the environment was placed last; what has not been for long may go. */
export const noteUse = async (dir: string): Promise<void> => {
  const now = new Date()
  await utimes(manifestPath(dir), now, now).catch(() => undefined)
}

export interface StoredEnvironment {
  hash: string
  dir: string
  /** Epoch milliseconds of its building or last placing; null: never finished, of no use to anybody. */
  usedAt: number | null
}

/** Every environment of a data dir, the one unused for longest first. Removing one is removing its folder. */
export const listEnvironments = async (environmentsDir: string): Promise<StoredEnvironment[]> => {
  const names = await readdir(environmentsDir).catch(() => [])
  const found = await Promise.all(
    names.map(async hash => {
      const dir = join(environmentsDir, hash)
      const used = await stat(manifestPath(dir)).catch(() => null)
      return { hash, dir, usedAt: used === null ? null : Math.floor(used.mtimeMs) }
    }),
  )
  return found.toSorted((a, b) => (a.usedAt ?? 0) - (b.usedAt ?? 0))
}

/**
 * Environments as they lie on disk: `<hash>/users/<run>` for each run that ever used it, `<hash>/files` and, written last,
 * `<hash>/manifest.json`, touched at each use.
 */
import { mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { RunId } from '../../domain/ids.ts'
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

/** Moves paths out of a run's seat (same file system), then names them: a crash before that leaves no environment. */
export const keepPaths = async (workspace: string, dir: string, paths: string[], runId: string): Promise<string[]> => {
  await removeTree(dir)
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await noteUser(dir, runId)
  for (const path of paths) {
    const target = join(dir, 'files', path)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await rename(join(workspace, path), target)
  }
  await writeFile(manifestPath(dir), JSON.stringify({ paths }), { mode: 0o600 })
  return paths
}

/** The manifest's time is when the environment was placed last; what has not been for long may go. */
export const noteUse = async (dir: string): Promise<void> => {
  const now = new Date()
  await utimes(manifestPath(dir), now, now).catch(() => undefined)
}

/** The run is one of those for which the environment stays. @throws where it is not there any more */
export const noteUser = async (dir: string, runId: string): Promise<void> => {
  const users = join(dir, 'users')
  await mkdir(users, { mode: 0o700 }).catch(error => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  })
  await writeFile(join(users, runId), '', { mode: 0o600 })
}

export interface StoredEnvironment {
  hash: string
  dir: string
  /** Epoch milliseconds of its building or last placing; null: never finished, of no use to anybody. */
  usedAt: number | null
  /** The runs that used it; none where nothing is on record. */
  users: string[]
}

/** Every environment of a data dir, the one unused for longest first. Removing one is removing its folder. */
export const listEnvironments = async (environmentsDir: string): Promise<StoredEnvironment[]> => {
  const names = await readdir(environmentsDir).catch(() => [])
  const found = await Promise.all(
    names.map(async hash => {
      const dir = join(environmentsDir, hash)
      const used = await stat(manifestPath(dir)).catch(() => null)
      const users = (await readdir(join(dir, 'users')).catch(() => [])).filter(id => RunId.safeParse(id).success)
      return { hash, dir, usedAt: used === null ? null : Math.floor(used.mtimeMs), users }
    }),
  )
  return found.toSorted((a, b) => (a.usedAt ?? 0) - (b.usedAt ?? 0))
}

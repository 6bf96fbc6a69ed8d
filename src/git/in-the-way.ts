/** Which files of a checkout, unknown to git, new files would overwrite: git itself (2.34 and newer) spares no ignored ones. */
import { lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Oid } from '../domain/ids.ts'
import { rawChanges } from './changes.ts'
import { type GitPlace, gitBytes, records } from './exec.ts'

/** What stands at a path: nothing git would have to remove, or something that would be lost. */
const isObstacle = async (root: string, path: string, isTarget: boolean): Promise<boolean> => {
  const found = await lstat(join(root, path)).catch(() => null)
  if (found === null) return false
  if (!found.isDirectory()) return true
  return isTarget && (await readdir(join(root, path))).length > 0
}

const ancestors = (path: string): string[] => {
  const parent = dirname(path)
  return parent === '.' ? [] : [...ancestors(parent), parent]
}

/**
 * The untracked and ignored paths that going from one commit to another would overwrite in this checkout. Directories
 * that only hold files git has in its index are no obstacle.
 */
export const filesInTheWay = async (place: GitPlace, from: Oid, to: Oid): Promise<string[]> => {
  const added = (await rawChanges(place, from, to)).filter(change => change.status === 'A').map(change => change.path)
  if (added.length === 0) return []
  const tracked = new Set(records(await gitBytes(place, ['ls-files', '-z'])))
  const trackedFolders = new Set([...tracked].flatMap(ancestors))
  const found = new Set<string>()
  for (const path of added.filter(name => !tracked.has(name))) {
    for (const parent of ancestors(path))
      if (!tracked.has(parent) && (await isObstacle(place.root, parent, false))) found.add(parent)
    if (!trackedFolders.has(path) && (await isObstacle(place.root, path, true))) found.add(path)
  }
  return [...found]
}

/** Paths that a file system which folds case takes for one file: of two, only one would survive a checkout. */
import type { Oid } from '../domain/ids.ts'
import { listTree } from './blobs.ts'
import type { Repository } from './repository.ts'

/** What git found out about the file system when the repository was made. */
export const isCaseless = ({ fileSystem }: Pick<Repository, 'fileSystem'>): boolean =>
  fileSystem['core.ignorecase'] === 'true'

const fold = (path: string): string => path.normalize('NFC').toLowerCase()

/** Groups of paths that fold to the same one. */
export const collidingPaths = (paths: readonly string[]): string[][] => {
  const groups = new Map<string, string[]>()
  for (const path of paths) groups.set(fold(path), [...(groups.get(fold(path)) ?? []), path])
  return [...groups.values()].filter(group => group.length > 1)
}

/** The same of a commit, where the repository's file system folds case; elsewhere none. */
export const collisionsIn = async (repository: Repository, commit: Oid): Promise<string[][]> =>
  isCaseless(repository) ? collidingPaths((await listTree(repository, commit)).map(entry => entry.path)) : []

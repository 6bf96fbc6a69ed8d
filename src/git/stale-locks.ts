/**
 * Lock files that outlived whoever made them. Git writes no holder into its locks, so only those count that lie where
 * nobody but AgentLab writes and that are older than any git call of ours can be. The operator's own are never among them.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isRepositoryLockStale, repositoryLockPath } from './lock.ts'
import { commonPath, type Repository } from './repository.ts'

/** Longer than the longest git call may take. */
const outlivedMs = 15 * 60_000

/** Refs nobody but AgentLab writes, as folders and files of the git dir. `branches` are short names or `prefix/`. */
const ownLocks = async (repository: Repository, branches: readonly string[]): Promise<string[]> => {
  const folders = ['refs/agentlab', ...branches.filter(name => name.endsWith('/')).map(name => `refs/heads/${name}`)]
  const single = branches
    .filter(name => !name.endsWith('/'))
    .map(name => commonPath(repository, `refs/heads/${name}.lock`))
  const found = await Promise.all(folders.map(folder => locksBelow(commonPath(repository, folder))))
  return [...single, ...found.flat()]
}

const locksBelow = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])
  return entries
    .filter(entry => entry.isFile() && entry.name.endsWith('.lock'))
    .map(entry => join(entry.parentPath, entry.name))
}

/** Packs of a harvest that was killed before it gave them their names. */
const unnamedPacks = async (repository: Repository): Promise<string[]> => {
  const folder = join(repository.objectDirs[0]!, 'pack')
  const names = await readdir(folder).catch(() => [])
  return names.filter(name => name.startsWith('tmp_agentlab_')).map(name => join(folder, name))
}

/** Private folders of a rescue that was killed. */
const rescueFolders = async (repository: Repository): Promise<string[]> => {
  const names = await readdir(repository.commonDir).catch(() => [])
  return names.filter(name => name.startsWith('agentlab-rescue-')).map(name => commonPath(repository, name))
}

/** Paths that may go, by what they are. */
export const outlivedFiles = async (
  repository: Repository,
  branches: readonly string[],
  now: number,
): Promise<{ path: string; what: 'lock' | 'leftover' }[]> => {
  const locks = (await ownLocks(repository, branches)).map(path => ({ path, what: 'lock' as const }))
  const rest = [...(await unnamedPacks(repository)), ...(await rescueFolders(repository))]
  const candidates = [...locks, ...rest.map(path => ({ path, what: 'leftover' as const }))]
  const ages = await Promise.all(candidates.map(({ path }) => ageOf(path, now)))
  const old = candidates.filter((_, index) => ages[index]! > outlivedMs)
  const own = (await isRepositoryLockStale(repository))
    ? [{ path: repositoryLockPath(repository), what: 'lock' as const }]
    : []
  return [...own, ...old]
}

const ageOf = async (path: string, now: number): Promise<number> =>
  stat(path).then(
    found => now - found.mtimeMs,
    () => -1,
  )

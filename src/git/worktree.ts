/** Linked worktrees for the operator's eyes. Nothing AgentLab starts ever runs in one. */
import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, realpath, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AgentLabError } from '../domain/errors.ts'
import { Oid } from '../domain/ids.ts'
import { cleanLine } from '../domain/text.ts'
import { type GitPlace, git, gitBytes, gitFailure } from './exec.ts'
import { withRepositoryLock } from './lock.ts'
import { readHead } from './refs.ts'
import { commonPath, type Repository } from './repository.ts'
import { listWorktrees } from './worktree-list.ts'

const realOrSame = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))

/**
 * The place of a worktree as the repository's own records have it, never as a file in the worktree says. Null when the
 * repository has no worktree there.
 */
export const worktreePlace = async (repository: Repository, path: string): Promise<GitPlace | null> => {
  const root = await realOrSame(path)
  const [main] = await listWorktrees(repository)
  if (main && !main.isBare && (await realOrSame(main.path)) === root) return { root, gitDir: repository.commonDir }
  const records = commonPath(repository, 'worktrees')
  for (const name of await readdir(records).catch(() => [])) {
    const recorded = await readFile(join(records, name, 'gitdir'), 'utf8').catch(() => '')
    if (recorded !== '' && (await realOrSame(dirname(recorded.trimEnd()))) === root)
      return { root, gitDir: join(records, name) }
  }
  return null
}

const isEmptyOrMissing = async (path: string): Promise<boolean> =>
  (await readdir(path).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : ['?']))).length === 0

/**
 * A detached worktree at `commit`, so that no branch is held. The same commit at the same path again is fine. Throws
 * `worktree-occupied` where something else lies at the path.
 */
export const addReviewWorktree = async (
  repository: Repository,
  request: { path: string; commit: Oid },
): Promise<{ path: string }> => {
  const { path } = request
  const commit = Oid.parse(request.commit)
  const add = ['worktree', 'add', '--detach', '--no-checkout', '--end-of-options', path, commit]
  const isThere = await withRepositoryLock(repository, async () => {
    const existing = await worktreePlace(repository, path)
    if (existing && !(await isEmptyOrMissing(path))) {
      // Without an index its files were never wholly laid out: whoever made it was killed.
      if ((await readHead(existing)) === commit) return existsSync(join(existing.gitDir, 'index'))
      throw occupied(path, 'a worktree at another commit is there')
    }
    if (!(await isEmptyOrMissing(path))) throw occupied(path, 'something else is there')
    await mkdir(dirname(path), { recursive: true })
    await gitBytes(repository, ['worktree', 'prune'])
    await gitBytes(repository, add, { as: 'operator' })
    return false
  })
  if (isThere) return { path }
  const place = await worktreePlace(repository, path)
  if (!place) throw occupied(path, 'the worktree vanished while it was made')
  // With the operator's config, because these files are for them: their filters and line endings apply.
  await gitBytes(place, ['reset', '--hard', '--quiet', commit], { as: 'operator', timeoutMs: 600_000 })
  return { path }
}

const occupied = (path: string, why: string): AgentLabError =>
  new AgentLabError(`git worktree failed on ${path}: ${why}`, {
    code: 'worktree-occupied',
    cure: `Move it away, or remove the worktree: git worktree remove ${path}`,
  })

/** Removes a worktree that holds nothing unsaved. One that does is kept and git's reason given; a missing one is removed. */
export const removeWorktree = async (
  repository: Repository,
  path: string,
): Promise<{ status: 'removed' } | { status: 'kept'; why: string }> =>
  withRepositoryLock(repository, async () => {
    if (await isEmptyOrMissing(path)) {
      await gitBytes(repository, ['worktree', 'prune'])
      await rmdir(path).catch(() => undefined)
      return { status: 'removed' }
    }
    if (!(await worktreePlace(repository, path))) return { status: 'kept', why: 'it is no worktree of this repository' }
    const args = ['worktree', 'remove', '--end-of-options', path]
    const result = await git(repository, args, { as: 'operator', timeoutMs: 600_000 })
    if (result.exitCode === 0) return { status: 'removed' }
    if (/contains modified or untracked files|locked|main working tree/.test(result.stderr))
      return { status: 'kept', why: cleanLine(result.stderr.replace(/^fatal: /, '')) }
    throw gitFailure(repository, args, result)
  })

/** Adds a pattern to the repository's private exclude file, once. Says whether it was added. */
export const excludeFromGit = async (repository: Repository, pattern: string): Promise<boolean> => {
  const file = commonPath(repository, 'info', 'exclude')
  const text = await readFile(file, 'utf8').catch(() => '')
  if (text.split('\n').includes(pattern)) return false
  await mkdir(dirname(file), { recursive: true })
  await appendFile(file, `${text === '' || text.endsWith('\n') ? '' : '\n'}${pattern}\n`)
  return true
}

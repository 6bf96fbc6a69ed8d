/** Whether git would offer a file of that name for a commit: it would lie in the work tree and is not ignored. */
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { git } from './exec.ts'
import type { Repository } from './repository.ts'

/** `path` is absolute and need not exist; its folder does. */
export const isOffered = async (repository: Repository, path: string): Promise<boolean> => {
  const folder = await realpath(dirname(path)).catch(() => null)
  if (folder === null) return false
  const inside = relative(await realpath(repository.root), join(folder, basename(path)))
  if (inside.startsWith('..') || inside.split('/')[0] === '.git') return false
  // It takes paths, not patterns, but refuses to be told so.
  const options = { env: { GIT_LITERAL_PATHSPECS: '0' } }
  return (await git(repository, ['check-ignore', '-q', '--', inside], options)).exitCode !== 0
}

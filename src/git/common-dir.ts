/** Finds a repository's common git dir by looking at files alone, for readers that must not wait for a git process. */
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/**
 * Real path of the common git dir of the work tree that holds `directory`, or null where it can't be told so simply
 * (then git itself must say). Good for finding our own data; never for deciding what may be done to a repository.
 */
export const findCommonDir = async (directory: string): Promise<string | null> => {
  try {
    for (let dir = await realpath(directory); ; dir = dirname(dir)) {
      const found = await gitDirIn(dir)
      if (found !== null) return await commonOf(found)
      if (dirname(dir) === dir) return null
    }
  } catch {
    return null
  }
}

const gitDirIn = async (dir: string): Promise<string | null> => {
  const dotGit = join(dir, '.git')
  const facts = await stat(dotGit).catch(() => null)
  if (facts === null) return null
  if (facts.isDirectory()) return dotGit
  const target = /^gitdir: (.+)\n?$/s.exec(await readFile(dotGit, 'utf8'))?.[1]
  if (target === undefined) throw new Error('no gitdir line')
  return resolve(dir, target.replace(/\n$/, ''))
}

/** A linked worktree's git dir names the shared one in `commondir`. */
const commonOf = async (gitDir: string): Promise<string | null> => {
  const shared = await readFile(join(gitDir, 'commondir'), 'utf8').catch(() => null)
  const common = shared === null ? gitDir : resolve(gitDir, shared.trimEnd())
  const isGitDir = await stat(join(common, 'objects')).then(
    facts => facts.isDirectory(),
    () => false,
  )
  return isGitDir ? realpath(common) : null
}

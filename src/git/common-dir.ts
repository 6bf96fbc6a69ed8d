/** Finds a repository's common git dir by looking at files alone, for readers that must not wait for a git process. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/**
 * Real path of the common git dir of the work tree that holds `directory`, or null where it can't be told so simply
 * (then git itself must say). Good for finding our own data; never for deciding what may be done to a repository.
 */
export const findCommonDir = (directory: string): string | null => {
  try {
    const start = realpathSync(directory)
    if (!statSync(start).isDirectory()) return null
    for (let dir = start; ; dir = dirname(dir)) {
      const found = gitDirIn(dir)
      if (found !== null) return commonOf(found)
      if (dirname(dir) === dir) return null
    }
  } catch {
    return null
  }
}

/** null: look further up. @throws Error where git itself would look no further and find something else than a work tree */
const gitDirIn = (dir: string): string | null => {
  const dotGit = join(dir, '.git')
  const facts = statSync(dotGit, { throwIfNoEntry: false })
  if (facts === undefined) {
    if (existsSync(join(dir, 'HEAD')) && existsSync(join(dir, 'objects')))
      throw new Error('a git dir without a work tree')
    return null
  }
  if (facts.isDirectory()) return dotGit
  const target = /^gitdir: (.+)\n?$/s.exec(readFileSync(dotGit, 'utf8'))?.[1]
  if (target === undefined) throw new Error('no gitdir line')
  return resolve(dir, target.replace(/\n$/, ''))
}

/** A linked worktree's git dir names the shared one in `commondir`. */
const commonOf = (gitDir: string): string | null => {
  const link = join(gitDir, 'commondir')
  const common = existsSync(link) ? resolve(gitDir, readFileSync(link, 'utf8').trimEnd()) : gitDir
  return statSync(join(common, 'objects'), { throwIfNoEntry: false })?.isDirectory() === true
    ? realpathSync(common)
    : null
}

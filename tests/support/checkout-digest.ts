/** A digest of everything AgentLab must leave alone in the operator's checkout. */
import { createHash, type Hash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { shellGit } from './git-repository.ts'

export interface DigestOptions {
  /** Refs that may change, by prefix: `refs/heads/agent`, `refs/agentlab/`. */
  ignoreRefs?: string[]
  /** Paths of the work tree that may change, by prefix: `worktrees/`. */
  ignorePaths?: string[]
}

const addFile = (hash: Hash, name: string, path: string): void => {
  const stat = lstatSync(path)
  const content = stat.isSymbolicLink() ? readlinkSync(path) : stat.isFile() ? readFileSync(path) : ''
  hash.update(`${name}\0${stat.mode}\0${stat.size}\0`).update(content).update('\0')
}

const addTree = (hash: Hash, root: string, below: string, skip: (path: string) => boolean): void => {
  for (const entry of readdirSync(join(root, below), { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (skip(path)) continue
    if (entry.isDirectory()) addTree(hash, root, path, skip)
    else addFile(hash, path, join(root, path))
  }
}

const addIfThere = (hash: Hash, name: string, path: string): void => {
  try {
    addFile(hash, name, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/**
 * Refs, HEAD, index, config, hooks, info, and the content and mode of every tracked and untracked file of a checkout
 * (its main worktree), as one hex string.
 */
export const checkoutDigest = (repository: string, options: DigestOptions = {}): string => {
  const hash = createHash('sha256')
  const gitDir = join(repository, '.git')
  const refs = shellGit(repository, ['for-each-ref', '--format=%(refname) %(objectname) %(symref)']).split('\n')
  hash.update(refs.filter(line => !(options.ignoreRefs ?? []).some(prefix => line.startsWith(prefix))).join('\n'))
  for (const name of ['HEAD', 'index', 'config', 'config.worktree']) addIfThere(hash, name, join(gitDir, name))
  for (const folder of ['hooks', 'info']) addTree(hash, gitDir, folder, () => false)
  addTree(
    hash,
    repository,
    '',
    path => path === '.git' || (options.ignorePaths ?? []).some(prefix => path.startsWith(prefix)),
  )
  return hash.digest('hex')
}

/** The private git dir of a workspace: its only tie to the operator's repository is the object store, borrowed read-only. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentLabError } from '../domain/errors.ts'
import type { Oid } from '../domain/ids.ts'
import type { GitPlace } from './exec.ts'
import { cleanFilter } from './lfs-pointer.ts'
import { alternatesLine } from './object-dirs.ts'
import type { Identity } from './operator-config.ts'
import { fullRef } from './refs.ts'
import { commonPath, type Repository } from './repository.ts'

/** The two directories of a workspace. The git dir must lie outside the work tree. */
export interface WorkspaceDirs {
  /** Absolute; the checkout. */
  workspace: string
  /** Absolute; the private git dir. */
  gitDir: string
}

/** The workspace as a place for git calls; only good until something foreign has run in it. */
export const placeOf = (dirs: WorkspaceDirs): GitPlace => ({ gitDir: dirs.gitDir, root: dirs.workspace })

const configValue = (value: string): string => {
  if (/[\n\0]/.test(value))
    throw new AgentLabError('git config failed on a value: it holds a newline', { code: 'bad-config-value' })
  return `"${value.replace(/[\\"]/g, '\\$&')}"`
}

const section = (name: string, values: Record<string, string>): string =>
  [`[${name}]`, ...Object.entries(values).map(([key, value]) => `\t${key} = ${configValue(value)}`)].join('\n')

const configText = (repository: Repository, identity: Identity): string => {
  const fileSystem = Object.entries(repository.fileSystem).map(([key, value]) => [key.replace(/^core\./, ''), value])
  const isSha256 = repository.objectFormat === 'sha256'
  const sections = [
    section('core', {
      repositoryformatversion: isSha256 ? '1' : '0',
      ...Object.fromEntries(fileSystem),
      bare: 'false',
      logallrefupdates: 'true',
      hooksPath: '/dev/null',
      fsmonitor: 'false',
      untrackedCache: 'false',
    }),
    ...(isSha256 ? [section('extensions', { objectformat: 'sha256' })] : []),
    section('user', { name: identity.name, email: identity.email }),
    section('gc', { auto: '0' }),
    section('maintenance', { auto: 'false' }),
    section('commit', { gpgSign: 'false' }),
    section('tag', { gpgSign: 'false' }),
    section('filter "lfs"', { clean: cleanFilter }),
  ]
  return `${sections.join('\n')}\n`
}

/** What the git dir starts with. `refs` are full names; their objects are borrowed. */
export interface GitDirContents {
  head: string
  refs: Record<string, Oid>
  identity: Identity
}

/** Lays down both directories, which must not exist yet: no process runs, nothing of the operator's is copied but `shallow`. */
export const layGitDir = async (
  repository: Repository,
  dirs: WorkspaceDirs,
  contents: GitDirContents,
): Promise<void> => {
  const inside = (...parts: string[]): string => join(dirs.gitDir, ...parts)
  await mkdir(dirs.workspace, { recursive: true, mode: 0o700 })
  for (const directory of ['objects/info', 'objects/pack', 'refs/heads', 'info'])
    await mkdir(inside(directory), { recursive: true, mode: 0o700 })
  const refs = Object.entries(contents.refs).map(([ref, oid]) => `${oid} ${fullRef(ref)}\n`)
  await Promise.all([
    writeFile(inside('HEAD'), `ref: ${fullRef(contents.head)}\n`),
    writeFile(inside('config'), configText(repository, contents.identity)),
    writeFile(inside('packed-refs'), refs.join('')),
    writeFile(inside('objects', 'info', 'alternates'), `${repository.objectDirs.map(alternatesLine).join('\n')}\n`),
    writeFile(join(dirs.workspace, '.git'), `gitdir: ${dirs.gitDir}\n`),
    ...(repository.isShallow ? [copyFile(commonPath(repository, 'shallow'), inside('shallow'))] : []),
  ])
}

const escapePattern = (path: string): string => path.replace(/[\\*?[\]!# ]/g, '\\$&')

/** Keeps paths of a workspace out of its git's sight: untracked there, whatever the tree's own ignore files say. */
export const excludePaths = async (gitDir: string, paths: readonly string[]): Promise<void> => {
  if (paths.length === 0) return
  await mkdir(join(gitDir, 'info'), { recursive: true })
  const lines = paths.map(path => `/${escapePattern(path)}\n`)
  await writeFile(join(gitDir, 'info', 'exclude'), lines.join(''), { flag: 'a' })
}

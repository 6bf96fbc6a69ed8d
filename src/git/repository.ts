/** Opens the operator's repository: finds it, refuses what AgentLab can't work on, and says what it is. */
import { realpath, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { cleanLine } from '../domain/text.ts'
import { findGit, type GitPlace, git, gitDiscovering, gitText } from './exec.ts'
import { detectMainBranch } from './main-branch.ts'
import { objectDirsOf } from './object-dirs.ts'

export interface Repository extends GitPlace {
  /** Shared by all worktrees of the repository; equals `gitDir` in the main one. */
  commonDir: string
  /** The object store and its alternates, absolute: what a box must be able to read. */
  objectDirs: string[]
  /** Where Git LFS keeps contents for this repository and those it borrows from; each perhaps not there. */
  largeFileDirs: string[]
  isShallow: boolean
  /** `refs/heads/…` that HEAD stands on here, or null when detached. */
  headRef: string | null
  objectFormat: 'sha1' | 'sha256'
  gitVersion: string
  /** Short name of the main branch: the configured one, or the detected one, or null. */
  mainBranch: string | null
  /** Full names of refs no function outside promote.ts may write. */
  protectedRefs: string[]
  /** `core.symlinks`, `core.fileMode` … as the operator's repository has them. */
  fileSystem: Record<string, string>
}

const oldestGit = [2, 38] as const

const requireVersion = async (directory: string): Promise<string> => {
  const text = (await gitDiscovering(directory, ['version'])).stdout.toString('utf8')
  const [, version = '', major, minor] = /(\d+)\.(\d+)[.\d]*/.exec(text)?.[0].match(/^((\d+)\.(\d+).*)$/) ?? []
  const isEnough = Number(major) > oldestGit[0] || (Number(major) === oldestGit[0] && Number(minor) >= oldestGit[1])
  if (isEnough) return version.replace(/\.$/, '')
  throw new AgentLabError(`git failed on ${findGit()}: version ${version || cleanLine(text)} is older than 2.38`, {
    code: 'git-too-old',
    exit: exitCode.wrongUse,
    cure: 'Install git 2.38 or newer.',
  })
}

const explain = (directory: string, stderr: string): AgentLabError => {
  if (stderr.includes('dubious ownership')) {
    const cure = stderr.split('\n').find(line => line.includes('git config --global'))
    return new AgentLabError(`git failed on ${directory}: the repository belongs to another user`, {
      code: 'dubious-ownership',
      exit: exitCode.wrongUse,
      cure: cure?.trim() ?? 'Add the directory to safe.directory in your git config, if you trust it.',
    })
  }
  return new AgentLabError(`agentlab failed on ${directory}: ${notARepository(stderr)}`, {
    code: 'not-a-repository',
    exit: exitCode.wrongUse,
    cure: 'Go to a git repository, or make one: git init && git commit --allow-empty -m "First commit"',
  })
}

const notARepository = (stderr: string): string =>
  stderr.includes('not a git repository')
    ? 'it is not in a git repository'
    : cleanLine(stderr) || 'it is not in a git work tree'

/** Asks git one path at a time, because a path may hold a newline. */
const ask = async (directory: string, ...question: string[]): Promise<string> => {
  const end = await gitDiscovering(directory, ['rev-parse', ...question])
  if (end.exitCode !== 0) throw explain(directory, end.stderr)
  return end.stdout.toString('utf8').replace(/\n$/, '')
}

const requireCommit = async (place: GitPlace): Promise<void> => {
  const head = await git(place, ['rev-parse', '-q', '--verify', 'HEAD^{commit}'])
  if (head.exitCode === 0) return
  if ((await gitText(place, ['for-each-ref', '--count=1', 'refs/heads'])) !== '') return
  throw new AgentLabError(`agentlab failed on ${place.root}: the repository has no commit yet`, {
    code: 'no-commits',
    exit: exitCode.wrongUse,
    cure: 'git commit --allow-empty -m "First commit"',
  })
}

/** What the repository's own config says of its file system, and of where Git LFS keeps contents. */
const ownConfig = async (
  place: GitPlace,
): Promise<{ fileSystem: Record<string, string>; largeFiles: string | undefined }> => {
  const wanted = ['-z', '--get-regexp', '^(core\\.(symlinks|filemode|ignorecase|precomposeunicode)|lfs\\.storage)$']
  const { stdout } = await git(place, ['config', ...wanted])
  const lines = stdout.toString('utf8').split('\0').slice(0, -1)
  const pairs = lines.map(line => [line.split('\n')[0]!, line.slice(line.indexOf('\n') + 1)] as const)
  const { 'lfs.storage': largeFiles, ...fileSystem } = Object.fromEntries(pairs)
  return { fileSystem, largeFiles }
}

/** Beside each object store, unless the config names another place (relative to the git dir). */
const largeFileDirsOf = (
  commonDir: string,
  objectDirs: readonly string[],
  configured: string | undefined,
): string[] => [
  ...(configured === undefined ? [] : [join(resolve(commonDir, configured), 'objects')]),
  ...objectDirs.map(dir => join(dirname(dir), 'lfs', 'objects')),
]

/**
 * Opens the repository that holds `directory` (any folder of a work tree, linked worktrees included). `mainBranch`
 * comes from the config; without it the usual signs decide. Throws AgentLabError `git-missing`, `git-too-old`,
 * `not-a-repository`, `dubious-ownership`, `bare-repository`, `no-commits`.
 */
export const openRepository = async (
  directory: string,
  options: { mainBranch?: string | undefined } = {},
): Promise<Repository> => {
  findGit()
  const here = await realpath(directory).catch(() => {
    throw explain(directory, 'there is no such directory')
  })
  if (!(await stat(here)).isDirectory()) throw explain(here, 'it is a file, not a directory')
  const gitVersion = await requireVersion(here)
  const facts = await ask(
    here,
    '--is-bare-repository',
    '--is-inside-work-tree',
    '--is-shallow-repository',
    '--show-object-format',
  )
  const [isBare, isInside, isShallow, objectFormat] = facts.split('\n')
  if (isBare === 'true')
    throw new AgentLabError(`agentlab failed on ${here}: the repository is bare`, {
      code: 'bare-repository',
      exit: exitCode.wrongUse,
      cure: 'Clone it and work in the clone.',
    })
  if (isInside !== 'true') throw explain(here, 'it is inside the git directory, not in a work tree')
  const [root, gitDir, commonDir, store] = await Promise.all([
    ask(here, '--show-toplevel'),
    ask(here, '--absolute-git-dir'),
    ask(here, '--path-format=absolute', '--git-common-dir'),
    ask(here, '--path-format=absolute', '--git-path', 'objects'),
  ])
  const place = { root, gitDir }
  await requireCommit(place)
  const head = await git(place, ['symbolic-ref', '-q', 'HEAD'])
  const headRef = head.exitCode === 0 ? head.stdout.toString('utf8').trim() : null
  const mainBranch = options.mainBranch ?? (await detectMainBranch(place))
  const { fileSystem, largeFiles } = await ownConfig(place)
  const realCommonDir = await realpath(commonDir)
  const objectDirs = await objectDirsOf(await realpath(store))
  return {
    ...place,
    commonDir: realCommonDir,
    objectDirs,
    largeFileDirs: largeFileDirsOf(realCommonDir, objectDirs, largeFiles),
    isShallow: isShallow === 'true',
    headRef,
    objectFormat: objectFormat === 'sha256' ? 'sha256' : 'sha1',
    gitVersion,
    mainBranch,
    protectedRefs: [...new Set(['main', 'master', ...(mainBranch ? [mainBranch] : [])])].map(
      name => `refs/heads/${name}`,
    ),
    fileSystem,
  }
}

/** The path of a file in the part of the git dir that all worktrees share. */
export const commonPath = (repository: Repository, ...parts: string[]): string => join(repository.commonDir, ...parts)

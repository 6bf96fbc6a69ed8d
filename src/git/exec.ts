/** The one way AgentLab runs git: absolute program, environment from scratch, nothing of a repository's config that executes. */
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { cleanLine } from '../domain/text.ts'
import { type RunResult, run } from '../process/run.ts'

/** A repository named by its git dir, so that git never discovers one and no file in a work tree can redirect it. */
export interface GitPlace {
  /** Absolute git dir (of a linked worktree: its own). */
  gitDir: string
  /** Absolute top of the work tree; the current directory of the call. */
  root: string
}

export interface GitOptions {
  /** `agentlab`: no system, global or HOME config. `operator`: the operator's own (identity, filters, signing). */
  as?: 'agentlab' | 'operator'
  /** Additional environment, after ours. */
  env?: Record<string, string>
  /** Additional config, after ours. */
  config?: Record<string, string>
  input?: string | Uint8Array
  stdinPath?: string
  /** Default 120,000. */
  timeoutMs?: number
  /** Default 256 MiB. */
  maxOutputBytes?: number
}

export interface GitResult {
  exitCode: number
  stdout: Buffer
  stderr: string
}

/** Config that overrides the repository's own: what would run a program, reach out, or clean up behind our back. */
const guards: Record<string, string> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.fsync': 'committed,reference',
  'core.quotePath': 'false',
  'core.bigFileThreshold': '32m',
  'core.filesRefLockTimeout': '5000',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'commit.gpgSign': 'false',
  'protocol.allow': 'never',
  'submodule.recurse': 'false',
  'color.ui': 'false',
  'log.showSignature': 'false',
  'i18n.commitEncoding': 'UTF-8',
}

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const absolutePath = (environment: NodeJS.ProcessEnv): string[] =>
  (environment.PATH ?? '').split(delimiter).filter(isAbsolute)

/**
 * Absolute path of git on the operator's PATH; relative entries of PATH do not count, so a `git` lying in the current
 * directory is never taken. Throws `git-missing`.
 */
export const findGit = (environment: NodeJS.ProcessEnv = process.env): string => {
  const found = [...absolutePath(environment), '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
    .map(directory => join(directory, 'git'))
    .find(isProgram)
  if (found) return found
  throw new AgentLabError('git failed on PATH: there is no git program', {
    code: 'git-missing',
    exit: exitCode.wrongUse,
    cure: 'Install git 2.38 or newer.',
  })
}

const operatorVariables = [
  'HOME',
  'XDG_CONFIG_HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'GNUPGHOME',
  'SSH_AUTH_SOCK',
  'GPG_TTY',
  'TERM',
]

const configVariables = (config: Record<string, string>): Record<string, string> => {
  const entries = Object.entries(config)
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(entries.length)],
    ...entries.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, key],
      [`GIT_CONFIG_VALUE_${index}`, value],
    ]),
  ])
}

/** The whole environment of a git call; exported so that other ways to start git share it. */
export const gitEnvironment = (options: Pick<GitOptions, 'as' | 'config'> = {}): Record<string, string> => {
  const own =
    options.as === 'operator'
      ? Object.fromEntries(operatorVariables.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])))
      : { HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1' }
  return {
    PATH: absolutePath(process.env).join(delimiter) || '/usr/bin:/bin',
    ...own,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    // git 2.44 and newer; older ones fail at `protocol.allow`.
    GIT_NO_LAZY_FETCH: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_EDITOR: ':',
    GIT_PAGER: 'cat',
    ...configVariables({ ...guards, ...options.config }),
  }
}

/** The whole environment of a git call in a place. */
export const environmentIn = (
  place: GitPlace,
  options: Pick<GitOptions, 'as' | 'config'> = {},
): Record<string, string> => ({ ...gitEnvironment(options), GIT_DIR: place.gitDir, GIT_WORK_TREE: place.root })

const stopReason = (end: RunResult): string => {
  if (end.failedToStart !== null) return end.failedToStart
  if (end.overflowed) return 'it printed more than is read'
  return end.timedOut ? 'it took too long' : `it was ended by ${end.signal}`
}

const call = async (
  cwd: string,
  args: string[],
  env: Record<string, string>,
  options: GitOptions,
): Promise<GitResult> => {
  const end = await run(findGit(), args, {
    cwd,
    env,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.stdinPath === undefined ? {} : { stdinPath: options.stdinPath }),
    timeoutMs: options.timeoutMs ?? 120_000,
    maxOutputBytes: options.maxOutputBytes ?? 256 * 1024 * 1024,
  })
  if (end.exitCode !== null && !end.timedOut) return { exitCode: end.exitCode, stdout: end.stdout, stderr: end.stderr }
  throw new AgentLabError(`git ${args[0]} failed on ${cwd}: ${stopReason(end)}`, { code: 'git-stopped' })
}

/** Runs git in a place; the exit code is a value. Throws only when git is missing, was stopped, or took too long. */
export const git = (place: GitPlace, args: string[], options: GitOptions = {}): Promise<GitResult> =>
  call(place.root, args, { ...environmentIn(place, options), ...options.env }, options)

/** Runs git where it must discover the repository itself, with the operator's config, so that git's own ownership check speaks. */
export const gitDiscovering = (directory: string, args: string[], options: GitOptions = {}): Promise<GitResult> =>
  call(directory, args, { ...gitEnvironment({ ...options, as: 'operator' }), ...options.env }, options)

/** The error for a git call that should have succeeded. */
export const gitFailure = (place: GitPlace, args: string[], result: GitResult): AgentLabError =>
  new AgentLabError(
    `git ${args[0]} failed on ${place.root}: ${cleanLine(result.stderr, 600) || `exit code ${result.exitCode}`}`,
    { code: 'git-failed' },
  )

/** Runs git and gives its standard output; any exit code but 0 is a `git-failed` error. */
export const gitBytes = async (place: GitPlace, args: string[], options: GitOptions = {}): Promise<Buffer> => {
  const result = await git(place, args, options)
  if (result.exitCode !== 0) throw gitFailure(place, args, result)
  return result.stdout
}

/** Like `gitBytes`, as text without the one newline at its end. */
export const gitText = async (place: GitPlace, args: string[], options: GitOptions = {}): Promise<string> =>
  (await gitBytes(place, args, options)).toString('utf8').replace(/\n$/, '')

/** Records of `-z` output; bytes that are not UTF-8 become replacement characters. */
export const records = (output: Buffer): string[] => output.toString('utf8').split('\0').slice(0, -1)

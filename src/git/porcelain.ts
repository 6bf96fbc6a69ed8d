/** Porcelain reads of the operator's checkout through simple-git: status, log and diff summary, never a write. */
import { type DiffResult, type LogResult, type SimpleGit, type StatusResult, simpleGit } from 'simple-git'
import { Oid } from '../domain/ids.ts'
import { findGit, type GitPlace, gitEnvironment } from './exec.ts'

/** simple-git strips guarded variables and refuses hardening config unless each is named; these are all ours. */
const open = (place: GitPlace): SimpleGit => {
  const env: Record<string, string> = {
    ...gitEnvironment({ as: 'operator' }),
    GIT_DIR: place.gitDir,
    GIT_WORK_TREE: place.root,
  }
  return simpleGit({
    baseDir: place.root,
    binary: findGit(),
    maxConcurrentProcesses: 2,
    timeout: { block: 120_000 },
    allowEnvironment: Object.keys(env),
    unsafe: {
      allowUnsafeHooksPath: true,
      allowUnsafeFsMonitor: true,
      allowUnsafePager: true,
      allowUnsafeEditor: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeConfigPaths: true,
    },
  }).env(env)
}

/** `git status` of a checkout. Takes no lock and refreshes nothing on disk. */
export const checkoutStatus = (place: GitPlace): Promise<StatusResult> => open(place).status()

/** The commits `to` has and `from` lacks, newest first. */
export const commitsBetween = (place: GitPlace, from: Oid, to: Oid): Promise<LogResult> =>
  open(place).log({ from: Oid.parse(from), to: Oid.parse(to), symmetric: false })

/** Changed files and line counts between two commits. */
export const changeSummary = (place: GitPlace, from: Oid, to: Oid): Promise<DiffResult> =>
  open(place).diffSummary(['--no-ext-diff', '--no-textconv', Oid.parse(from), Oid.parse(to)])

/** The only place outside promote.ts that writes refs of the operator's repository. It must never write a protected one. */
import { AgentLabError } from '../domain/errors.ts'
import { BranchName, Oid, type RunId } from '../domain/ids.ts'
import { git, gitFailure, gitText } from './exec.ts'
import { branchRef, importedRefs, listImportedRefs, readRef } from './refs.ts'
import type { Repository } from './repository.ts'
import { worktreesOn } from './worktree-list.ts'

export type MoveResult =
  | { status: 'moved' }
  /** The ref was not where we expected it; nothing was changed. */
  | { status: 'raced'; actual: Oid | null }
  /** A worktree stands on the branch; nothing was changed. */
  | { status: 'checkedOut'; worktree: string }

/** Case-folded, because a file system may take `refs/heads/Main` for `refs/heads/main`. */
const isProtected = (repository: Repository, ref: string): boolean =>
  repository.protectedRefs.some(name => name.toLowerCase() === ref.toLowerCase())

const writable = (repository: Repository, branch: string): string => {
  const ref = branchRef(BranchName.parse(branch))
  if (!isProtected(repository, ref)) return ref
  throw new AgentLabError(`agentlab failed on branch ${branch}: only a person moves it, with promote`, {
    code: 'protected-branch',
    cure: 'Choose another branch name in agentlab.yaml.',
  })
}

const zeroes = (oid: Oid): Oid => '0'.repeat(oid.length)

/**
 * Points a branch at a commit if it still is where the caller saw it (`expectedOld`; null: it must not exist yet).
 * Already there counts as moved, so that a step can be repeated after a crash. Throws `protected-branch` for main.
 */
export const moveBranch = async (
  repository: Repository,
  move: { branch: string; to: Oid; expectedOld: Oid | null },
): Promise<MoveResult> => {
  const ref = writable(repository, move.branch)
  const to = Oid.parse(move.to)
  const [occupied] = await worktreesOn(repository, ref)
  if (occupied) return occupied.head === to ? { status: 'moved' } : { status: 'checkedOut', worktree: occupied.path }
  const expected = move.expectedOld === null ? zeroes(to) : Oid.parse(move.expectedOld)
  const args = ['update-ref', '--no-deref', '-m', 'agentlab', '--end-of-options', ref, to, expected]
  const result = await git(repository, args)
  if (result.exitCode === 0) return { status: 'moved' }
  const actual = await readRef(repository, ref)
  if (actual === to) return { status: 'moved' }
  if (actual === move.expectedOld) throw gitFailure(repository, args, result)
  return { status: 'raced', actual }
}

/** Deletes a branch that is still at `expectedOld`. A missing branch counts as deleted. */
export const deleteBranch = async (
  repository: Repository,
  branch: string,
  expectedOld: Oid,
): Promise<{ status: 'deleted' } | Exclude<MoveResult, { status: 'moved' }>> => {
  const ref = writable(repository, branch)
  const actual = await readRef(repository, ref)
  if (actual === null) return { status: 'deleted' }
  const [occupied] = await worktreesOn(repository, ref)
  if (occupied) return { status: 'checkedOut', worktree: occupied.path }
  if (actual !== expectedOld) return { status: 'raced', actual }
  await gitText(repository, ['update-ref', '--no-deref', '-d', '--end-of-options', ref, Oid.parse(expectedOld)])
  return { status: 'deleted' }
}

const pinRef = (name: string): string => `refs/agentlab/base/${BranchName.parse(name)}`

/** Keeps a commit (and all a workspace borrows through it) from being collected, under `refs/agentlab/base/<name>`. */
export const pinCommit = async (repository: Repository, name: string, commit: Oid): Promise<void> => {
  await gitText(repository, ['update-ref', '--no-deref', '--end-of-options', pinRef(name), Oid.parse(commit)])
}

/** Lets go of a pinned commit; unpinning what is not pinned is fine. */
export const unpinCommit = async (repository: Repository, name: string): Promise<void> => {
  await gitText(repository, ['update-ref', '--no-deref', '-d', '--end-of-options', pinRef(name)])
}

/** Keeps a commit for good under `refs/agentlab/<name>`, until cleaning or the operator lets it go. */
export const keepCommit = async (repository: Repository, name: string, commit: Oid): Promise<void> => {
  const ref = `refs/agentlab/${BranchName.parse(name)}`
  await gitText(repository, ['update-ref', '--no-deref', '--end-of-options', ref, Oid.parse(commit)])
}

/** The names pinned now, for cleaning. */
export const listPins = async (repository: Repository): Promise<string[]> => {
  const text = await gitText(repository, ['for-each-ref', '--format=%(refname:lstrip=3)', 'refs/agentlab/base'])
  return text === '' ? [] : text.split('\n')
}

/** The pinned commit itself: a pin is only needed as long as no branch holds it. */
export const readPin = (repository: Repository, name: string): Promise<Oid | null> => readRef(repository, pinRef(name))

/**
 * Keeps a commit that holds unsaved work, under `refs/agentlab/rescue/<name>/<time>`; returns that ref. Nothing of ours
 * removes such a ref. `when` is in epoch milliseconds.
 */
export const keepRescue = async (repository: Repository, name: string, commit: Oid, when: number): Promise<string> => {
  const time = new Date(when).toISOString().replace(/[-:]|\.\d+/g, '')
  const oid = Oid.parse(commit)
  for (let n = 1; ; n += 1) {
    const ref = `refs/agentlab/rescue/${BranchName.parse(name)}/${time}${n === 1 ? '' : `-${n}`}`
    const there = await readRef(repository, ref)
    if (there === null)
      await gitText(repository, ['update-ref', '--no-deref', '--end-of-options', ref, oid, zeroes(oid)])
    if (there === null || there === oid) return ref
  }
}

/** Holds the commits of an imported run, each by a ref of its own name; may be repeated. */
export const keepImported = (repository: Repository, runId: RunId, commits: readonly Oid[]): Promise<void> =>
  writeTogether(
    repository,
    commits.map(commit => `update ${importedRefs(runId)}/${Oid.parse(commit)} ${commit}\n`),
  )

/** Lets go of them: git cleans up what nothing else holds. Those that are gone are fine. */
export const dropImported = async (repository: Repository, runId: RunId): Promise<void> => {
  const refs = (await listImportedRefs(repository)).get(runId) ?? []
  if (refs.length > 0)
    await writeTogether(
      repository,
      refs.map(ref => `delete ${ref}\n`),
    )
}

/** All of them or none. */
const writeTogether = async (repository: Repository, lines: readonly string[]): Promise<void> => {
  const args = ['update-ref', '--no-deref', '--stdin']
  const result = await git(repository, args, { input: lines.join('') })
  if (result.exitCode !== 0) throw gitFailure(repository, args, result)
}

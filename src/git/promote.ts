/** Moving main. Used by tools/promote.ts only, at a terminal, by a person; nothing else may import this file. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentLabError } from '../domain/errors.ts'
import { BranchName, Oid } from '../domain/ids.ts'
import { cleanLine } from '../domain/text.ts'
import { type GitPlace, git, gitBytes, gitFailure } from './exec.ts'
import { filesInTheWay } from './in-the-way.ts'
import { branchRef, isAncestor, readRef } from './refs.ts'
import type { Repository } from './repository.ts'
import { worktreePlace } from './worktree.ts'
import { worktreesOn } from './worktree-list.ts'

export type FastForward =
  | { status: 'promoted'; broughtAlong: string[] }
  /** Main is not where it was when the person looked. Nothing changed. */
  | { status: 'raced'; actual: Oid | null }
  /** The target does not contain main. Nothing changed. */
  | { status: 'notFastForward' }
  /** A file in a checkout of main would be lost, or an operation is under way there. Nothing changed. */
  | { status: 'wouldLose'; worktree: string; why: string; files: string[] }

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const unfinished = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'rebase-merge', 'rebase-apply', 'index.lock']

const unfinishedIn = async (place: GitPlace): Promise<string | undefined> => {
  for (const name of unfinished) if (await exists(join(place.gitDir, name))) return name
  return undefined
}

const filesNamed = (stderr: string): string[] => {
  const single = [...stderr.matchAll(/(?:Entry|Untracked working tree file|Updating) '([^'\n]+)'/g)].map(
    match => match[1]!,
  )
  const listed = [...stderr.matchAll(/^\t(.+)$/gm)].map(match => match[1]!)
  return [...new Set([...single, ...listed])]
}

/** Brings index and files from one commit to another, keeping edits that are not in the way; null when done. */
const carry = async (place: GitPlace, from: Oid, to: Oid): Promise<{ why: string; files: string[] } | null> => {
  // Refreshed first, or a file only touched would count as edited. Its exit code says "something is edited", which is fine.
  await git(place, ['update-index', '-q', '--refresh'], { as: 'operator' })
  const inTheWay = await filesInTheWay(place, from, to)
  if (inTheWay.length > 0) return { why: 'untracked or ignored files would be overwritten', files: inTheWay }
  const result = await git(place, ['read-tree', '-m', '-u', from, to], { as: 'operator', timeoutMs: 600_000 })
  return result.exitCode === 0 ? null : { why: cleanLine(result.stderr, 400), files: filesNamed(result.stderr) }
}

interface Carried {
  place: GitPlace
}

const undo = async (carried: Carried[], from: Oid, to: Oid): Promise<void> => {
  for (const { place } of carried) await gitBytes(place, ['read-tree', '-m', '-u', to, from], { as: 'operator' })
}

/**
 * Fast-forwards main to `target` if it is still at `expectedOld`. Every checkout that stands on main is brought along
 * first (moving only the ref would show the release as a reversed local change); when an edit or an untracked file
 * would be lost, nothing changes and the file is named.
 */
export const fastForwardMain = async (input: {
  repository: Repository
  mainBranch: string
  target: Oid
  expectedOld: Oid
}): Promise<FastForward> => {
  const { repository } = input
  const [from, to] = [Oid.parse(input.expectedOld), Oid.parse(input.target)]
  const ref = branchRef(input.mainBranch)
  const actual = await readRef(repository, ref)
  if (actual !== from) return { status: 'raced', actual }
  if (!(await isAncestor(repository, from, to))) return { status: 'notFastForward' }
  const carried: Carried[] = []
  for (const { path } of await worktreesOn(repository, ref)) {
    const place = await worktreePlace(repository, path)
    if (!place)
      throw new AgentLabError(`agentlab failed on worktree ${path}: git has no record of it`, {
        code: 'broken-worktree',
      })
    const open = await unfinishedIn(place)
    const obstacle = open
      ? { why: `an operation is not finished there (${open})`, files: [] }
      : await carry(place, from, to)
    if (obstacle) {
      await undo(carried, from, to)
      return { status: 'wouldLose', worktree: path, ...obstacle }
    }
    carried.push({ place })
  }
  const args = ['update-ref', '--no-deref', '-m', 'agentlab promote', '--end-of-options', ref, to, from]
  const moved = await git(repository, args, { as: 'operator' })
  if (moved.exitCode === 0) return { status: 'promoted', broughtAlong: carried.map(({ place }) => place.root) }
  await undo(carried, from, to)
  const now = await readRef(repository, ref)
  if (now === from) throw gitFailure(repository, args, moved)
  return { status: 'raced', actual: now }
}

/** Whether a tag of that name exists. */
export const tagExists = async (repository: Repository, tag: string): Promise<boolean> =>
  (await readRef(repository, `refs/tags/${BranchName.parse(tag)}`)) !== null

/**
 * Makes an annotated tag by the operator: their identity, signed if their git config signs tags. Never replaces one:
 * throws `tag-exists`. Throws `no-identity` where git does not know who they are.
 */
export const createTag = async (
  repository: Repository,
  input: { tag: string; commit: Oid; message: string },
): Promise<Oid> => {
  const tag = BranchName.parse(input.tag)
  if (await tagExists(repository, tag))
    throw new AgentLabError(`git tag failed on ${tag}: the tag exists`, {
      code: 'tag-exists',
      cure: 'Choose another tag.',
    })
  const args = ['tag', '-a', '-F', '-', '--end-of-options', tag, Oid.parse(input.commit)]
  const result = await git(repository, args, { as: 'operator', input: input.message, timeoutMs: 600_000 })
  if (result.exitCode !== 0 && /tell me who you are|empty ident|auto-detect email/i.test(result.stderr))
    throw new AgentLabError(`git tag failed on ${tag}: git does not know who you are`, {
      code: 'no-identity',
      cure: 'git config --global user.name "…" && git config --global user.email "…"',
    })
  if (result.exitCode !== 0) throw gitFailure(repository, args, result)
  return Oid.parse(await readRef(repository, `refs/tags/${tag}`))
}

/** Takes back a tag made a moment ago, if it still is that object. */
export const removeTag = async (repository: Repository, input: { tag: string; object: Oid }): Promise<void> => {
  const ref = `refs/tags/${BranchName.parse(input.tag)}`
  await gitBytes(repository, ['update-ref', '--no-deref', '-d', '--end-of-options', ref, Oid.parse(input.object)], {
    as: 'operator',
  })
}

/** Worktrees for reviewing a task or a run, one a task or run: made, brought along, and let go without losing anything. */
import { join } from 'node:path'
import { AgentLabError } from '../domain/errors.ts'
import type { Oid } from '../domain/ids.ts'
import { cleanLine } from '../domain/text.ts'
import { type GitPlace, gitBytes, records } from './exec.ts'
import { readHead } from './refs.ts'
import type { Repository } from './repository.ts'
import { refHolding } from './rescue-refs.ts'
import { addReviewWorktree, removeWorktree, worktreePlace } from './worktree.ts'
import { listWorktrees } from './worktree-list.ts'

/** Below the operator's own checkout, wherever the command was called. */
export const reviewWorktreePath = async (repository: Repository, id: string): Promise<string> => {
  const [first] = await listWorktrees(repository)
  return join(first === undefined || first.isBare ? repository.root : first.path, 'worktrees', id)
}

export interface ReviewWorktree {
  path: string
  /** `renewed`: it stood at another commit and held nothing of the operator's. */
  did: 'made' | 'kept' | 'renewed'
}

/**
 * A detached worktree at `commit`, so that no branch is held. One that is there already stays; one at another commit is
 * made anew when it holds nothing unsaved.
 * @throws AgentLabError `worktree-changed`, `worktree-occupied`
 */
export const prepareReviewWorktree = async (
  repository: Repository,
  id: string,
  commit: Oid,
): Promise<ReviewWorktree> => {
  const path = await reviewWorktreePath(repository, id)
  const place = await worktreePlace(repository, path)
  if (place === null) return { ...(await addReviewWorktree(repository, { path, commit })), did: 'made' }
  if ((await readHead(place)) === commit)
    return { ...(await addReviewWorktree(repository, { path, commit })), did: 'kept' }
  const removed = await removeReviewWorktree(repository, id)
  if (removed?.status === 'kept')
    throw new AgentLabError(`review failed on ${path}: ${removed.why}, and it stands at another commit`, {
      code: 'worktree-changed',
      cure: `Save what you need of it (git -C ${path} status), then: git worktree remove --force ${path}`,
    })
  return { ...(await addReviewWorktree(repository, { path, commit })), did: 'renewed' }
}

export type RemovedWorktree = { path: string } & ({ status: 'removed' } | { status: 'kept'; why: string })

/**
 * Removes a review worktree that holds nothing of the operator's: no change, no file git ignores, no commit that is on no
 * branch. Another one is kept, with the reason. Null where there is none.
 */
export const removeReviewWorktree = async (repository: Repository, id: string): Promise<RemovedWorktree | null> => {
  const path = await reviewWorktreePath(repository, id)
  const place = await worktreePlace(repository, path)
  if (place === null) return null
  const why = await unsavedIn(repository, place)
  return { path, ...(why === null ? await removeWorktree(repository, path) : { status: 'kept', why }) }
}

/** What would be lost with a worktree, in words; null: nothing. */
export const unsavedIn = async (repository: Repository, place: GitPlace): Promise<string | null> => {
  const args = ['status', '--porcelain', '-z', '--untracked-files=normal', '--ignored=matching']
  const listed = await gitBytes(place, args, { as: 'operator' }).catch(() => null)
  // Its folder was deleted by hand: only git's own record is left.
  if (listed === null) return null
  const [first] = records(listed)
  if (first !== undefined) {
    const name = cleanLine(first.slice(3), 100)
    return first.startsWith('!!') ? `it holds files that git ignores (${name})` : `it holds changes (${name})`
  }
  const head = await readHead(place)
  const isKept = head === null || (await refHolding(repository, head)) !== null
  return isKept ? null : 'it holds commits that are on no branch'
}

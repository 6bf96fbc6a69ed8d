/** Review worktrees: those of tasks that are promoted, rejected or closed go when nothing in them is unsaved. */
import { dirname } from 'node:path'
import type { Oid } from '../../domain/ids.ts'
import { branchRef, isAncestor, readRef } from '../../git/refs.ts'
import { refHolding } from '../../git/rescue-refs.ts'
import { unsavedIn } from '../../git/review-worktree.ts'
import { removeWorktree } from '../../git/worktree.ts'
import { inspectWorktrees, type WorktreeRecord, worktreeName } from '../../git/worktree-state.ts'
import type { Project } from '../project.ts'
import { type Ground, runIdIn } from './ground.ts'
import { gone, type Planned, stays } from './planned.ts'

/** Linked worktrees whose folder is named for a run or a task that the store knows. All others are the operator's own. */
export const reviewWorktrees = async (
  project: Project,
): Promise<{ ours: WorktreeRecord[]; others: WorktreeRecord[] }> => {
  const known = await inspectWorktrees(project.repository)
  const isOurs = (record: WorktreeRecord): boolean => {
    const name = worktreeName(record)
    return runIdIn(name) !== null && project.store.machines.get(name) !== null
  }
  const parents = [...known.filter(isOurs).flatMap(({ path }) => (path === null ? [] : [dirname(path)]))]
  const folders = new Set([`${project.repository.root}/worktrees`, ...parents])
  const all = await inspectWorktrees(project.repository, [...folders])
  return { ours: all.filter(isOurs), others: all.filter(record => !isOurs(record)) }
}

export const planWorktrees = async (ground: Ground): Promise<Planned[]> => {
  const planned: Planned[] = []
  for (const record of (await reviewWorktrees(ground.project)).ours) planned.push(await planWorktree(ground, record))
  return planned
}

const planWorktree = async (ground: Ground, record: WorktreeRecord): Promise<Planned> => {
  const { repository } = ground.project
  const name = worktreeName(record)
  const keeps = await reasonToKeep(ground, record)
  const bytes = record.path === null ? null : await ground.meter.measure(record.path)
  const item = {
    kind: 'worktree' as const,
    name,
    path: record.path,
    runId: runIdIn(name),
    bytes,
    fate: keeps === null ? ('remove' as const) : ('keep' as const),
    why: keeps ?? closedBecause(ground, name),
  }
  if (keeps !== null) return { item, act: null }
  return {
    item,
    act: async () => {
      if (!ground.isStillSo()) return stays('a run has begun meanwhile')
      const removed = await removeWorktree(repository, record.path!)
      return removed.status === 'removed' ? gone() : stays(removed.why)
    },
  }
}

const reasonToKeep = async (ground: Ground, record: WorktreeRecord): Promise<string | null> => {
  const { repository, store } = ground.project
  const name = worktreeName(record)
  const standing = ground.standing(runIdIn(name)!)
  if (standing === 'atWork') return 'its run is under way'
  if (standing === 'waiting') return 'its run waits for you'
  if (record.state === 'locked') return record.why
  if (record.state !== 'sound') return `${record.why}: agentlab worktree --mend`
  if (record.locks.length > 0) return `git may be at work in it: ${record.locks[0]}`
  if (record.head === null || (await refHolding(repository, record.head)) === null)
    return 'it stands on a commit that no branch holds'
  const isPromoted = await isOnMain(ground, record.head)
  if (openToReview.includes(store.machines.get(name)?.state ?? '') && !isPromoted)
    return 'what it shows is not on main yet'
  return unsavedIn(repository, { gitDir: record.adminDir!, root: record.path! })
}

const isOnMain = async ({ project: { repository } }: Ground, commit: Oid): Promise<boolean> => {
  const main = repository.mainBranch === null ? null : await readRef(repository, branchRef(repository.mainBranch))
  return main !== null && isAncestor(repository, commit, main)
}

/** States of a run or a task in which there is something to look at before it is promoted. */
const openToReview = ['done', 'integrated']

const closedBecause = (ground: Ground, name: string): string =>
  openToReview.includes(ground.project.store.machines.get(name)?.state ?? '')
    ? 'what it shows is on main'
    : 'its task is closed'

/**
 * Mends a broken worktree: first what lies unsaved in it is kept, then its record and folder are set right, or removed
 * where there is nothing to set right. What can't be kept whole stays where it is.
 */
import { lstat, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { withRepositoryLock } from './lock.ts'
import { removeTree } from './remove-tree.ts'
import type { Repository } from './repository.ts'
import { type Rescue, rescueWork } from './rescue.ts'
import { inspectWorktrees, type WorktreeRecord, type WorktreeState, worktreeName } from './worktree-state.ts'

export type Mending =
  /** `did` says what was done, in words; `rescue` is the ref that holds what was unsaved. */
  { status: 'mended'; did: string; rescue: string | null } | { status: 'left'; why: string; rescue: string | null }

/** States that are mended; `sound` needs nothing and `locked` is its owner's. */
export const mendableStates: readonly WorktreeState[] = [
  'missing',
  'initializing',
  'unfinished',
  'replaced',
  'corrupt',
  'unregistered',
]

/** `when` is in epoch milliseconds. A worktree that is sound by now is left alone. */
export const mendWorktree = (repository: Repository, wanted: WorktreeRecord, when: number): Promise<Mending> =>
  withRepositoryLock(repository, async () => {
    const folders = wanted.path === null ? [] : [join(wanted.path, '..')]
    const record = (await inspectWorktrees(repository, folders)).find(one => isSame(one, wanted))
    if (record === undefined) return { status: 'mended', did: 'it was gone already', rescue: null }
    if (!mendableStates.includes(record.state))
      return { status: 'left', why: record.why || 'it is sound by now', rescue: null }
    const rescue = await rescueFrom(repository, record, when)
    if (rescue.left !== null && !isMendedInPlace(record))
      return { status: 'left', why: rescue.left, rescue: rescue.ref }
    return { status: 'mended', did: await setRight(record, when), rescue: rescue.ref }
  })

const isSame = (one: WorktreeRecord, other: WorktreeRecord): boolean =>
  one.adminDir === other.adminDir && (one.adminDir !== null || one.path === other.path)

/** Its files stay, and it is a worktree again. */
const isMendedInPlace = ({ state, path, head }: WorktreeRecord): boolean =>
  state === 'replaced' || (state === 'corrupt' && path !== null && head !== null)

const rescueFrom = async (repository: Repository, record: WorktreeRecord, when: number): Promise<Rescue> => {
  const { path, adminDir, head, state } = record
  const isThere = path !== null && (await lstat(path).catch(() => null))?.isDirectory() === true
  const index = adminDir === null ? null : join(adminDir, 'index')
  const isHalfMade = state === 'initializing' || state === 'unfinished'
  const name =
    worktreeName(record)
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .replace(/^[-.]+/, '') || 'worktree'
  return rescueWork(repository, { name, root: isThere ? path : null, index, head, isHalfMade, when })
}

const setRight = async (record: WorktreeRecord, when: number): Promise<string> => {
  const { path, adminDir, head } = record
  if (!isMendedInPlace(record)) {
    if (path !== null && record.state !== 'missing') await removeTree(path)
    // The record goes last: as long as it is there, the next attempt finds what is left to do.
    if (adminDir !== null) await removeTree(adminDir)
    return 'it was removed; it can be made anew'
  }
  await writeFile(join(adminDir!, 'commondir'), '../..\n')
  await writeFile(join(adminDir!, 'gitdir'), `${join(path!, '.git')}\n`)
  if (record.isHeadDamaged) await writeFile(join(adminDir!, 'HEAD'), `${head}\n`)
  const aside = await putAside(path!, when)
  await writeFile(join(path!, '.git'), `gitdir: ${adminDir}\n`, { flag: 'wx' })
  return aside === null ? 'it is a worktree again' : `it is a worktree again; what stood in place of .git: ${aside}`
}

/** A `.git` that is more than a wrong pointer may hold somebody's commits: it is put beside the worktree. */
const putAside = async (path: string, when: number): Promise<string | null> => {
  const dotGit = join(path, '.git')
  const found = await lstat(dotGit).catch(() => null)
  if (found === null) return null
  if (!found.isDirectory()) {
    await rm(dotGit)
    return null
  }
  const aside = join(path, '..', `${basename(path)}.git-found-${when}`)
  await rename(dotGit, aside)
  return aside
}

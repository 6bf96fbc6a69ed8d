/** Fills a fresh work tree from an index, leaving named paths out in a way git itself does not see. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Oid } from '../domain/ids.ts'
import { isLeftOut } from './agent-config.ts'
import { listTree } from './blobs.ts'
import { type GitOptions, type GitPlace, git, gitBytes } from './exec.ts'
import { placeLargeFiles } from './lfs-checkout.ts'

/**
 * `agentConfig`: agent, editor and environment config and instruction files. `nothing`: the tree as it is. `allBut`: every
 * file but these.
 */
export type LeaveOut = 'agentConfig' | 'nothing' | { allBut: ReadonlySet<string> }

/** A workspace can always be made again, so nothing in it waits for the disk. */
export const disposable: GitOptions = { config: { 'core.fsync': 'none' }, timeoutMs: 600_000 }

/** Where the tree is listed, and where contents stored with Git LFS lie. */
export type CheckoutSource = GitPlace & { largeFileDirs: readonly string[] }

/**
 * Fills the index and the work tree from `treeish`. What is left out is marked with skip-worktree *before* any file is
 * written; files of Git LFS get their contents. Returns the paths left out. The work tree must be empty but for `.git`.
 */
export const checkOut = async (
  place: GitPlace,
  treeish: Oid,
  leaveOut: LeaveOut,
  source: CheckoutSource,
): Promise<string[]> => {
  const leftOut = await fill(place, treeish, leaveOut, source)
  await placeLargeFiles(place, source, treeish, leftOut)
  return leftOut
}

const fill = async (place: GitPlace, treeish: Oid, leaveOut: LeaveOut, source: GitPlace): Promise<string[]> => {
  const leftOut = await leftOutOf(source, treeish, leaveOut)
  if (leftOut.length === 0) {
    await gitBytes(place, ['read-tree', '-m', '-u', treeish], disposable)
    return []
  }
  await gitBytes(place, ['read-tree', treeish], disposable)
  const input = leftOut.map(path => `${path}\0`).join('')
  await gitBytes(place, ['update-index', '-z', '--skip-worktree', '--stdin'], { ...disposable, input })
  await gitBytes(place, ['checkout-index', '--all', '--index', '--quiet'], disposable)
  return leftOut
}

/**
 * The same for a work tree that holds exactly what its index says but for the `lost` paths, which are not there: only what
 * differs is written. What is left out must have been so before; a place is filled with the same `leaveOut` each time.
 */
export const checkOutAgain = async (
  place: GitPlace,
  treeish: Oid,
  leaveOut: LeaveOut,
  source: CheckoutSource,
  lost: readonly string[],
): Promise<string[]> => {
  const leftOut = await refill(place, treeish, leaveOut, source, lost)
  await placeLargeFiles(place, source, treeish, leftOut)
  return leftOut
}

const refill = async (
  place: GitPlace,
  treeish: Oid,
  leaveOut: LeaveOut,
  source: GitPlace,
  lost: readonly string[],
): Promise<string[]> => {
  const [leftOut] = await Promise.all([
    leftOutOf(source, treeish, leaveOut),
    forget(place, lost).then(() => writeDifference(place, treeish)),
  ])
  if (leftOut.length === 0) return []
  for (const path of leftOut) await rm(join(place.root, path), { force: true })
  const input = leftOut.map(path => `${path}\0`).join('')
  await gitBytes(place, ['update-index', '-z', '--skip-worktree', '--stdin'], { ...disposable, input })
  return leftOut
}

const leftOutOf = async (source: GitPlace, treeish: Oid, leaveOut: LeaveOut): Promise<string[]> => {
  if (leaveOut === 'nothing') return []
  const paths = (await listTree(source, treeish)).map(entry => entry.path)
  return paths.filter(path => (leaveOut === 'agentConfig' ? isLeftOut(path) : !leaveOut.allBut.has(path)))
}

// A merge looks only at the files it changes, a reset at each; but it stops at one that git takes for changed (a large
// file whose pointer the index holds), or that stands in the way.
const writeDifference = async (place: GitPlace, treeish: Oid): Promise<void> => {
  const merged = await git(place, ['read-tree', '-m', '-u', treeish], disposable)
  if (merged.exitCode !== 0) await gitBytes(place, ['read-tree', '--reset', '-u', treeish], disposable)
}

/** What is gone must be gone from the index too: a merge would not look whether it is there. */
const forget = async (place: GitPlace, lost: readonly string[]): Promise<void> => {
  if (lost.length === 0) return
  const input = lost.map(path => `${path}\0`).join('')
  await gitBytes(place, ['update-index', '-z', '--force-remove', '--stdin'], { ...disposable, input })
}

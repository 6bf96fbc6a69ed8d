/** Fills a fresh work tree from an index, leaving named paths out in a way git itself does not see. */
import type { Oid } from '../domain/ids.ts'
import { isLeftOut } from './agent-config.ts'
import { listTree } from './blobs.ts'
import { type GitOptions, type GitPlace, gitBytes } from './exec.ts'

/** `agentConfig`: agent, editor and environment config and instruction files. `nothing`: the tree as it is. */
export type LeaveOut = 'agentConfig' | 'nothing'

/** A workspace can always be made again, so nothing in it waits for the disk. */
export const disposable: GitOptions = { config: { 'core.fsync': 'none' }, timeoutMs: 600_000 }

/**
 * Reads `treeish` into the index, marks what is left out with skip-worktree *before* any file is written, and writes
 * the rest. Returns the paths left out. The work tree must be empty but for `.git`.
 */
export const checkOut = async (place: GitPlace, treeish: Oid, leaveOut: LeaveOut): Promise<string[]> => {
  const [leftOut] = await Promise.all([
    leaveOut === 'nothing' ? [] : listTree(place, treeish).then(all => all.map(entry => entry.path).filter(isLeftOut)),
    gitBytes(place, ['read-tree', treeish], disposable),
  ])
  if (leftOut.length > 0)
    await gitBytes(place, ['update-index', '-z', '--skip-worktree', '--stdin'], {
      ...disposable,
      input: leftOut.map(path => `${path}\0`).join(''),
    })
  await gitBytes(place, ['checkout-index', '--all', '--index', '--quiet'], disposable)
  return leftOut
}

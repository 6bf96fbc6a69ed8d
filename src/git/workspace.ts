/**
 * Quarantined workspaces: the one place where whatever AgentLab runs gets its files. Once one is made, no git may run on
 * it outside a box, because what runs in it may rewrite its git dir.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BranchName, Oid } from '../domain/ids.ts'
import { type CheckoutSource, checkOut, checkOutAgain, type LeaveOut } from './checkout.ts'
import { commitText, formatOf } from './commit.ts'
import { haveSameAttributes, recallIndex } from './kept-workspace.ts'
import { writeCommitObject } from './loose-object.ts'
import { agentLabIdentity, type Identity } from './operator-config.ts'
import { layGitDir, placeOf, type WorkspaceDirs } from './private-git-dir.ts'
import { branchRef, treeOf } from './refs.ts'
import { removeTree } from './remove-tree.ts'
import type { Repository } from './repository.ts'

export interface WorkspaceRequest {
  repository: Repository
  dirs: WorkspaceDirs
  /** The base. The caller pins it (ref-write.ts) for as long as the workspace lives. */
  commit: Oid
  /** The private branch to stand on; nothing of the operator's. */
  branch: string
  identity: Identity
  /** Default `agentConfig`. */
  leaveOut?: LeaveOut
  /** Further full refs the private repository knows, such as `refs/remotes/origin/agent`. */
  refs?: Record<string, Oid>
  /** The memory that the workspace was just restored from (kept-workspace.ts); left out: it is made anew. */
  from?: string
}

/** Removes a workspace. The caller made sure that nothing runs in it any more. */
export const removeWorkspace = async (dirs: WorkspaceDirs): Promise<void> => {
  await removeTree(dirs.gitDir)
  await removeTree(dirs.workspace)
}

/**
 * Makes a workspace at a commit, replacing whatever was at its two paths. Returns the paths left out; they stay in the
 * index, so status is clean and commits keep them. Submodules are left empty.
 */
export const createWorkspace = async (request: WorkspaceRequest): Promise<{ leftOut: string[] }> => {
  const { repository, dirs, identity } = request
  const commit = Oid.parse(request.commit)
  const head = branchRef(BranchName.parse(request.branch))
  const from = await clearFor(repository, request, [commit])
  await layGitDir(repository, dirs, { head, refs: { ...request.refs, [head]: commit }, identity })
  return { leftOut: await fill(dirs, commit, request.leaveOut ?? 'agentConfig', repository, from) }
}

/**
 * Makes room for a workspace that will hold what one of `treeishes` holds, or a merge of them. What was restored stays,
 * and its memory is returned, unless another `.gitattributes` would write the same content differently.
 */
export const clearFor = async (
  repository: Repository,
  { dirs, from }: { dirs: WorkspaceDirs; from?: string },
  treeishes: Oid[],
): Promise<string | undefined> => {
  const isKept = from !== undefined && (await haveSameAttributes(repository, from, treeishes))
  await (isKept ? removeTree(dirs.gitDir) : removeWorkspace(dirs))
  return isKept ? from : undefined
}

/** Fills a workspace whose git dir was just laid down. Returns the paths left out. */
export const fill = async (
  dirs: WorkspaceDirs,
  treeish: Oid,
  leaveOut: LeaveOut,
  source: CheckoutSource,
  from: string | undefined,
): Promise<string[]> => {
  if (from === undefined) return checkOut(placeOf(dirs), treeish, leaveOut, source)
  const lost = await recallIndex(from, dirs.gitDir)
  return checkOutAgain(placeOf(dirs), treeish, leaveOut, source, lost)
}

/** All such commits have the same date, so that a tree always gives the same commit. */
const treeCommitDate = Date.UTC(2000, 0, 1)

/**
 * Makes a workspace that holds just a tree (or a commit's tree), for checks: one parentless commit in the private
 * store, nothing left out by default. Returns that commit.
 */
export const createTreeWorkspace = async (request: {
  repository: Repository
  dirs: WorkspaceDirs
  tree: Oid
  leaveOut?: LeaveOut
  /** As in `WorkspaceRequest`. */
  from?: string
}): Promise<{ commit: Oid; leftOut: string[] }> => {
  const { repository, dirs } = request
  const tree = await treeOf(repository, request.tree)
  const head = branchRef('work')
  const from = await clearFor(repository, request, [tree])
  await layGitDir(repository, dirs, { head, refs: {}, identity: agentLabIdentity })
  const text = commitText({ tree, parents: [], message: `Tree ${tree}\n`, when: treeCommitDate })
  const objectDir = join(dirs.gitDir, 'objects')
  const commit = await writeCommitObject(objectDir, text, { format: formatOf(tree), isDurable: false })
  await writeFile(join(dirs.gitDir, head), `${commit}\n`)
  return { commit, leftOut: await fill(dirs, tree, request.leaveOut ?? 'nothing', repository, from) }
}

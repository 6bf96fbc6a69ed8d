/**
 * Quarantined workspaces: the one place where whatever AgentLab runs gets its files. Once one is made, no git may run on
 * it outside a box, because what runs in it may rewrite its git dir.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BranchName, Oid } from '../domain/ids.ts'
import { checkOut, type LeaveOut } from './checkout.ts'
import { commitText, formatOf } from './commit.ts'
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
  await removeWorkspace(dirs)
  await layGitDir(repository, dirs, { head, refs: { ...request.refs, [head]: commit }, identity })
  return { leftOut: await checkOut(placeOf(dirs), commit, request.leaveOut ?? 'agentConfig', repository) }
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
}): Promise<{ commit: Oid; leftOut: string[] }> => {
  const { repository, dirs } = request
  const tree = await treeOf(repository, request.tree)
  const head = branchRef('work')
  await removeWorkspace(dirs)
  await layGitDir(repository, dirs, { head, refs: {}, identity: agentLabIdentity })
  const text = commitText({ tree, parents: [], message: `Tree ${tree}\n`, when: treeCommitDate })
  const objectDir = join(dirs.gitDir, 'objects')
  const commit = await writeCommitObject(objectDir, text, { format: formatOf(tree), isDurable: false })
  await writeFile(join(dirs.gitDir, head), `${commit}\n`)
  return { commit, leftOut: await checkOut(placeOf(dirs), tree, request.leaveOut ?? 'nothing', repository) }
}

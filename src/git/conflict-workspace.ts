/** A workspace in the middle of a merge: the worker gets both sides and the files with conflict markers. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BranchName, Oid } from '../domain/ids.ts'
import { isLeftOut } from './agent-config.ts'
import { disposable } from './checkout.ts'
import { type GitPlace, gitBytes } from './exec.ts'
import { type ConflictStage, mergeFully } from './merge.ts'
import type { Identity } from './operator-config.ts'
import { layGitDir, placeOf, type WorkspaceDirs } from './private-git-dir.ts'
import { branchRef } from './refs.ts'
import type { Repository } from './repository.ts'
import { clearFor, fill } from './workspace.ts'

export interface ConflictRequest {
  repository: Repository
  dirs: WorkspaceDirs
  /** The new base: the tip of `agent` that moved first. The result is harvested against it. */
  base: Oid
  /** The task's own commit, made on an older base. */
  taskTip: Oid
  branch: string
  identity: Identity
  /** As in `WorkspaceRequest`. */
  from?: string
}

const indexLine = ({ mode, oid, stage, path }: ConflictStage): string => `${mode} ${oid} ${stage}\t${path}\0`

/** Replaces the merged entry of each conflicted path by its versions, so that `git status` tells the sides. */
const markUnmerged = async (place: GitPlace, stages: ConflictStage[]): Promise<void> => {
  const nothing = '0'.repeat(stages[0]?.oid.length ?? 40)
  const removals = [...new Set(stages.map(stage => stage.path))].map(path => `0 ${nothing}\t${path}\0`)
  const input = [...removals, ...stages.map(indexLine)].join('')
  await gitBytes(place, ['update-index', '-z', '--index-info'], { ...disposable, input })
}

/** Left-out files have no copy to resolve in; they keep the new base's version, or none. */
const settleLeftOut = async (place: GitPlace, stages: ConflictStage[]): Promise<void> => {
  const hidden = stages.filter(stage => isLeftOut(stage.path))
  if (hidden.length === 0) return
  const nothing = '0'.repeat(hidden[0]!.oid.length)
  const paths = [...new Set(hidden.map(stage => stage.path))]
  const ours = hidden.filter(stage => stage.stage === 2)
  const lines = [
    ...paths.map(path => `0 ${nothing}\t${path}\0`),
    ...ours.map(stage => indexLine({ ...stage, stage: 0 as 1 })),
  ]
  await gitBytes(place, ['update-index', '-z', '--index-info'], { ...disposable, input: lines.join('') })
  await gitBytes(place, ['update-index', '-z', '--skip-worktree', '--stdin'], {
    ...disposable,
    input: ours.map(stage => `${stage.path}\0`).join(''),
  })
}

/**
 * Makes the workspace anew at the same paths (nothing may run in it), on top of `base`, in the state git itself leaves
 * after a conflicting merge of the task's commit: `agent-tip` and `task-tip` are branches of the private repository, the
 * conflicted files hold markers, committing concludes the merge. Returns the files to resolve; empty when none conflict.
 */
export const rebuildForConflict = async (request: ConflictRequest): Promise<{ conflicted: string[] }> => {
  const { repository, dirs, identity } = request
  const [base, taskTip] = [Oid.parse(request.base), Oid.parse(request.taskTip)]
  const head = branchRef(BranchName.parse(request.branch))
  const from = await clearFor(repository, request, [base, taskTip])
  const refs = { [head]: base, 'refs/heads/agent-tip': base, 'refs/heads/task-tip': taskTip }
  await layGitDir(repository, dirs, { head, refs, identity })
  const place = placeOf(dirs)
  const merge = await mergeFully(place, 'agent-tip', 'task-tip', disposable)
  await fill(dirs, merge.tree, 'agentConfig', { ...place, largeFileDirs: repository.largeFileDirs }, from)
  const visible = merge.stages.filter(stage => !isLeftOut(stage.path))
  await settleLeftOut(place, merge.stages)
  if (visible.length > 0) await markUnmerged(place, visible)
  await writeFile(join(dirs.gitDir, 'MERGE_HEAD'), `${taskTip}\n`)
  await writeFile(join(dirs.gitDir, 'MERGE_MSG'), "Merge branch 'task-tip'\n")
  await writeFile(join(dirs.gitDir, 'MERGE_MODE'), '')
  return { conflicted: [...new Set(visible.map(stage => stage.path))] }
}

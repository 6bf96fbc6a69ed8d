/** What `review` and `open` look at: a run's or task's commit, and the worktree that shows it. */
import type { Project } from '../app.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Oid, RunId, TaskId } from '../domain/ids.ts'
import type { RunView, TaskView } from '../domain/run-view.ts'
import { prepareReviewWorktree, type ReviewWorktree } from '../git/review-worktree.ts'
import type { Call } from './call.ts'
import { rangeOf } from './commands/diff.ts'
import { excludeWorktrees } from './exclude-worktrees.ts'
import { openIfAny, runOrTaskNamed, viewOf } from './project.ts'

export interface ReviewPlace {
  project: Project
  id: RunId | TaskId
  view: RunView
  /** null: the whole run. */
  task: TaskView | null
  range: { from: Oid; to: Oid }
  worktree: ReviewWorktree
}

/** @throws AgentLabError `nothing-to-review`, `no-diff` (exit 2), `worktree-changed`, `worktree-occupied` */
export const reviewPlace = async (call: Call, typed: string): Promise<ReviewPlace> => {
  const project = await openIfAny(call)
  const { runId, taskId } = runOrTaskNamed(project, typed)
  const view = viewOf(project!, runId)
  const task = view.tasks.find(one => one.taskId === taskId) ?? null
  if (view.imported !== undefined)
    throw new AgentLabError(
      `review failed on ${taskId ?? runId}: run ${runId} was imported, and nothing of it is checked out here`,
      {
        code: 'imported',
        cure: `Read the change instead: agentlab diff ${taskId ?? runId}`,
        exit: exitCode.wrongUse,
      },
    )
  const range = rangeOf(view, task)
  const id = taskId ?? runId
  if (range === null)
    throw new AgentLabError(
      `review failed on ${id}: ${task === null ? 'the run has nothing on the integration branch' : 'the task has no work yet'}`,
      { code: 'nothing-to-review', cure: `See where it stands: agentlab show ${id}`, exit: exitCode.wrongUse },
    )
  await excludeWorktrees(project!.repository.commonDir)
  return {
    project: project!,
    id,
    view,
    task,
    range,
    worktree: await prepareReviewWorktree(project!.repository, id, range.to),
  }
}

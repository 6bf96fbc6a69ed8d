/** Mends the review worktrees that are broken; the operator's own are left alone. */
import { type Mending, mendableStates, mendWorktree } from '../git/mend-worktree.ts'
import { worktreeName } from '../git/worktree-state.ts'
import { reviewWorktrees } from './cleaning/worktrees.ts'
import type { Project } from './project.ts'

/** `now` in epoch milliseconds. One result for each that was broken. */
export const mendWorktrees = async (project: Project, now: number): Promise<{ name: string; mending: Mending }[]> => {
  const { ours } = await reviewWorktrees(project)
  const results: { name: string; mending: Mending }[] = []
  for (const record of ours.filter(({ state }) => mendableStates.includes(state)))
    results.push({ name: worktreeName(record), mending: await mendWorktree(project.repository, record, now) })
  return results
}

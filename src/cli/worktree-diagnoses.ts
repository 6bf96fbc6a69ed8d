/** What `doctor` says of linked worktrees that are broken: one line each, with the command that says more or mends it. */
import { cleanLine } from '../domain/text.ts'
import { mendableStates } from '../git/mend-worktree.ts'
import type { Repository } from '../git/repository.ts'
import { inspectWorktrees, worktreeName } from '../git/worktree-state.ts'

/** Empty when none is broken. */
export const worktreeDiagnoses = async (
  repository: Repository | null,
): Promise<{ what: string; status: 'warn'; detail: string; cure: string }[]> => {
  if (repository === null) return []
  const broken = (await inspectWorktrees(repository)).filter(({ state }) => mendableStates.includes(state))
  return broken.map(record => ({
    what: `worktree ${cleanLine(worktreeName(record))}`,
    status: 'warn',
    detail: `${record.state}: ${record.why}`,
    cure: 'agentlab worktree',
  }))
}

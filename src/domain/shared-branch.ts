/** The integration branch as several runs share it: what this one brought, and what of others is on it with that. */
import { many } from './measures.ts'
import type { RunView } from './run-view.ts'
import { cleanLine } from './text.ts'

export interface SharedBranch {
  /** Tasks of this run that stand on it. */
  brought: { taskId: string; title: string }[]
  /** Tasks of other runs, not promoted either, when this run came to rest. */
  others: { taskId: string; title: string }[]
}

export const sharedBranch = (view: RunView): SharedBranch => ({
  brought: view.tasks.filter(task => task.integrated !== null).map(named),
  others: view.alongside.map(named),
})

const named = ({ taskId, title }: { taskId: string; title: string | null }) => ({
  taskId,
  title: cleanLine(title ?? '(erased)', 100),
})

/** One sentence; null where the branch holds nobody else's work. */
export const sharedSentence = (view: RunView): string | null => {
  const { brought, others } = sharedBranch(view)
  if (others.length === 0) return null
  const runs = new Set(others.map(({ taskId }) => taskId.slice(0, 8)))
  return `This run brought ${many(brought.length, 'task')} to the integration branch; ${many(others.length, 'task')} of ${many(runs.size, 'other run')} ${others.length === 1 ? 'is' : 'are'} on it as well, and a promotion takes all of them.`
}

/** How a task that shared its checks with others is spoken of. */
import { taskNumberOf } from './ids.ts'
import { short } from './measures.ts'
import type { ChecksView, TaskView } from './run-view.ts'

const numbers = (taskIds: readonly string[]): string =>
  `${taskIds.length === 1 ? 'task' : 'tasks'} ${taskIds.map(id => taskNumberOf(id)).join(', ')}`

/** `2 of 3 that landed in one train, with tasks 1, 3; checked as a stack, on tree 1234567890`; null where it landed alone. */
export const landedTogether = ({ integrated }: Pick<TaskView, 'integrated'>): string | null => {
  const stack = integrated?.stack
  if (stack === undefined || stack.size === 1) return null
  const others = stack.with.length === 0 ? '' : `, with ${numbers(stack.with)}`
  return `${stack.place} of ${stack.size} that landed in one train${others}; checked as a stack, on tree ${short(stack.tree)}`
}

/** `a stack of tasks 1, 2`, or what the work fails with (tasks of other runs, too); null for checks of the task alone. */
export const checkedTogether = ({ stack, status }: Pick<ChecksView, 'stack' | 'status'>): string | null => {
  if (stack === undefined || stack.length === 0) return null
  if (status === 'failed') return `red together with ${stack.join(', ')}, not without it`
  return stack.length === 1 ? null : `a stack of ${numbers(stack)}`
}

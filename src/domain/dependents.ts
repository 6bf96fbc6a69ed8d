/** Which tasks of a plan stand on another one. */
import type { TaskId } from './ids.ts'

/** The tasks that depend on `taskId`, directly or through others, in the plan's order. */
export const dependentsOf = (
  tasks: readonly { taskId: TaskId; dependsOn: readonly TaskId[] }[],
  taskId: TaskId,
): TaskId[] => {
  const found = new Set([taskId])
  // The graph has no circle, but a plan need not be in the order of its dependencies.
  for (let before = 0; before !== found.size; ) {
    before = found.size
    for (const task of tasks) if (task.dependsOn.some(id => found.has(id))) found.add(task.taskId)
  }
  return tasks.map(task => task.taskId).filter(id => id !== taskId && found.has(id))
}

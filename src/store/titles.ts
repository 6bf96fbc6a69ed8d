/** Titles of tasks by their ids, from the plans that are not erased. */
import { runIdOf, type TaskId } from '../domain/ids.ts'
import type { Plan } from '../domain/plan.ts'
import { currentPlan } from './current-plan.ts'
import type { Store } from './store.ts'

export const titled = (store: Store, taskIds: readonly TaskId[]): { taskId: TaskId; title: string | null }[] => {
  const plans = new Map([...new Set(taskIds.map(runIdOf))].map(runId => [runId, planOf(store, runId)]))
  return taskIds.map(taskId => {
    const task = plans.get(runIdOf(taskId))?.tasks.find(one => one.taskId === taskId)
    return { taskId, title: task?.title ?? null }
  })
}

const planOf = (store: Store, runId: string): Plan | null => currentPlan(store, store.events.ofRun(runId))?.plan ?? null

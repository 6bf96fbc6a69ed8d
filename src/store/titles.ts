/** Titles of tasks by their ids, from the plans that are not erased, for a reader whose lane may see them. */
import { runIdOf, type TaskId } from '../domain/ids.ts'
import { isLooser } from '../domain/lane.ts'
import type { InLane } from '../domain/laned.ts'
import type { Plan } from '../domain/plan.ts'
import { currentPlan } from './current-plan.ts'
import type { Store } from './store.ts'

/** The title is null where it was erased, and where the task's run is in a stricter lane than the reader. */
export const titled = (
  store: Store,
  reader: InLane,
  taskIds: readonly TaskId[],
): { taskId: TaskId; title: string | null }[] => {
  const plans = new Map([...new Set(taskIds.map(runIdOf))].map(runId => [runId, planFor(store, reader, runId)]))
  return taskIds.map(taskId => {
    const task = plans.get(runIdOf(taskId))?.tasks.find(one => one.taskId === taskId)
    return { taskId, title: task?.title ?? null }
  })
}

const planFor = (store: Store, reader: InLane, runId: string): Plan | null => {
  const events = store.events.ofRun(runId)
  const requested = events[0]?.event
  if (requested?.type !== 'run.requested' || isLooser(reader.lane, requested.request.lane)) return null
  return currentPlan(store, events)?.plan ?? null
}

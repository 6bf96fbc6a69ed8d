/** What held a run up: the longest chain of tasks, each counted by the time its own processes were alive. */
import type { TaskId } from './ids.ts'
import type { LaunchView, RunView } from './run-view.ts'

export interface CriticalPath {
  /** Planning and set-up, then the chain. Milliseconds. */
  ms: number
  /** The chain's tasks, first to last; empty without tasks that ran. */
  taskIds: TaskId[]
  /** Milliseconds all processes took together, one after another. */
  workMs: number
}

type Span = Pick<LaunchView, 'startedAt' | 'endedAt'>

/** Milliseconds in which at least one of the spans was alive; one without an end counts up to `until`. */
export const coveredMs = (spans: readonly Span[], until: number): number => {
  let total = 0
  let reached = Number.NEGATIVE_INFINITY
  for (const { startedAt, endedAt } of spans.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const end = endedAt ?? until
    total += Math.max(0, end - Math.max(startedAt, reached))
    reached = Math.max(reached, end)
  }
  return total
}

/** `now` stands for the end of what has none. */
export const criticalPath = (view: Pick<RunView, 'tasks' | 'launches' | 'endedAt'>, now: number): CriticalPath => {
  const until = view.endedAt ?? now
  const tasks = new Map(view.tasks.map(task => [task.taskId, task]))
  const known = new Map<TaskId, { ms: number; taskIds: TaskId[] }>()
  const chainTo = (taskId: TaskId): { ms: number; taskIds: TaskId[] } => {
    const found = known.get(taskId)
    if (found !== undefined) return found
    // Stands for itself while its own chain is looked for, so that a circle would end.
    known.set(taskId, { ms: 0, taskIds: [] })
    const own = coveredMs(
      view.launches.filter(launch => launch.taskId === taskId),
      until,
    )
    const before = longest((tasks.get(taskId)?.dependsOn ?? []).filter(id => tasks.has(id)).map(chainTo))
    const chain = own === 0 && before.ms === 0 ? nothing : { ms: before.ms + own, taskIds: [...before.taskIds, taskId] }
    known.set(taskId, chain)
    return chain
  }
  const chain = longest(view.tasks.map(task => chainTo(task.taskId)))
  const shared = coveredMs(
    view.launches.filter(launch => launch.taskId === null),
    until,
  )
  const workMs = view.launches.reduce(
    (sum, { startedAt, endedAt }) => sum + Math.max(0, (endedAt ?? until) - startedAt),
    0,
  )
  return { ms: shared + chain.ms, taskIds: chain.taskIds, workMs }
}

const nothing: { ms: number; taskIds: TaskId[] } = { ms: 0, taskIds: [] }

const longest = (chains: readonly { ms: number; taskIds: TaskId[] }[]): { ms: number; taskIds: TaskId[] } =>
  chains.reduce((best, chain) => (chain.ms > best.ms ? chain : best), nothing)

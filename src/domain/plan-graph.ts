/** Questions to a plan's graph: what must come after what, and how long the whole takes with so many places. */
import type { PlannedTask } from './plan.ts'

export type GraphTask = Pick<PlannedTask, 'taskId' | 'dependsOn'>

/** For each task, all it depends on, directly or through others. The graph is acyclic by the planner's door. */
const ancestorsOf = (tasks: readonly GraphTask[]): Map<string, Set<string>> => {
  const byId = new Map(tasks.map(task => [task.taskId, task]))
  const known = new Map<string, Set<string>>()
  const visit = (taskId: string): Set<string> => {
    const found = known.get(taskId)
    if (found !== undefined) return found
    const all = new Set<string>()
    known.set(taskId, all)
    for (const needed of byId.get(taskId)?.dependsOn ?? []) {
      all.add(needed)
      for (const further of visit(needed)) all.add(further)
    }
    return all
  }
  for (const task of tasks) visit(task.taskId)
  return known
}

/** Pairs of tasks neither of which waits for the other: they may be at work at once. In the plan's order. */
export const unorderedPairs = <T extends GraphTask>(tasks: readonly T[]): [T, T][] => {
  const ancestors = ancestorsOf(tasks)
  return tasks.flatMap((one, index) =>
    tasks
      .slice(index + 1)
      .filter(other => !ancestors.get(one.taskId)!.has(other.taskId) && !ancestors.get(other.taskId)!.has(one.taskId))
      .map((other): [T, T] => [one, other]),
  )
}

export interface Makespan {
  /** In the unit of the durations. */
  total: number
  /** Most tasks that are at work at the same time. */
  atOnce: number
}

/** Plays the scheduler's rule (longest chain first, then the plan's order) with known durations. */
export const makespanOf = (
  tasks: readonly GraphTask[],
  durationOf: (taskId: string) => number,
  places: number,
): Makespan => {
  const ancestors = ancestorsOf(tasks)
  const chain = (taskId: string): number => 1 + [...ancestors.values()].filter(needed => needed.has(taskId)).length
  const waiting = tasks.toSorted((one, other) => chain(other.taskId) - chain(one.taskId))
  const done = new Set<string>()
  let running: { taskId: string; end: number }[] = []
  let now = 0
  let atOnce = 0
  while (done.size < tasks.length) {
    const ready = waiting.filter(task => task.dependsOn.every(id => done.has(id)))
    for (const task of ready.slice(0, Math.max(0, places - running.length))) {
      waiting.splice(waiting.indexOf(task), 1)
      running.push({ taskId: task.taskId, end: now + durationOf(task.taskId) })
    }
    atOnce = Math.max(atOnce, running.length)
    now = Math.min(...running.map(({ end }) => end))
    for (const { taskId, end } of running) if (end <= now) done.add(taskId)
    running = running.filter(({ end }) => end > now)
  }
  return { total: now, atOnce }
}

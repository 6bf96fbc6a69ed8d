/** Which tasks start now: a pure function of the tasks and the limits. No model schedules. */
import type { TaskFact } from '../domain/event.ts'
import { activeTaskStates, busyTaskStates, isIn, lostTaskStates, satisfiedTaskStates } from './states.ts'

export interface ScheduledTask {
  fact: TaskFact
  state: string
}

export interface ScheduleLimits {
  /** Tasks at work at once, and with them agents: a task's verifier works in its place. */
  maxParallel: number
  /** The same per worker; a worker that is not named has no limit of its own. */
  perWorker?: Partial<Record<TaskFact['worker'], number>>
}

export interface Schedule {
  /** Task ids to start, in order. */
  start: string[]
  /** Tasks that can never start, with the dependency that is lost. */
  skip: { taskId: string; because: string }[]
  /** Nothing runs, nothing can start: the run has settled. */
  settled: boolean
}

/** Longest chain of dependents behind each task, itself included: what the run's end waits for. */
const chainLengths = (tasks: readonly ScheduledTask[]): Map<string, number> => {
  const dependents = new Map<string, string[]>()
  for (const { fact } of tasks) {
    for (const needed of fact.dependsOn) dependents.set(needed, [...(dependents.get(needed) ?? []), fact.taskId])
  }
  const lengths = new Map<string, number>()
  const lengthOf = (taskId: string): number => {
    const known = lengths.get(taskId)
    if (known !== undefined) return known
    const length = 1 + Math.max(0, ...(dependents.get(taskId) ?? []).map(lengthOf))
    lengths.set(taskId, length)
    return length
  }
  for (const { fact } of tasks) lengthOf(fact.taskId)
  return lengths
}

/** Longest chain first, then the plan's own order. The graph is acyclic by the planner's door. */
export const schedule = (tasks: readonly ScheduledTask[], limits: ScheduleLimits): Schedule => {
  const stateOf = new Map(tasks.map(task => [task.fact.taskId, task.state]))
  const pending = tasks.filter(task => task.state === 'pending')

  const skip = pending.flatMap(({ fact }) => {
    const because = fact.dependsOn.find(id => isIn(lostTaskStates, stateOf.get(id) ?? 'skipped'))
    return because === undefined ? [] : [{ taskId: fact.taskId, because }]
  })
  const skipped = new Set(skip.map(task => task.taskId))

  const lengths = chainLengths(tasks)
  const order = new Map(tasks.map((task, index) => [task.fact.taskId, index]))
  const ready = pending
    .filter(({ fact }) => !skipped.has(fact.taskId))
    .filter(({ fact }) => fact.dependsOn.every(id => isIn(satisfiedTaskStates, stateOf.get(id) ?? '')))
    .sort(
      (a, b) =>
        lengths.get(b.fact.taskId)! - lengths.get(a.fact.taskId)! ||
        order.get(a.fact.taskId)! - order.get(b.fact.taskId)!,
    )

  const atWork = tasks.filter(task => isIn(busyTaskStates, task.state))
  const workingOf = new Map<string, number>()
  for (const { fact } of atWork) workingOf.set(fact.worker, (workingOf.get(fact.worker) ?? 0) + 1)

  const start: string[] = []
  for (const { fact } of ready) {
    if (atWork.length + start.length >= limits.maxParallel) break
    const busy = workingOf.get(fact.worker) ?? 0
    if (busy >= (limits.perWorker?.[fact.worker] ?? Number.POSITIVE_INFINITY)) continue
    workingOf.set(fact.worker, busy + 1)
    start.push(fact.taskId)
  }

  const active = tasks.some(task => isIn(activeTaskStates, task.state))
  return { start, skip, settled: !active && start.length === 0 && skip.length === 0 && tasks.length > 0 }
}

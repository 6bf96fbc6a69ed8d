/** Puts proposed tasks into dependency order, as near to the proposed order as it allows. */
import type { ProposedTask } from '../domain/plan.ts'

export type Ordered = { ok: true; tasks: ProposedTask[] } | { ok: false; problem: string }

/** Every task after those it depends on; among the ready ones the first proposed goes first. Cycles are named. */
export const orderTasks = (tasks: readonly ProposedTask[]): Ordered => {
  const byKey = new Map(tasks.map(task => [task.key, task]))
  const twice = tasks.find((task, index) => tasks.findIndex(other => other.key === task.key) !== index)
  if (twice !== undefined) return { ok: false, problem: `two tasks have the key "${twice.key}"` }
  for (const task of tasks) {
    const unknown = task.dependsOn.find(key => !byKey.has(key))
    if (unknown !== undefined) {
      return { ok: false, problem: `task "${task.key}" depends on "${unknown}", which is not a task of the plan` }
    }
  }
  const placed: ProposedTask[] = []
  const done = new Set<string>()
  while (placed.length < tasks.length) {
    const ready = tasks.find(task => !done.has(task.key) && task.dependsOn.every(key => done.has(key)))
    if (ready === undefined)
      return { ok: false, problem: `the tasks depend on each other in a circle: ${cycleAmong(tasks, done)}` }
    placed.push(ready)
    done.add(ready.key)
  }
  return { ok: true, tasks: placed }
}

/** Follows unplaced dependencies until one repeats: `a → b → a`. */
const cycleAmong = (tasks: readonly ProposedTask[], done: ReadonlySet<string>): string => {
  const path: string[] = []
  let current = tasks.find(task => !done.has(task.key))!
  while (!path.includes(current.key)) {
    path.push(current.key)
    const next = current.dependsOn.find(key => !done.has(key))!
    current = tasks.find(task => task.key === next)!
  }
  return [...path.slice(path.indexOf(current.key)), current.key].join(' → ')
}

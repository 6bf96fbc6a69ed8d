/** What a run could not have been faster than, given what it launched: the longest chain along its plan. */
import type { LaunchRow } from '../src/store/launches.ts'

/** Milliseconds in which at least one of the launches was alive. */
const covered = (launches: readonly LaunchRow[]): number => {
  let total = 0
  let until = 0
  for (const { startedAt, endedAt } of launches.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const end = endedAt ?? startedAt
    total += Math.max(0, end - Math.max(startedAt, until))
    until = Math.max(until, end)
  }
  return total
}

/** The longest chain of launches: the plan's and the set-up's, then task after task along the plan's graph. */
export const criticalPath = (
  launches: readonly LaunchRow[],
  tasks: { taskId: string; dependsOn: string[] }[],
): number => {
  const own = (taskId: string): number => covered(launches.filter(launch => launch.taskId === taskId))
  const chain = (taskId: string): number =>
    own(taskId) + Math.max(0, ...(tasks.find(task => task.taskId === taskId)?.dependsOn ?? []).map(chain))
  return covered(launches.filter(launch => launch.taskId === null)) + Math.max(...tasks.map(task => chain(task.taskId)))
}

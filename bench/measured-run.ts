/** A run as its store tells it, and what it could not have been faster than: the longest chain of launches along its plan. */
import { openProject } from '../src/app.ts'
import type { LoggedEvent } from '../src/domain/event.ts'
import type { LaunchRow } from '../src/store/launches.ts'

export interface MeasuredRun {
  events: LoggedEvent[]
  /** Milliseconds from request to conclusion, by the log. */
  runMs: number
  pathMs: number
  launches: number
}

/** The newest run of the repository around `cwd`, whose data lie where `env` says. */
export const measuredRun = async (cwd: string, env: NodeJS.ProcessEnv): Promise<MeasuredRun> => {
  const project = await openProject({ cwd, env, create: false })
  try {
    const { store } = project
    const run = store.machines.runs(1)[0]!
    const events = store.events.ofRun(run.id)
    const planned = events.find(({ event }) => event.type === 'plan.ready')!.event
    const launches = store.launches.ofRun(run.id)
    return {
      events,
      runMs: events.at(-1)!.at - events[0]!.at,
      pathMs: criticalPath(launches, planned.type === 'plan.ready' ? planned.tasks : []),
      launches: launches.length,
    }
  } finally {
    project.close()
  }
}

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
const criticalPath = (launches: readonly LaunchRow[], tasks: { taskId: string; dependsOn: string[] }[]): number => {
  const own = (taskId: string): number => covered(launches.filter(launch => launch.taskId === taskId))
  const chain = (taskId: string): number =>
    own(taskId) + Math.max(0, ...(tasks.find(task => task.taskId === taskId)?.dependsOn ?? []).map(chain))
  return covered(launches.filter(launch => launch.taskId === null)) + Math.max(...tasks.map(task => chain(task.taskId)))
}

/** A plan as YAML: what the operator reads, edits and gives back (`task --plan`, `edit-plan`). */
import { writeYaml } from '../config/write-yaml.ts'
import type { TaskId } from '../domain/ids.ts'
import type { Plan, PlannedTask } from '../domain/plan.ts'
import { cleanLine } from '../domain/text.ts'

export interface PlanTextOptions {
  /** Comment lines above the plan: its forecast, what to do with it. */
  head: readonly string[]
  /** Each task with its id, for an edit of a run's plan. */
  withIds: boolean
  /** Why a task can't be changed any more, as a comment above it. */
  fixed?: ReadonlyMap<TaskId, string>
}

/** Read back by `plan-file.ts` it is the same plan, which says its lane where that is not the loosest. Ends with a newline. */
export const planText = (plan: Plan, { head, withIds, fixed }: PlanTextOptions): string => {
  const keys = new Map(plan.tasks.map(task => [task.taskId, task.key]))
  const value = {
    ...(plan.lane === 'personal' ? {} : { lane: plan.lane }),
    ...(plan.summary === '' ? {} : { summary: plan.summary }),
    tasks: plan.tasks.map(task => taskValue(task, keys, withIds)),
  }
  const notes = plan.tasks.flatMap((task, index) => {
    const why = fixed?.get(task.taskId)
    return why === undefined ? [] : [{ path: ['tasks', index], text: `${why}: it stays as it is` }]
  })
  return writeYaml(value, { head: head.map(line => cleanLine(line, 400)), notes })
}

/** What is as it would be anyway is left out. */
const taskValue = (task: PlannedTask, keys: ReadonlyMap<string, string>, withId: boolean): Record<string, unknown> => ({
  ...(withId ? { id: task.taskId } : {}),
  key: task.key,
  title: task.title,
  what: task.what,
  ...(task.why === '' ? {} : { why: task.why }),
  ...(task.acceptance.length === 0 ? {} : { acceptance: task.acceptance }),
  ...(task.kind === 'change' ? {} : { kind: task.kind }),
  ...(task.dependsOn.length === 0 ? {} : { dependsOn: task.dependsOn.map(id => keys.get(id)!) }),
  worker: task.worker,
  ...(task.paths.length === 0 ? {} : { paths: task.paths }),
  ...(task.turnsGreen.length === 0 ? {} : { turnsGreen: task.turnsGreen }),
  risk: task.risk,
})

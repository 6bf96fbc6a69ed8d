/** A plan's text edited by the operator, made the run's plan: ids kept, what has begun unchanged, or why not. */
import { isDeepStrictEqual } from 'node:util'
import { type TaskId, taskIdOf, taskNumberOf } from '../domain/ids.ts'
import { isLooser } from '../domain/lane.ts'
import type { Plan, PlannedTask } from '../domain/plan.ts'
import { type AcceptContext, acceptProposal } from './accept-proposal.ts'
import { type PlanFile, readPlanFile } from './plan-file.ts'

export interface EditContext extends Omit<AcceptContext, 'ids'> {
  /** The plan as it stands. */
  plan: Plan
  /** Tasks that can't be changed any more, with what they are at: `has begun (working)`. */
  fixed: ReadonlyMap<TaskId, string>
  /** The highest number a task of this run ever had; numbers are not used twice. */
  lastNumber: number
}

export type Edited = { ok: true; plan: Plan; dropped: TaskId[]; isUnchanged: boolean } | { ok: false; problem: string }

const highestNumber = 99

type EditedTask = PlanFile['tasks'][number]

/**
 * A task is known by its `id`, or without one by its key; the others are new and get the next numbers.
 * @throws AgentLabError `invalid-file` naming file, line and key
 */
export const editPlan = (text: string, fileName: string, context: EditContext): Edited => {
  const file = readPlanFile(text, fileName)
  const stranger = file.tasks.find(task => task.worker !== undefined && !context.workers.includes(task.worker))
  if (stranger !== undefined) {
    const known = `it has ${context.workers.join(', ')}`
    return {
      ok: false,
      problem: `task "${stranger.key}" is given to ${stranger.worker}, which this run has not got (${known})`,
    }
  }
  if (file.lane !== undefined && isLooser(context.lane, file.lane))
    return {
      ok: false,
      problem: `the plan says that it comes from lane ${file.lane}; this run is in lane ${context.lane}`,
    }
  const named = nameTasks(file.tasks, context)
  if (!named.ok) return named
  const proposal = { summary: file.summary, tasks: file.tasks.map(({ id: _, ...task }) => task) }
  const accepted = acceptProposal(proposal, { ...context, ids: named.ids }, context.plan.origin)
  if (!accepted.ok) return accepted
  const problem = fixedProblem(accepted.plan, context)
  if (problem !== null) return { ok: false, problem }
  const kept = new Set(accepted.plan.tasks.map(task => task.taskId))
  return {
    ok: true,
    plan: accepted.plan,
    dropped: context.plan.tasks.map(task => task.taskId).filter(id => !kept.has(id)),
    isUnchanged: isDeepStrictEqual(accepted.plan, context.plan),
  }
}

/** Whose id each key has; two tasks of one key are the proposal's door's to refuse. */
const nameTasks = (
  tasks: readonly EditedTask[],
  { plan, runId, lastNumber }: EditContext,
): { ok: true; ids: Map<string, TaskId> } | { ok: false; problem: string } => {
  const claimed = tasks.flatMap(({ id }) => (id === undefined ? [] : [id]))
  const unknown = claimed.find(id => !plan.tasks.some(task => task.taskId === id))
  if (unknown !== undefined)
    return { ok: false, problem: `there is no task ${unknown} in this plan; leave the id of a new task out` }
  const twice = claimed.find((id, index) => claimed.indexOf(id) !== index)
  if (twice !== undefined) return { ok: false, problem: `two tasks have the id ${twice}` }
  const byKey = new Map(plan.tasks.filter(task => !claimed.includes(task.taskId)).map(task => [task.key, task.taskId]))
  const ids = new Map<string, TaskId>()
  let number = lastNumber
  for (const { id, key } of tasks) ids.set(key, id ?? byKey.get(key) ?? taskIdOf(runId, ++number))
  return number > highestNumber
    ? { ok: false, problem: `a run can have ${highestNumber} tasks in all, dropped ones included` }
    : { ok: true, ids }
}

const fixedProblem = (edited: Plan, { plan, fixed }: EditContext): string | null => {
  for (const task of plan.tasks.filter(one => fixed.has(one.taskId))) {
    const now = edited.tasks.find(one => one.taskId === task.taskId)
    const what = now === undefined ? 'dropped' : changedPart(task, now)
    if (what !== null)
      return `task ${taskNumberOf(task.taskId)} ("${task.key}") ${fixed.get(task.taskId)} and can't be ${what}`
  }
  return null
}

const changedPart = (task: PlannedTask, now: PlannedTask): string | null => {
  const keys = Object.keys(now) as (keyof PlannedTask)[]
  const changed = keys.find(key => !isDeepStrictEqual(task[key], now[key]))
  return changed === undefined ? null : `changed (${changed})`
}

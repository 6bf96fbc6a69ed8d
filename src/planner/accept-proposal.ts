/** Turns what a planner proposed into a plan of ours, or says in one sentence why it can't be one. */
import type { z } from 'zod'
import { type RunId, type TaskId, taskIdOf } from '../domain/ids.ts'
import { withoutNulls } from '../domain/json-answer.ts'
import type { Lane, WorkerName } from '../domain/lane.ts'
import { type Plan, type PlannedTask, type PlanOrigin, PlanProposal, type ProposedTask } from '../domain/plan.ts'
import { cleanLine, cleanText } from '../domain/text.ts'
import { orderTasks } from './order-tasks.ts'

export interface AcceptContext {
  runId: RunId
  /** Of the run: its plan and every task of it are in this lane. */
  lane: Lane
  /** Workers this run may use, in the operator's order of preference; at least one. */
  workers: readonly WorkerName[]
  /** Names of the configured checks. */
  checks: readonly string[]
  /** Ids that tasks have already, by their keys. Left out: numbered from 1 in dependency order. */
  ids?: ReadonlyMap<string, TaskId>
}

export type Accepted = { ok: true; plan: Plan } | { ok: false; problem: string }

/**
 * Reads a proposal from outside. Keys become our ids in dependency order; a worker this run has not got is replaced by
 * the most preferred one and that is said in the plan's summary; tasks without a worker are dealt out in turn.
 * The problem, when there is one, is fit to be sent back to the planner.
 */
export const acceptProposal = (raw: unknown, context: AcceptContext, origin: PlanOrigin = 'model'): Accepted => {
  const parsed = PlanProposal.safeParse(withoutNulls(raw))
  if (!parsed.success) return { ok: false, problem: parsed.error.issues.slice(0, 5).map(issueLine).join('; ') }
  const { tasks, summary } = parsed.data
  const problem = textProblem(tasks) ?? checkProblem(tasks, context.checks) ?? pathProblem(tasks)
  if (problem !== null) return { ok: false, problem }
  const ordered = orderTasks(tasks)
  if (!ordered.ok) return ordered
  const dealt = dealWorkers(ordered.tasks, context.workers)
  const ids = context.ids ?? new Map(ordered.tasks.map((task, index) => [task.key, taskIdOf(context.runId, index + 1)]))
  return {
    ok: true,
    plan: {
      summary: clipSummary([cleanText(summary).trim(), ...dealt.notes].filter(text => text !== '').join('\n')),
      origin,
      lane: context.lane,
      tasks: ordered.tasks.map((task, index) => plannedTask(task, ids, dealt.workers[index]!)),
    },
  }
}

/** Notes of ours must not make a summary longer than a plan's text may hold, or it could not be read back. */
const clipSummary = (text: string): string => text.slice(0, 2_000).toWellFormed()

const plannedTask = (task: ProposedTask, ids: ReadonlyMap<string, string>, worker: WorkerName): PlannedTask => {
  const { dependsOn, worker: _, ...rest } = task
  return {
    ...rest,
    title: cleanLine(task.title, 120),
    what: cleanText(task.what).trim(),
    why: cleanText(task.why).trim(),
    acceptance: task.acceptance.map(line => cleanLine(line, 1_000)).filter(line => line !== ''),
    taskId: ids.get(task.key)!,
    dependsOn: [...new Set(dependsOn)].map(dependency => ids.get(dependency)!),
    worker,
  }
}

const issueLine = (issue: z.core.$ZodIssue): string => {
  const where = issue.path.map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  return cleanLine(`${where === '' ? 'the plan' : where.replace(/^\./, '')}: ${issue.message}`, 300)
}

const textProblem = (tasks: readonly ProposedTask[]): string | null => {
  const blank = tasks.find(task => cleanLine(task.title) === '' || cleanText(task.what).trim() === '')
  return blank === undefined ? null : `task "${blank.key}" has a blank title or statement`
}

const checkProblem = (tasks: readonly ProposedTask[], checks: readonly string[]): string | null => {
  for (const task of tasks) {
    const unknown = task.turnsGreen.find(name => !checks.includes(name))
    if (unknown === undefined) continue
    const known = checks.length === 0 ? 'none is configured' : `known: ${checks.join(', ')}`
    return `task "${task.key}" names the check "${cleanLine(unknown, 60)}" in turnsGreen, which does not exist (${known})`
  }
  return null
}

const pathProblem = (tasks: readonly ProposedTask[]): string | null => {
  for (const task of tasks) {
    const outside = task.paths.find(path => /^(?:[/\\]|[a-z]:)/i.test(path) || path.split(/[/\\]/).includes('..'))
    if (outside !== undefined)
      return `task "${task.key}" expects the path "${cleanLine(outside, 100)}" outside the repository`
  }
  return null
}

const dealWorkers = (
  tasks: readonly ProposedTask[],
  workers: readonly WorkerName[],
): { workers: WorkerName[]; notes: string[] } => {
  const notes: string[] = []
  let next = 0
  const dealt = tasks.map(task => {
    if (task.worker === undefined) return workers[next++ % workers.length]!
    if (workers.includes(task.worker)) return task.worker
    notes.push(
      `"${cleanLine(task.title, 80)}" was meant for ${task.worker}, which this run has not got; ${workers[0]!} does it.`,
    )
    return workers[0]!
  })
  return { workers: dealt, notes }
}

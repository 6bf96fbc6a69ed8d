/** What an edit of a run's plan is held against: the plan as it stands, what of it has begun, what the run may use. */
import { taskNumberOf } from '../domain/ids.ts'
import type { EditContext } from '../planner/edit-plan.ts'
import { type CurrentPlan, currentPlan } from '../store/current-plan.ts'
import type { MachineRow } from '../store/machines.ts'
import type { Store } from '../store/store.ts'
import type { TaskContext } from '../supervisor/task-context.ts'
import { eventsOf, runConfig } from './run-memory.ts'

export interface Editing extends EditContext {
  current: CurrentPlan
}

/** null without a plan, or once the run's words are erased. */
export const editingOf = (store: Store, runId: string): Editing | null => {
  const events = eventsOf(store, runId)
  const current = currentPlan(store, events)
  const requested = events[0]?.event
  if (current === null || requested?.type !== 'run.requested') return null
  const config = runConfig(store, runId)
  if (config === null) return null
  const tasks = store.machines.ofRun(runId).filter(row => row.kind === 'task')
  return {
    runId,
    lane: requested.request.lane,
    workers: requested.request.workers,
    checks: config.checks.map(check => check.name),
    plan: current.plan,
    fixed: new Map(tasks.filter(task => !isOpen(task)).map(task => [task.id, fixedWords(task)])),
    lastNumber: Math.max(
      ...[...tasks.map(task => task.id), ...current.plan.tasks.map(task => task.taskId)].map(taskNumberOf),
    ),
    current,
  }
}

/** The task's machine would let itself be changed: no attempt has begun (supervisor/task-machine.ts). */
const isOpen = ({ state, context }: MachineRow): boolean =>
  ['pending', 'awaitingOperator'].includes(state) && (context as TaskContext).attempt === 0

const fixedWords = ({ state }: MachineRow): string =>
  ['integrated', 'recorded', 'skipped', 'cancelled'].includes(state) ? `is settled (${state})` : `has begun (${state})`

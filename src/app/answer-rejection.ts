/** What speaks against taking a task out of the integration branch, as far as the store knows; git's word comes later. */
import { dependentsOf } from '../domain/dependents.ts'
import type { LoopEventOf } from '../domain/event.ts'
import type { Command } from '../store/commands.ts'
import type { MachineRow } from '../store/machines.ts'
import type { Store } from '../store/store.ts'
import { isIn, restingRunStates } from '../supervisor/states.ts'
import type { TaskContext } from '../supervisor/task-context.ts'

/** The event to tell, or why the operator's no is refused. */
export const rejectionFor = (
  store: Store,
  commandId: string,
  command: Extract<Command, { kind: 'reject' }>,
): LoopEventOf<'operator.rejected'> | string => {
  const { runId, taskId, agent, findingsContentId } = command
  const rows = store.machines.ofRun(runId)
  const run = rows.find(row => row.kind === 'run')
  const tasks = rows.filter(row => row.kind === 'task')
  const task = tasks.find(row => row.id === taskId)
  if (run === undefined || task === undefined) return `There is no task ${taskId}.`
  if (!isIn(restingRunStates, run.state)) return `Run ${runId} is under way (${run.state}); ask once it rests.`
  if (task.state !== 'integrated')
    return `Task ${taskId} is ${task.state === 'awaitingOperator' ? 'waiting for you' : task.state}; only integrated work can be taken out.`
  if (command.back && isErased(store, runId))
    return `The words of run ${runId} were erased, so there is nothing to give back to a worker; leave --back away.`
  const standing = new Set(tasks.filter(row => row.state === 'integrated').map(row => row.id))
  const dependents = dependentsOf(tasks.map(factOf), taskId).filter(id => standing.has(id))
  if (dependents.length > 0 && !command.withDependents)
    return `${dependents.join(', ')} ${dependents.length === 1 ? 'depends' : 'depend'} on it and ${dependents.length === 1 ? 'is' : 'are'} integrated; take them out together with --with-dependents.`
  return {
    type: 'operator.rejected',
    runId,
    commandId,
    tasks: [taskId, ...dependents],
    back: command.back ? taskId : null,
    agent,
    findingsContentId,
  }
}

const isErased = (store: Store, runId: string): boolean => {
  const asked = store.events.first(runId)?.event
  return asked?.type === 'run.requested' && store.content.text(asked.request.goalContentId) === null
}

const factOf = (row: MachineRow) => (row.context as TaskContext).fact

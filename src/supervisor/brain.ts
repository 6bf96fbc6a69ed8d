/**
 * The one brain: an event and the states it concerns go in, new states and a list of wanted actions come out. Pure:
 * clock, ids, randomness, disk and processes are elsewhere, so a whole run can be simulated and replayed.
 */
import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate'
import type { Action } from '../domain/effect.ts'
import type { LoopEvent, LoopEventOf, TaskFact } from '../domain/event.ts'
import { taskNumberOf } from '../domain/ids.ts'
import type { RunOutcome } from '../domain/reasons.ts'
import type { RunContext } from './run-context.ts'
import { runMachine } from './run-machine.ts'
import { schedule } from './schedule.ts'
import { isIn, satisfiedTaskStates } from './states.ts'
import type { TaskContext } from './task-context.ts'
import { taskMachine } from './task-machine.ts'
import { nextTrain } from './train.ts'

export interface MachineState<C> {
  id: string
  state: string
  context: C
}

/** Everything the brain knows of one run; null before `run.requested`. Tasks by their numbers. */
export interface RunStates {
  run: MachineState<RunContext> | null
  tasks: MachineState<TaskContext>[]
}

export interface Reaction {
  states: RunStates
  /** Ids of the machines that changed. */
  changed: string[]
  /** In order; each a name and JSON parameters. */
  actions: Action[]
  /** The event that the new states call for next, to be handled before any other of this run. */
  told: LoopEvent | null
}

/** Events that every task of the run hears. */
const broadcast: readonly LoopEvent['type'][] = [
  'operator.cancelled',
  'limit.reached',
  'operator.resumed',
  'plan.edited',
  'agent.rebuilt',
  'train.formed',
  'train.ended',
]

/** A train is an effect of the whole run; its failure is heard by the tasks aboard. */
const isHeardBy = (task: MachineState<TaskContext>, event: LoopEvent): boolean =>
  broadcast.includes(event.type) ||
  (event.type === 'effect.failed' && event.effect === 'train.run' && task.state === 'integrating')

export const react = (before: RunStates, event: LoopEvent): Reaction => {
  const moved = move(before, event)
  return { ...moved, told: follow(moved.states) }
}

const move = (before: RunStates, event: LoopEvent): Omit<Reaction, 'told'> => {
  if (event.type === 'run.requested') {
    if (before.run !== null) return { states: before, changed: [], actions: [] }
    const [snapshot, actions] = initialTransition(runMachine, { runId: event.runId, request: event.request })
    const run = stateOf<RunContext>(event.runId, snapshot)
    return { states: { run, tasks: [] }, changed: [run.id], actions: wanted(actions) }
  }
  if ('taskId' in event && event.taskId !== null) {
    const taskId = event.taskId
    return step(before, event, { run: false, task: task => task.id === taskId })
  }
  const after = step(before, event, { run: true, task: task => isHeardBy(task, event) })
  return bringsTasks(before, event) ? withTasks(after, event.tasks) : after
}

/** A plan that is to be carried out brings its tasks to life once; an edit brings those it adds. */
const bringsTasks = (
  { run, tasks }: RunStates,
  event: LoopEvent,
): event is LoopEventOf<'plan.ready' | 'plan.edited'> =>
  event.type === 'plan.ready'
    ? run?.state === 'planning' && run.context.request.purpose !== 'plan' && tasks.length === 0
    : event.type === 'plan.edited' && isIn(['working', 'awaitingOperator'], run?.state ?? '') && tasks.length > 0

const withTasks = (after: Omit<Reaction, 'told'>, facts: readonly TaskFact[]): Omit<Reaction, 'told'> => {
  const { run, tasks } = after.states
  if (run === null) return after
  const unknown = facts.filter(fact => !tasks.some(task => task.id === fact.taskId))
  const born = unknown.toSorted(byNumber).map(fact => {
    const [snapshot] = initialTransition(taskMachine, {
      runId: run.id,
      taskId: fact.taskId,
      fact,
      request: run.context.request,
      ...(tasks.length === 0 ? mergingOf(run.context) : {}),
    })
    return stateOf<TaskContext>(fact.taskId, snapshot)
  })
  const all = [...tasks, ...born]
  return { ...after, states: { run, tasks: all }, changed: [...after.changed, ...born.map(task => task.id)] }
}

const byNumber = (one: TaskFact, other: TaskFact): number => taskNumberOf(one.taskId) - taskNumberOf(other.taskId)
/** A conflict between main and the integration branch is what the one task of its run begins with. */
const mergingOf = ({ request, base, main }: RunContext): { merging?: { agent: string; tip: string } } =>
  request.purpose === 'resolve' && base !== null && main !== null ? { merging: { agent: base, tip: main } } : {}

const step = (
  before: RunStates,
  event: LoopEvent,
  to: { run: boolean; task: (task: MachineState<TaskContext>) => boolean },
): Omit<Reaction, 'told'> => {
  const changed: string[] = []
  const actions: Action[] = []
  const advance = <C>(machine: typeof runMachine | typeof taskMachine, at: MachineState<C>): MachineState<C> => {
    const snapshot = machine.resolveState({ value: at.state, context: at.context } as never)
    const [next, done] = transition(machine as typeof runMachine, snapshot as never, event)
    const after = stateOf<C>(at.id, next)
    actions.push(...wanted(done))
    if (after.state !== at.state || JSON.stringify(after.context) !== JSON.stringify(at.context)) changed.push(at.id)
    return after
  }
  const run = before.run !== null && to.run ? advance(runMachine, before.run) : before.run
  const tasks = before.tasks.map(task => (to.task(task) ? advance(taskMachine, task) : task))
  return { states: { run, tasks }, changed, actions }
}

const stateOf = <C>(id: string, snapshot: AnyMachineSnapshot): MachineState<C> => ({
  id,
  state: snapshot.value as string,
  context: snapshot.context as C,
})

const wanted = (actions: readonly { type: string; params: unknown }[]): Action[] =>
  actions.flatMap(action => (isWanted(action.params) ? [action.params] : []))

const isWanted = (params: unknown): params is Action =>
  typeof params === 'object' && params !== null && typeof (params as { name?: unknown }).name === 'string'

/**
 * The one event the states themselves call for: a start, a skip, a train, or the run's settling. A function of the states alone,
 * so that a restart finds it again when the process died before it was handled.
 */
export const follow = ({ run, tasks }: RunStates): LoopEvent | null => {
  if (run === null || run.state !== 'working') return null
  const runId = run.id
  const next = schedule(
    inPlanOrder(run, tasks).map(task => ({ fact: task.context.fact, state: task.state })),
    { maxParallel: run.context.request.maxParallel },
  )
  const skip = next.skip[0]
  if (skip !== undefined) return { type: 'task.skipped', runId, ...skip }
  const start = next.start[0]
  if (start !== undefined) return { type: 'task.scheduled', runId, taskId: start }
  const train = nextTrain(tasks)
  if (train !== null) return { type: 'train.formed', runId, ...train }
  return next.settled ? { type: 'tasks.settled', runId, outcome: outcomeOf(tasks) } : null
}

/** By number, as they were planned, until the operator orders them anew. */
const inPlanOrder = (
  run: MachineState<RunContext>,
  tasks: MachineState<TaskContext>[],
): MachineState<TaskContext>[] => {
  const order = run.context.order ?? []
  const rank = new Map(order.map((taskId, index) => [taskId, index]))
  const rankOf = (task: MachineState<TaskContext>): number => rank.get(task.id) ?? order.length
  return tasks.toSorted((one, other) => rankOf(one) - rankOf(other))
}

/** A task that the operator took out of the plan says nothing about how the run went. */
const outcomeOf = (all: readonly MachineState<TaskContext>[]): RunOutcome => {
  const tasks = all.filter(task => task.state !== 'dropped')
  const some = (states: readonly string[]): boolean => tasks.some(task => isIn(states, task.state))
  if (some(['awaitingOperator'])) return 'awaitingOperator'
  if (some(['cancelled'])) return 'cancelled'
  // What the operator took out is settled by that.
  return tasks.every(task => isIn([...satisfiedTaskStates, 'rejected'], task.state)) ? 'done' : 'failed'
}

/** Folds a run's log, states, content and metering into one view. Reads only; works with all content erased. */
import { z } from 'zod'
import { type LoggedEvent, type LoopEventOf, RunOutcome, WaitReason } from '../domain/event.ts'
import { taskNumberOf } from '../domain/ids.ts'
import { Plan, type PlannedTask } from '../domain/plan.ts'
import type { RunView, TaskView } from '../domain/run-view.ts'
import type { Store } from './store.ts'
import { foldRejection, foldTaskEvent } from './task-view.ts'
import { foldTrainChecks, nameCompanions } from './train-view.ts'
import { readJson, type Words, wordsOf } from './words.ts'
import { workerCosts } from './worker-costs.ts'

/** What of a machine's context a view shows; other fields are the brain's own. */
const RestState = z.object({
  outcome: RunOutcome.nullish().catch(null),
  waitReason: WaitReason.nullish().catch(null),
})

const restingStates = ['done', 'failed', 'cancelled', 'awaitingOperator']

/** The view of a run, or null when the log knows no such run. */
export const readRunView = (store: Store, runId: string): RunView | null => {
  const events = store.events.ofRun(runId)
  const requested = events.find(logged => logged.event.type === 'run.requested')
  if (requested === undefined || requested.event.type !== 'run.requested') return null
  const { request } = requested.event
  const machines = new Map(store.machines.ofRun(runId).map(row => [row.id, row]))
  const own = machines.get(runId)
  const rest = RestState.safeParse(own?.context ?? {}).data ?? {}
  const state = own?.state ?? 'preparing'
  const goal = store.content.text(request.goalContentId)
  const view: RunView = {
    runId,
    state,
    outcome: restingStates.includes(state) ? (state as RunOutcome) : null,
    lane: request.lane,
    rehearsed: request.scenarioContentId !== null,
    containment: request.containment,
    network: request.network,
    independence: request.independence,
    goal,
    base: null,
    notes: [],
    planOrigin: null,
    planSummary: null,
    planReturned: 0,
    limits: request.limits,
    requestedAt: requested.at,
    endedAt: restingStates.includes(state) ? restedAt(events) : null,
    waitReason: state === 'awaitingOperator' ? (rest.waitReason ?? null) : null,
    waitDetail: null,
    limit: null,
    spending: store.requests.spending(runId),
    tasks: [],
    costs: workerCosts(store.requests.ofRun(runId)),
    launches: store.launches.ofRun(runId).map(({ id: _, runId: __, ...launch }) => launch),
    failures: [],
    erased: goal === null,
  }
  const words = wordsOf(store)
  for (const logged of events) foldEvent(view, logged, words)
  for (const task of view.tasks) {
    const machine = machines.get(task.taskId)
    task.state = machine?.state ?? task.state
    const waiting = RestState.safeParse(machine?.context ?? {}).data?.waitReason ?? null
    task.waitReason = task.state === 'awaitingOperator' ? waiting : null
  }
  nameCompanions(view.tasks)
  return view
}

const restedAt = (events: readonly LoggedEvent[]): number | null =>
  (events.findLast(({ event }) => event.type === 'run.concluded') ?? events.at(-1))?.at ?? null

const foldEvent = (view: RunView, { at, event }: LoggedEvent, words: Words): void => {
  if (event.type === 'base.ready') Object.assign(view, { base: event.base, notes: event.notes ?? [] })
  if (event.type === 'plan.ready') foldPlan(view, event, words)
  if (event.type === 'limit.reached') {
    view.limit = event.limit
    stopAttempts(view, at, 'limit')
  }
  if (event.type === 'operator.cancelled') stopAttempts(view, at, 'interrupted')
  if (event.type === 'base.refused' || event.type === 'plan.failed') {
    view.waitDetail = event.contentId === null ? null : words.text(event.contentId)
  }
  if (event.type === 'base.ready' || event.type === 'plan.ready') view.waitDetail = null
  if (event.type === 'effect.failed') {
    view.failures.push({ at, taskId: event.taskId, effect: event.effect, text: words.text(event.contentId) })
  }
  if (event.type === 'train.checked') foldTrainChecks(view.tasks, { at, event }, words)
  if (event.type === 'agent.rebuilt') {
    for (const one of view.tasks) if (event.tasks.includes(one.taskId)) foldRejection(one, { at, event }, words)
  }
  const task = 'taskId' in event ? view.tasks.find(one => one.taskId === event.taskId) : undefined
  if (task !== undefined) foldTaskEvent(task, { at, event }, words)
}

/** What was under way then was ended by us; its own end is never told. */
const stopAttempts = (view: RunView, at: number, why: 'limit' | 'interrupted'): void => {
  for (const { attempts } of view.tasks) {
    const last = attempts.at(-1)
    if (last !== undefined && last.endedAt === null) Object.assign(last, { endedAt: at, outcome: 'failed', class: why })
  }
}

const foldPlan = (view: RunView, event: LoopEventOf<'plan.ready'>, words: Words): void => {
  const plan = readJson(words.text(event.planContentId), Plan)
  view.planOrigin = event.origin
  view.planReturned = event.returned
  view.planSummary = plan?.summary ?? null
  view.tasks = event.tasks.map(fact =>
    emptyTask(
      fact,
      plan?.tasks.find(task => task.taskId === fact.taskId),
    ),
  )
}

const emptyTask = (fact: LoopEventOf<'plan.ready'>['tasks'][number], planned: PlannedTask | undefined): TaskView => ({
  ...fact,
  number: taskNumberOf(fact.taskId),
  title: planned?.title ?? null,
  state: 'pending',
  attempts: [],
  base: null,
  tip: null,
  lines: null,
  checks: [],
  verdicts: [],
  integrated: null,
  findings: [],
  answer: null,
  waitReason: null,
  skippedBecause: null,
})

/** Folds a run's log, states, content and metering into one view. Reads only; works with all content erased. */
import { z } from 'zod'
import type { LoggedEvent, LoopEventOf } from '../domain/event.ts'
import { RunOutcome, WaitReason } from '../domain/reasons.ts'
import type { RunPurpose } from '../domain/run-request.ts'
import type { LaunchView, RunView } from '../domain/run-view.ts'
import { foldPlanning } from './planning-view.ts'
import type { Store } from './store.ts'
import { foldRejection, foldTaskEvent } from './task-view.ts'
import { titled } from './titles.ts'
import { foldTrainChecks, nameCompanions } from './train-view.ts'
import { type Words, wordsOf } from './words.ts'
import { workerCosts } from './worker-costs.ts'

/** What of a machine's context a view shows; other fields are the brain's own. */
const RestState = z.object({
  outcome: RunOutcome.nullish().catch(null),
  waitReason: WaitReason.nullish().catch(null),
})

const restingStates = ['done', 'failed', 'cancelled', 'awaitingOperator']

/** The view of a run, or null when the log knows no such run. */
export const readRunView = (store: Store, runId: string): RunView | null => {
  const { events, clockBackMs } = inOrderOfTime(store.events.ofRun(runId))
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
    loosenedFrom: request.loosened?.from ?? null,
    rehearsed: request.scenarioContentId !== null,
    containment: request.containment,
    ...(request.asRoot === undefined ? {} : { asRoot: request.asRoot }),
    ...(request.shutTools === undefined ? {} : { shutTools: request.shutTools }),
    network: request.network,
    setupHosts: request.setupHosts,
    independence: request.independence,
    goal,
    base: null,
    notes: [],
    planOrigin: null,
    planSummary: null,
    planReturned: 0,
    planning: {
      purpose: request.purpose,
      planner: null,
      passedOver: [],
      questions: [],
      forecast: null,
      edits: 0,
      approvedAt: null,
    },
    limits: request.limits,
    requestedAt: requested.at,
    endedAt: restingStates.includes(state) ? restedAt(events) : null,
    waitReason: state === 'awaitingOperator' ? (rest.waitReason ?? null) : null,
    waitDetail: null,
    sync: isSync(request.purpose) ? { kind: null, main: null, base: null, checks: null } : null,
    mainState: null,
    alongside: [],
    limit: null,
    spending: store.requests.spending(runId),
    tasks: [],
    costs: workerCosts(store.requests.ofRun(runId)),
    launches: store.launches.ofRun(runId).map(({ id: _, runId: __, ...launch }) => endingAfterStart(launch)),
    clockBackMs,
    failures: [],
    erased: goal === null,
    ...importedFact(store, runId),
    erasedAt: events.findLast(({ event }) => event.type === 'content.erased')?.at ?? null,
  }
  const words = wordsOf(store, runId)
  for (const logged of events) foldEvent(view, logged, words)
  for (const task of view.tasks) {
    const machine = machines.get(task.taskId)
    task.state = machine?.state ?? task.state
    const waiting = RestState.safeParse(machine?.context ?? {}).data?.waitReason ?? null
    task.waitReason = task.state === 'awaitingOperator' ? waiting : null
  }
  nameCompanions(view.tasks)
  const last = events.findLast(({ event }) => event.type === 'run.concluded')?.event
  if (last?.type === 'run.concluded') view.alongside = titled(store, view, last.alongside ?? [])
  return view
}

const importedFact = (store: Store, runId: string): Pick<RunView, 'imported'> => {
  const row = store.imports.of(runId)
  return row === null ? {} : { imported: { at: row.at, agentlab: row.agentlab } }
}

/**
 * The order is the log's. Where the machine's clock was set back between two supervisors, what came later is told as of
 * the latest time seen, so that nothing takes less than no time; how far it was set back is told beside it.
 */
const inOrderOfTime = (logged: readonly LoggedEvent[]): { events: LoggedEvent[]; clockBackMs: number } => {
  let [latest, clockBackMs] = [0, 0]
  const events = logged.map(one => {
    clockBackMs = Math.max(clockBackMs, latest - one.at)
    latest = Math.max(latest, one.at)
    return { ...one, at: latest }
  })
  return { events, clockBackMs }
}

const endingAfterStart = (launch: LaunchView): LaunchView => ({
  ...launch,
  endedAt: launch.endedAt === null ? null : Math.max(launch.startedAt, launch.endedAt),
})

const restedAt = (events: readonly LoggedEvent[]): number | null =>
  (
    events.findLast(({ event }) => event.type === 'run.concluded') ??
    events.findLast(({ event }) => event.type !== 'content.erased')
  )?.at ?? null

const foldEvent = (view: RunView, { at, event }: LoggedEvent, words: Words): void => {
  if (event.type === 'base.ready') foldBase(view, event, words)
  if (event.type === 'run.concluded') view.mainState = event.main ?? null
  foldPlanning(view, { at, event }, words)
  if (event.type === 'limit.reached') {
    view.limit = event.limit
    stopAttempts(view, at, 'limit')
  }
  // Granted once more, it stops nothing now.
  if (event.type === 'operator.resumed') view.limit = null
  if (event.type === 'operator.cancelled') stopAttempts(view, at, 'interrupted')
  if (event.type === 'base.refused' || event.type === 'plan.refused' || event.type === 'plan.failed') {
    view.waitDetail = event.contentId === null ? null : words.text(event.contentId)
  }
  if (plansOn.includes(event.type)) view.waitDetail = null
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

/** After these nothing waits for what had failed before. */
const plansOn: readonly LoggedEvent['event']['type'][] = ['base.ready', 'plan.ready', 'plan.asked']

const isSync = (purpose: RunPurpose): boolean => purpose === 'sync' || purpose === 'resolve'

const foldBase = (view: RunView, event: LoopEventOf<'base.ready'>, words: Words): void => {
  Object.assign(view, { base: event.base, notes: event.notes ?? [] })
  if (view.sync === null) return
  const { base, main, sync: kind, checks } = event
  const results = checks === undefined ? [] : words.checkResults(checks.resultsContentId, checks.tree)
  view.sync = { kind, main, base, checks: checks === undefined ? null : { status: checks.status, results } }
}

/** What was under way then was ended by us; its own end is never told. */
const stopAttempts = (view: RunView, at: number, why: 'limit' | 'interrupted'): void => {
  for (const { attempts } of view.tasks) {
    const last = attempts.at(-1)
    if (last !== undefined && last.endedAt === null) Object.assign(last, { endedAt: at, outcome: 'failed', class: why })
  }
}

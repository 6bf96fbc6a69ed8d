/** Facts for tests of the brain: requests, tasks, events with ids that read well. */
import type { FailureClass } from '../../src/domain/attempt.ts'
import { unmeasured } from '../../src/domain/attempt.ts'
import type { LoopEvent, LoopEventOf, TaskFact } from '../../src/domain/event.ts'
import { taskIdOf } from '../../src/domain/ids.ts'
import type { RunRequest } from '../../src/domain/run-request.ts'
import { type RunStates, react } from '../../src/supervisor/brain.ts'

export const runId = 'testrun1'

export const oid = (n: number): string => n.toString(16).padStart(40, '0')

export const contentId = (n: number): string => `c-${n.toString(36).padStart(16, '0')}`

export const request = (over: Partial<RunRequest> = {}): RunRequest => ({
  lane: 'personal',
  goalContentId: contentId(1),
  configContentId: contentId(2),
  configHash: 'hash',
  planContentId: null,
  scenarioContentId: null,
  containment: 'boxed',
  network: 'gate',
  setupHosts: null,
  workers: ['claude', 'codex', 'gemini'],
  maxParallel: 3,
  maxAttempts: 3,
  independence: 'vendor',
  limits: { requests: 10, tokens: 1_000, minutes: 1, attemptWallMs: 1, modelSilenceMs: 1, toolSilenceMs: 1 },
  purpose: 'work',
  reviewPlan: false,
  ...over,
})

export const taskId = (number: number, run = runId): string => taskIdOf(run, number)

export const fact = (number: number, over: Partial<TaskFact> = {}, run = runId): TaskFact => ({
  taskId: taskId(number, run),
  kind: 'change',
  dependsOn: [],
  worker: 'claude',
  risk: 'low',
  ...over,
})

export const planReady = (tasks: TaskFact[], run = runId): LoopEvent => ({
  type: 'plan.ready',
  runId: run,
  planContentId: contentId(3),
  forecastContentId: null,
  origin: 'model',
  planner: 'claude',
  passedOver: [],
  returned: 0,
  tasks,
})

export const baseReady = (run = runId): LoopEvent => ({
  type: 'base.ready',
  runId: run,
  base: oid(1),
  main: oid(1),
  sync: 'none',
})

const of = (number: number) => ({ runId, taskId: taskId(number) })

export const finished = (over: Partial<LoopEventOf<'attempt.finished'>> = {}, number = 1): LoopEvent => ({
  type: 'attempt.finished',
  ...of(number),
  outcome: 'answered',
  class: null,
  retryInMs: null,
  usage: unmeasured,
  answerContentId: contentId(9),
  dropped: 0,
  ...over,
})

export const attemptFailed = (failure: FailureClass, retryInMs: number | null = null): LoopEvent =>
  finished({ outcome: 'failed', class: failure, retryInMs, answerContentId: null })

export const harvested = (tip: number, number = 1): LoopEvent => ({
  type: 'work.harvested',
  ...of(number),
  tip: oid(tip),
  base: oid(1),
  files: 1,
  added: 1,
  deleted: 0,
  uncommitted: false,
  findingsContentId: null,
})

export const workEmpty = (): LoopEvent => ({ type: 'work.empty', ...of(1), findingsContentId: contentId(20) })

export const conflicted = (): LoopEvent => ({
  type: 'merge.conflicted',
  ...of(1),
  agent: oid(7),
  files: 1,
  findingsContentId: contentId(21),
})

export const checked = (status: LoopEventOf<'checks.finished'>['status'] = 'passed', tip = 2): LoopEvent => ({
  type: 'checks.finished',
  ...of(1),
  tip: oid(tip),
  agent: oid(1),
  tree: oid(30),
  status,
  resultsContentId: contentId(22),
  findingsContentId: status === 'failed' ? contentId(23) : null,
  environmentContentId: null,
})

export const verdict = (over: Partial<LoopEventOf<'verdict.given'>> = {}): LoopEvent => ({
  type: 'verdict.given',
  ...of(1),
  tip: oid(2),
  verifier: 'codex',
  value: 'pass',
  inconclusive: null,
  sameVendor: false,
  verdictContentId: contentId(24),
  findingsContentId: null,
  class: null,
  retryInMs: null,
  usage: unmeasured,
  ...over,
})

export const integrated = (): LoopEvent => ({
  type: 'task.integrated',
  ...of(1),
  commit: oid(40),
  agent: oid(1),
  tip: oid(2),
  tree: oid(30),
})

export const trainEnded = (train = 1): LoopEvent => ({ type: 'train.ended', runId, train, checkRuns: 0 })

export const agentMoved = (): LoopEvent => ({ type: 'agent.moved', ...of(1) })

export const effectFailed = (taskId: string | null, effect: string): LoopEvent => ({
  type: 'effect.failed',
  runId,
  taskId,
  effect,
  contentId: contentId(25),
})

export const timerFired = (key: string, taskId: string | null): LoopEvent => ({
  type: 'timer.fired',
  runId,
  taskId,
  key,
})

export const planAsked: LoopEvent = {
  type: 'plan.asked',
  runId,
  planner: 'claude',
  contentId: contentId(4),
  returned: 0,
}
export const answered: LoopEvent = { type: 'operator.answered', runId, commandId: 'd', answerContentId: contentId(5) }
export const approved: LoopEvent = { type: 'plan.approved', runId, commandId: 'e', hash: 'hash' }

export const planEdited = (tasks: TaskFact[], dropped: string[] = []): LoopEvent => ({
  type: 'plan.edited',
  runId,
  commandId: 'f',
  planContentId: contentId(6),
  forecastContentId: null,
  tasks,
  dropped,
})

export const cancelled: LoopEvent = { type: 'operator.cancelled', runId, commandId: 'a' }
export const resumed: LoopEvent = { type: 'operator.resumed', runId, commandId: 'b', extra: false }
export const limitReached: LoopEvent = { type: 'limit.reached', runId, limit: 'tokens' }

/** Handles events and, after each, everything the states themselves call for; gives states and the last actions. */
export const play = (events: readonly LoopEvent[], from: RunStates = { run: null, tasks: [] }) => {
  let states = from
  let actions: ReturnType<typeof react>['actions'] = []
  for (const event of events) {
    actions = []
    for (let next: LoopEvent | null = event; next !== null; ) {
      const reaction = react(states, next)
      states = reaction.states
      actions.push(...reaction.actions)
      next = reaction.told
    }
  }
  return { states, actions, task: states.tasks[0], run: states.run }
}

/** A run whose plan is ready: its first tasks are at work. */
export const begun = (tasks: TaskFact[] = [fact(1)], over: Partial<RunRequest> = {}): LoopEvent[] => [
  { type: 'run.requested', runId, request: request(over) },
  baseReady(),
  planReady(tasks),
]

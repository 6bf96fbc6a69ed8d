/**
 * The life of a task, as a flat machine used purely: it decides what comes next and names it; it touches nothing.
 * Effects and timers are named actions with JSON parameters (no invoke, after, spawn or child: a test refuses them).
 */
import { and, assign, setup } from 'xstate'
import type { FailureClass } from '../domain/attempt.ts'
import type { Action, AttemptMode, Effect } from '../domain/effect.ts'
import type { LoopEvent, RunRequest, TaskFact, WaitReason } from '../domain/event.ts'
import type { ContentId, Oid } from '../domain/ids.ts'
import type { WorkerName } from '../domain/lane.ts'
import { backoffMs, canWait, isTransient } from './backoff.ts'

/** Where a task that waited for the operator goes on. */
export type ResumePoint = 'pending' | 'harvesting' | 'merging' | 'verifying'

export interface TaskContext {
  runId: string
  taskId: string
  fact: TaskFact
  independence: RunRequest['independence']
  maxAttempts: number
  /** Attempts begun so far; each costs money and is shown. */
  attempt: number
  /** Starts of the current attempt, from 1. */
  launch: number
  /** The next start continues the current attempt instead of counting a new one. */
  relaunch: boolean
  mode: AttemptMode
  sessionId: string | null
  findingsContentId: ContentId | null
  answerContentId: ContentId | null
  base: Oid | null
  tip: Oid | null
  agent: Oid | null
  tree: Oid | null
  resultsContentId: ContentId | null
  /** The tip a passing verdict was given on; the verdict stands while the tip stands. */
  verdictTip: Oid | null
  round: number
  avoid: WorkerName[]
  conflicts: number
  /** Waits for the provider since the last progress. */
  waits: number
  waitReason: WaitReason | null
  resumeTo: ResumePoint
}

/** Conflicts with what others integrated meanwhile, after which a person is asked. */
const maxConflicts = 3
/** Verifiers asked about one tip before a person is asked. */
const maxRounds = 2

type Ctx = { context: TaskContext }
type TaskEvent = LoopEvent

export interface TaskInput {
  runId: string
  taskId: string
  fact: TaskFact
  request: RunRequest
}

const waitFor = (reason: WaitReason, resumeTo: ResumePoint) => ({ waitReason: reason, resumeTo })

const machine = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskEvent,
    input: {} as TaskInput,
  },
  guards: {
    attemptsLeft: ({ context }) => context.attempt < context.maxAttempts,
    conflictsLeft: ({ context }) => context.conflicts < maxConflicts,
    isResearchAnswer: ({ context, event }) =>
      context.fact.kind === 'research' &&
      event.type === 'attempt.finished' &&
      event.outcome === 'answered' &&
      event.answerContentId !== null,
    isChange: ({ context }) => context.fact.kind === 'change',
    isAnswered: ({ event }) => event.type === 'attempt.finished' && event.outcome === 'answered',
    failedBy: ({ event }, failure: FailureClass) =>
      (event.type === 'attempt.finished' || event.type === 'verdict.given') && event.class === failure,
    failedForNow: ({ context, event }) =>
      (event.type === 'attempt.finished' || event.type === 'verdict.given') &&
      isTransient(event.class) &&
      canWait(context.waits),
    failedTransiently: ({ event }) =>
      (event.type === 'attempt.finished' || event.type === 'verdict.given') && isTransient(event.class),
    checksFailed: ({ event }) => event.type === 'checks.finished' && event.status === 'failed',
    verdictStands: ({ context }) => context.verdictTip !== null && context.verdictTip === context.tip,
    verdictPassed: ({ event }) => event.type === 'verdict.given' && event.value === 'pass',
    verdictFailed: ({ event }) => event.type === 'verdict.given' && event.value === 'fail',
    roundsLeft: ({ context }) => context.round < maxRounds,
    resumesAt: ({ context }, point: ResumePoint) => context.resumeTo === point,
    isMyTimer: ({ context, event }) => event.type === 'timer.fired' && event.key === timerKey(context),
  },
  actions: {
    'attempt.run': (_, _effect: Effect) => {},
    'work.harvest': (_, _effect: Effect) => {},
    'merge.check': (_, _effect: Effect) => {},
    'verdict.seek': (_, _effect: Effect) => {},
    'task.integrate': (_, _effect: Effect) => {},
    'timer.set': (_, _timer: Action) => {},
    'timer.clear': (_, _timer: Action) => {},
    'effects.void': (_, _void: Action) => {},

    beginAttempt: assign(({ context }) =>
      context.relaunch && context.attempt > 0
        ? { relaunch: false, launch: context.launch + 1, waitReason: null }
        : { attempt: context.attempt + 1, launch: 1, waitReason: null },
    ),
    rememberSession: assign(({ event }) => (event.type === 'session.known' ? { sessionId: event.sessionId } : {})),
    rememberAnswer: assign(({ event }) =>
      event.type === 'attempt.finished' ? { answerContentId: event.answerContentId, waits: 0 } : {},
    ),
    rememberWork: assign(({ event }) =>
      event.type === 'work.harvested' ? { tip: event.tip, base: event.base, waits: 0, round: 1, avoid: [] } : {},
    ),
    rememberChecks: assign(({ event }) =>
      event.type === 'checks.finished' ? { agent: event.agent, tree: event.tree, resultsContentId: event.resultsContentId } : {},
    ),
    rememberVerdict: assign(({ context }) => ({ verdictTip: context.tip, waits: 0 })),
    nextVerifier: assign(({ context, event }) =>
      event.type === 'verdict.given' && event.verifier !== null
        ? { round: context.round + 1, avoid: [...context.avoid, event.verifier] }
        : { round: context.round + 1 },
    ),
    countVerifierWait: assign(({ context }) => ({ waits: context.waits + 1 })),
    countWait: assign(({ context }) => ({ waits: context.waits + 1, relaunch: true })),
    /** The findings go back to the same seat's session. */
    reviseWithFindings: assign(({ event }) => ({
      mode: 'revise' as const,
      relaunch: false,
      findingsContentId: 'findingsContentId' in event ? event.findingsContentId : null,
    })),
    /** The last try left nothing worth keeping a conversation for: a new session, same statement. */
    startAfresh: assign(({ context }) => ({
      mode: context.mode === 'start' ? ('start' as const) : context.mode,
      relaunch: false,
      sessionId: null,
    })),
    reviseConflict: assign(({ context, event }) =>
      event.type === 'merge.conflicted'
        ? {
            mode: 'conflict' as const,
            relaunch: false,
            conflicts: context.conflicts + 1,
            agent: event.agent,
            findingsContentId: event.findingsContentId,
          }
        : {},
    ),
    wait: assign((_, params: { waitReason: WaitReason; resumeTo: ResumePoint }) => params),
    keepAttempt: assign({ relaunch: true }),
    waitBecauseRefused: assign(({ event }) =>
      event.type === 'integration.refused' ? { waitReason: event.reason, resumeTo: 'merging' as const } : {},
    ),
    /** What the operator's "go on" grants: a new round of attempts, conflicts, verifiers and waits. */
    grantMore: assign(({ context }) => ({
      waits: 0,
      round: 1,
      avoid: [] as WorkerName[],
      conflicts: 0,
      ...(context.waitReason === 'attemptsUsed'
        ? { maxAttempts: context.attempt + context.maxAttempts, relaunch: false }
        : {}),
      waitReason: null,
    })),
  },
})

const timerKey = (context: TaskContext): string => `${context.taskId}/wait`

const keyOf = (context: TaskContext, name: string): string =>
  `${context.taskId}/${name}/${context.attempt}.${context.launch}.${context.round}`

const ids = (context: TaskContext) => ({ runId: context.runId, taskId: context.taskId })

const retryInMsOf = (event: TaskEvent): number | null =>
  event.type === 'attempt.finished' || event.type === 'verdict.given' ? event.retryInMs : null

const attemptRun = {
  type: 'attempt.run' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'attempt.run',
    key: keyOf(context, 'attempt.run'),
    ...ids(context),
    worker: context.fact.worker,
    attempt: context.attempt,
    launch: context.launch,
    mode: context.mode,
    sessionId: context.sessionId,
    findingsContentId: context.findingsContentId,
    agent: context.mode === 'conflict' ? context.agent : null,
    tip: context.mode === 'conflict' ? context.tip : null,
  }),
}

const workHarvest = {
  type: 'work.harvest' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'work.harvest',
    key: keyOf(context, 'work.harvest'),
    ...ids(context),
    worker: context.fact.worker,
    attempt: context.attempt,
  }),
}

const mergeCheck = {
  type: 'merge.check' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'merge.check',
    key: keyOf(context, 'merge.check'),
    ...ids(context),
    tip: context.tip!,
  }),
}

const verdictSeek = {
  type: 'verdict.seek' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'verdict.seek',
    key: keyOf(context, 'verdict.seek'),
    ...ids(context),
    tip: context.tip!,
    author: context.fact.worker,
    round: context.round,
    avoid: context.avoid,
    resultsContentId: context.resultsContentId!,
  }),
}

const taskIntegrate = {
  type: 'task.integrate' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'task.integrate',
    key: keyOf(context, 'task.integrate'),
    ...ids(context),
    tip: context.tip!,
    agent: context.agent!,
    tree: context.tree!,
    worker: context.fact.worker,
  }),
}

const setTimer = {
  type: 'timer.set' as const,
  params: ({ context, event }: Ctx & { event: TaskEvent }): Action => ({
    name: 'timer.set',
    key: timerKey(context),
    ...ids(context),
    dueInMs: backoffMs(context.waits, retryInMsOf(event)),
  }),
}

const clearTimer = {
  type: 'timer.clear' as const,
  params: ({ context }: Ctx): Action => ({ name: 'timer.clear', key: timerKey(context) }),
}

const voidEffects = {
  type: 'effects.void' as const,
  params: ({ context }: Ctx): Action => ({ name: 'effects.void', ...ids(context) }),
}

const wait = (reason: WaitReason, resumeTo: ResumePoint) => ({ type: 'wait' as const, params: waitFor(reason, resumeTo) })

const waiting = (reason: WaitReason, resumeTo: ResumePoint) => ({
  target: 'awaitingOperator' as const,
  actions: wait(reason, resumeTo),
})

/** Waits in the middle of an attempt: going on continues that attempt and counts no new one. */
const waitingInAttempt = (reason: WaitReason) => ({
  target: 'awaitingOperator' as const,
  actions: ['keepAttempt' as const, wait(reason, 'pending')],
})

/** What can end or stop any stage; work goes on at `resumeTo` when the operator says so. */
const interruptible = (resumeTo: ResumePoint) => ({
  'operator.cancelled': { target: 'cancelled' as const, actions: voidEffects },
  'limit.reached': {
    target: 'awaitingOperator' as const,
    actions: [voidEffects, wait('limitReached', resumeTo)],
  },
  'effect.failed': waiting('effectFailed', resumeTo),
})

/** Out of attempts: the findings are kept for the operator, and for the worker should he grant more. */
const askForAttempts = {
  target: 'awaitingOperator' as const,
  actions: ['reviseWithFindings' as const, wait('attemptsUsed', 'pending')],
}

/** Back to the worker with what was found, or to the operator when its attempts are used. */
const reviseOrAsk = [
  { guard: 'attemptsLeft' as const, target: 'pending' as const, actions: 'reviseWithFindings' as const },
  askForAttempts,
]

export const taskMachine = machine.createMachine({
  id: 'task',
  initial: 'pending',
  context: ({ input }) => ({
    runId: input.runId,
    taskId: input.taskId,
    fact: input.fact,
    independence: input.request.independence,
    maxAttempts: input.request.maxAttempts,
    attempt: 0,
    launch: 0,
    relaunch: false,
    mode: 'start',
    sessionId: null,
    findingsContentId: null,
    answerContentId: null,
    base: null,
    tip: null,
    agent: null,
    tree: null,
    resultsContentId: null,
    verdictTip: null,
    round: 1,
    avoid: [],
    conflicts: 0,
    waits: 0,
    waitReason: null,
    resumeTo: 'pending',
  }),
  states: {
    pending: {
      on: {
        ...interruptible('pending'),
        'task.scheduled': { target: 'working', actions: 'beginAttempt' },
        'task.skipped': 'skipped',
      },
    },
    working: {
      entry: attemptRun,
      on: {
        ...interruptible('pending'),
        'limit.reached': {
          target: 'awaitingOperator',
          actions: [voidEffects, 'keepAttempt', wait('limitReached', 'pending')],
        },
        'effect.failed': waitingInAttempt('effectFailed'),
        'session.known': { actions: 'rememberSession' },
        'attempt.finished': [
          { guard: 'isResearchAnswer', target: 'recorded', actions: 'rememberAnswer' },
          { guard: and(['isAnswered', 'isChange']), target: 'harvesting', actions: 'rememberAnswer' },
          { guard: 'failedForNow', target: 'backingOff', actions: 'countWait' },
          { guard: 'failedTransiently', ...waitingInAttempt('providerDown') },
          { guard: { type: 'failedBy', params: 'auth' }, ...waitingInAttempt('loginNeeded') },
          { guard: { type: 'failedBy', params: 'limit' }, ...waitingInAttempt('limitReached') },
          { guard: 'attemptsLeft', target: 'pending', actions: 'startAfresh' },
          waiting('attemptsUsed', 'pending'),
        ],
      },
    },
    backingOff: {
      entry: setTimer,
      exit: clearTimer,
      on: {
        ...interruptible('pending'),
        'timer.fired': { guard: 'isMyTimer', target: 'pending' },
      },
    },
    harvesting: {
      entry: workHarvest,
      on: {
        ...interruptible('harvesting'),
        'work.harvested': { target: 'merging', actions: 'rememberWork' },
        'work.empty': reviseOrAsk,
        'work.refused': reviseOrAsk,
      },
    },
    merging: {
      entry: mergeCheck,
      on: {
        ...interruptible('merging'),
        'merge.conflicted': [
          { guard: 'conflictsLeft', target: 'pending', actions: 'reviseConflict' },
          waiting('conflictUnresolved', 'merging'),
        ],
        'checks.finished': [
          { guard: and(['checksFailed', 'attemptsLeft']), target: 'pending', actions: 'reviseWithFindings' },
          { guard: 'checksFailed', ...askForAttempts },
          { guard: 'verdictStands', target: 'integrating', actions: 'rememberChecks' },
          { target: 'verifying', actions: 'rememberChecks' },
        ],
      },
    },
    verifying: {
      entry: verdictSeek,
      on: {
        ...interruptible('verifying'),
        'verdict.given': [
          { guard: 'verdictPassed', target: 'integrating', actions: 'rememberVerdict' },
          {
            guard: and(['verdictFailed', 'attemptsLeft']),
            target: 'pending',
            actions: 'reviseWithFindings',
          },
          { guard: 'verdictFailed', ...askForAttempts },
          { guard: 'failedForNow', target: 'verifierBackingOff', actions: 'countVerifierWait' },
          { guard: 'failedTransiently', ...waiting('providerDown', 'verifying') },
          { guard: { type: 'failedBy', params: 'auth' }, ...waiting('loginNeeded', 'verifying') },
          { guard: { type: 'failedBy', params: 'limit' }, ...waiting('limitReached', 'verifying') },
          { guard: 'roundsLeft', target: 'verifying', reenter: true, actions: 'nextVerifier' },
          waiting('verdictInconclusive', 'verifying'),
        ],
      },
    },
    verifierBackingOff: {
      entry: setTimer,
      exit: clearTimer,
      on: { ...interruptible('verifying'), 'timer.fired': { guard: 'isMyTimer', target: 'verifying' } },
    },
    integrating: {
      entry: taskIntegrate,
      on: {
        ...interruptible('merging'),
        'task.integrated': 'integrated',
        'agent.moved': 'merging',
        'integration.refused': { target: 'awaitingOperator', actions: 'waitBecauseRefused' },
      },
    },
    awaitingOperator: {
      on: {
        'operator.cancelled': { target: 'cancelled', actions: voidEffects },
        'operator.resumed': [
          { guard: { type: 'resumesAt', params: 'harvesting' }, target: 'harvesting', actions: 'grantMore' },
          { guard: { type: 'resumesAt', params: 'merging' }, target: 'merging', actions: 'grantMore' },
          { guard: { type: 'resumesAt', params: 'verifying' }, target: 'verifying', actions: 'grantMore' },
          { target: 'pending', actions: 'grantMore' },
        ],
      },
    },
    integrated: { type: 'final' },
    recorded: { type: 'final' },
    skipped: { type: 'final' },
    cancelled: { type: 'final' },
  },
})

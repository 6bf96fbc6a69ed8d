/**
 * The life of a run, as a flat machine used purely. Its tasks have machines of their own (task-machine.ts); its words lie
 * beside it: run-context, run-effects.
 */
import { assign, setup } from 'xstate'
import type { Action, Effect } from '../domain/effect.ts'
import type { LoopEvent } from '../domain/event.ts'
import type { RunOutcome, WaitReason } from '../domain/reasons.ts'
import type { RunRequest } from '../domain/run-request.ts'
import { backoffMs, canWait, isAtLimit, isTransient } from './backoff.ts'
import { type Ctx, newRun, type RunContext, type RunResumePoint, rejectionOf, timerKeyOf } from './run-context.ts'
import { agentRebuild, basePrepare, planMake, runConclude, voidEffects } from './run-effects.ts'

const maxPlanTries = 3

const machine = setup({
  types: { context: {} as RunContext, events: {} as LoopEvent, input: {} as { runId: string; request: RunRequest } },
  guards: {
    planFailedForNow: ({ context, event }) =>
      event.type === 'plan.failed' && isTransient(event.class) && canWait(context.waits),
    planFailedAtLimit: ({ event }) => event.type === 'plan.failed' && isAtLimit(event.class),
    planFailedTransiently: ({ event }) => event.type === 'plan.failed' && isTransient(event.class),
    planFailedBy: ({ event }, failure: string) => event.type === 'plan.failed' && event.class === failure,
    /** A sync is done with the base; so is one that was to resolve a conflict and found none. */
    needsNoPlan: ({ context, event }) =>
      event.type === 'base.ready' &&
      (context.request.purpose === 'sync' || (context.request.purpose === 'resolve' && event.sync !== 'conflict')),
    triesLeft: ({ context }) => context.tries < maxPlanTries,
    endsWithPlan: ({ context }) => context.request.purpose === 'plan',
    reviewsPlan: ({ context }) => context.request.reviewPlan,
    waitsFor: ({ context }, reason: WaitReason) => context.waitReason === reason,
    settledAs: ({ context }, outcome: RunOutcome) => context.outcome === outcome,
    resumesAt: ({ context }, point: RunResumePoint) => context.resumeTo === point,
    isMyTimer: ({ context, event }) => event.type === 'timer.fired' && event.key === timerKeyOf(context),
    isOfRun: ({ event }) => event.type === 'effect.failed' && event.taskId === null,
    /** What waits for the operator can still go on, whatever failed at tidying up. */
    isOfWaitingRun: ({ context, event }) =>
      event.type === 'effect.failed' && event.taskId === null && context.outcome === 'awaitingOperator',
  },
  actions: {
    'base.prepare': (_, _effect: Effect) => {},
    'plan.make': (_, _effect: Effect) => {},
    'agent.rebuild': (_, _effect: Effect) => {},
    'run.conclude': (_, _effect: Effect) => {},
    'timer.set': (_, _timer: Action) => {},
    'timer.clear': (_, _timer: Action) => {},
    'effects.void': (_, _void: Action) => {},
    rememberBase: assign(({ event }) => (event.type === 'base.ready' ? { base: event.base, main: event.main } : {})),
    countTry: assign(({ context }) => ({ tries: context.tries + 1 })),
    countWait: assign(({ context }) => ({ waits: context.waits + 1 })),
    settle: assign(({ event }) =>
      event.type === 'tasks.settled' ? { outcome: event.outcome, resumeTo: 'working' as const } : {},
    ),
    settleAs: assign((_, outcome: RunOutcome) => ({ outcome })),
    wait: assign((_, params: { waitReason: WaitReason; resumeTo: RunResumePoint }) => ({
      ...params,
      outcome: 'awaitingOperator' as const,
    })),
    waitBecauseRefused: assign(({ event }, resumeTo: RunResumePoint) =>
      event.type === 'base.refused' || event.type === 'plan.refused'
        ? { waitReason: event.reason, resumeTo, outcome: 'awaitingOperator' as const }
        : {},
    ),
    rememberRejection: assign(({ event }) =>
      event.type === 'operator.rejected'
        ? { rejection: rejectionOf(event), outcome: null, waitReason: null, resumeTo: 'working' as const }
        : {},
    ),
    followAgent: assign(({ context, event }) =>
      event.type === 'rebuild.raced' && context.rejection !== null
        ? { rejection: { ...context.rejection, agent: event.agent } }
        : {},
    ),
    forgetRejection: assign({ rejection: null }),
    noteLimit: assign({ waitReason: 'limitReached' as const, resumeTo: 'working' as const }),
    rememberOrder: assign(({ event }) =>
      event.type === 'plan.edited' ? { order: event.tasks.map(task => task.taskId) } : {},
    ),
    goOn: assign({ waits: 0, tries: 0, outcome: null, waitReason: null }),
    grantMore: assign(({ context, event }) => ({
      waits: 0,
      tries: 0,
      outcome: null,
      waitReason: null,
      grants: context.grants + (event.type === 'operator.resumed' && event.extra ? 1 : 0),
    })),
  },
})

const waiting = (waitReason: WaitReason, resumeTo: RunResumePoint) => ({
  target: 'concluding' as const,
  actions: { type: 'wait' as const, params: { waitReason, resumeTo } },
})

/** At rest, whatever the end was: what stands on the integration branch can still be taken out. */
const rejectable = { 'operator.rejected': { target: 'rebuilding' as const, actions: 'rememberRejection' as const } }

const goOn = { target: 'working' as const, actions: 'forgetRejection' as const }

/** Before there are tasks, cancelling and limits end the stage itself. */
const interruptible = (resumeTo: RunResumePoint) => ({
  'operator.cancelled': {
    target: 'concluding' as const,
    actions: [voidEffects, { type: 'settleAs' as const, params: 'cancelled' as const }],
  },
  'limit.reached': {
    target: 'concluding' as const,
    actions: [voidEffects, { type: 'wait' as const, params: { waitReason: 'limitReached' as const, resumeTo } }],
  },
  'effect.failed': { guard: 'isOfRun' as const, ...waiting('effectFailed', resumeTo) },
})

export const runMachine = machine.createMachine({
  id: 'run',
  initial: 'preparing',
  context: newRun,
  states: {
    preparing: {
      entry: basePrepare,
      on: {
        ...interruptible('preparing'),
        'base.ready': [
          {
            guard: 'needsNoPlan',
            target: 'concluding',
            actions: ['rememberBase', { type: 'settleAs', params: 'done' }],
          },
          { target: 'planning', actions: 'rememberBase' },
        ],
        'base.refused': { target: 'concluding', actions: { type: 'waitBecauseRefused', params: 'preparing' } },
      },
    },
    planning: {
      entry: ['countTry', planMake],
      on: {
        ...interruptible('planning'),
        'plan.ready': [
          { guard: 'endsWithPlan', target: 'concluding', actions: { type: 'settleAs', params: 'done' } },
          { guard: 'reviewsPlan', ...waiting('planReview', 'working') },
          { target: 'working' },
        ],
        'plan.refused': { target: 'concluding', actions: { type: 'waitBecauseRefused', params: 'planning' } },
        'plan.asked': waiting('plannerAsks', 'planning'),
        'plan.failed': [
          { guard: 'planFailedForNow', target: 'planBackingOff', actions: 'countWait' },
          { guard: 'planFailedTransiently', ...waiting('providerDown', 'planning') },
          { guard: { type: 'planFailedBy', params: 'auth' }, ...waiting('loginNeeded', 'planning') },
          { guard: 'planFailedAtLimit', ...waiting('limitReached', 'planning') },
          { guard: { type: 'planFailedBy', params: 'noSpace' }, ...waiting('diskFull', 'planning') },
          { guard: 'triesLeft', target: 'planning', reenter: true },
          waiting('effectFailed', 'planning'),
        ],
      },
    },
    planBackingOff: {
      entry: {
        type: 'timer.set',
        params: ({ context, event }: Ctx & { event: LoopEvent }): Action => ({
          name: 'timer.set',
          key: timerKeyOf(context),
          runId: context.runId,
          taskId: null,
          dueInMs: backoffMs(context.waits, event.type === 'plan.failed' ? event.retryInMs : null),
        }),
      },
      exit: {
        type: 'timer.clear',
        params: ({ context }: Ctx): Action => ({ name: 'timer.clear', key: timerKeyOf(context) }),
      },
      on: { ...interruptible('planning'), 'timer.fired': { guard: 'isMyTimer', target: 'planning' } },
    },
    working: {
      on: {
        /** Tasks stop themselves; the run settles when the last one has. */
        'limit.reached': { actions: 'noteLimit' },
        'tasks.settled': { target: 'concluding', actions: 'settle' },
        'plan.edited': { actions: 'rememberOrder' },
      },
    },
    concluding: {
      entry: runConclude,
      on: {
        'run.concluded': [
          { guard: { type: 'settledAs', params: 'done' }, target: 'done' },
          { guard: { type: 'settledAs', params: 'cancelled' }, target: 'cancelled' },
          { guard: { type: 'settledAs', params: 'awaitingOperator' }, target: 'awaitingOperator' },
          { target: 'failed' },
        ],
        /** Cancelled while it came to rest: what still waited for the operator does not any more. */
        'operator.cancelled': {
          guard: { type: 'settledAs', params: 'awaitingOperator' },
          target: 'concluding',
          reenter: true,
          actions: [voidEffects, { type: 'settleAs', params: 'cancelled' }],
        },
        'effect.failed': [
          { guard: 'isOfWaitingRun', target: 'awaitingOperator' },
          { guard: 'isOfRun', target: 'failed' },
        ],
      },
    },
    /**
     * Only what rests comes here; afterwards it settles anew, with what was given back at work again. It is not called
     * off: the branch may have moved already.
     */
    rebuilding: {
      entry: agentRebuild,
      on: {
        'agent.rebuilt': goOn,
        'rebuild.refused': goOn,
        'rebuild.raced': { target: 'rebuilding', reenter: true, actions: 'followAgent' },
        'effect.failed': { guard: 'isOfRun', ...goOn },
      },
    },
    awaitingOperator: {
      on: {
        // What waits for its plan to be approved must not get past that this way; nothing of it is integrated anyhow.
        'operator.rejected': [
          { guard: { type: 'waitsFor', params: 'planReview' } },
          { guard: { type: 'waitsFor', params: 'plannerAsks' } },
          rejectable['operator.rejected'],
        ],
        'operator.cancelled': [
          {
            guard: { type: 'resumesAt', params: 'working' },
            target: 'working',
          },
          { target: 'concluding', actions: { type: 'settleAs', params: 'cancelled' } },
        ],
        'plan.approved': {
          guard: { type: 'waitsFor', params: 'planReview' },
          target: 'working',
          actions: 'goOn',
        },
        'operator.answered': {
          guard: { type: 'waitsFor', params: 'plannerAsks' },
          target: 'planning',
          actions: 'goOn',
        },
        'plan.edited': { actions: 'rememberOrder' },
        'operator.resumed': [
          // An approval or an answer is asked for: going on without it is nothing that can be granted.
          { guard: { type: 'waitsFor', params: 'planReview' } },
          { guard: { type: 'waitsFor', params: 'plannerAsks' } },
          { guard: { type: 'resumesAt', params: 'preparing' }, target: 'preparing', actions: 'grantMore' },
          { guard: { type: 'resumesAt', params: 'planning' }, target: 'planning', actions: 'grantMore' },
          { target: 'working', actions: 'grantMore' },
        ],
      },
    },
    done: { on: rejectable },
    failed: { on: rejectable },
    cancelled: { on: rejectable },
  },
})

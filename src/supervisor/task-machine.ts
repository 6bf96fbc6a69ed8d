/**
 * The life of a task, as a flat machine used purely: it decides what comes next and names it; it touches nothing.
 * Effects and timers are named actions with JSON parameters (no invoke, after, spawn or child: a test refuses them).
 * Its words lie beside it: task-context, task-guards, task-memory, task-effects.
 */
import { and, assign, setup } from 'xstate'
import type { Action, Effect } from '../domain/effect.ts'
import type { LoopEvent } from '../domain/event.ts'
import type { WaitReason } from '../domain/reasons.ts'
import { newTask, type ResumePoint, type TaskContext, type TaskInput } from './task-context.ts'
import {
  attemptRun,
  clearTimer,
  mergeCheck,
  setTimer,
  trainRun,
  verdictSeek,
  voidEffects,
  voidTrain,
  workHarvest,
} from './task-effects.ts'
import * as guards from './task-guards.ts'
import * as memory from './task-memory.ts'

const machine = setup({
  types: { context: {} as TaskContext, events: {} as LoopEvent, input: {} as TaskInput },
  guards: { ...guards },
  actions: {
    'attempt.run': (_, _effect: Effect) => {},
    'work.harvest': (_, _effect: Effect) => {},
    'merge.check': (_, _effect: Effect) => {},
    'verdict.seek': (_, _effect: Effect) => {},
    'train.run': (_, _effect: Effect) => {},
    'timer.set': (_, _timer: Action) => {},
    'timer.clear': (_, _timer: Action) => {},
    'effects.void': (_, _void: Action) => {},
    beginAttempt: assign(memory.beginAttempt),
    rememberSession: assign(memory.rememberSession),
    rememberAnswer: assign(memory.rememberAnswer),
    rememberWork: assign(memory.rememberWork),
    rememberChecks: assign(memory.rememberChecks),
    rememberVerdict: assign(memory.rememberVerdict),
    nextVerifier: assign(memory.nextVerifier),
    countVerifierWait: assign(memory.countVerifierWait),
    countWait: assign(memory.countWait),
    reviseWithFindings: assign(memory.reviseWithFindings),
    startAfresh: assign(memory.startAfresh),
    reviseConflict: assign(memory.reviseConflict),
    reviseRejected: assign(memory.reviseRejected),
    rememberRebase: assign(memory.rememberRebase),
    reviseCombined: assign(memory.reviseCombined),
    boardTrain: assign(memory.boardTrain),
    mergeAnew: assign(memory.mergeAnew),
    wait: assign(memory.wait),
    keepAttempt: assign(memory.keepAttempt),
    waitBecauseRefused: assign(memory.waitBecauseRefused),
    goOn: assign(memory.goOn),
    grantMore: assign(memory.grantMore),
    takeEdit: assign(memory.takeEdit),
  },
})

const wait = (waitReason: WaitReason, resumeTo?: ResumePoint) => ({
  type: 'wait' as const,
  params: resumeTo === undefined ? { waitReason } : { waitReason, resumeTo },
})

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
const interruptible = (resumeTo?: ResumePoint, stop: typeof voidEffects = voidEffects) => ({
  'operator.cancelled': { target: 'cancelled' as const, actions: stop },
  'limit.reached': {
    target: 'awaitingOperator' as const,
    actions: [stop, wait('limitReached', resumeTo)],
  },
  'effect.failed': { target: 'awaitingOperator' as const, actions: wait('effectFailed', resumeTo) },
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

/** Until its first attempt begins, a task is the operator's to drop or to change. */
const editable = {
  'plan.edited': [
    { guard: 'isDropped' as const, target: 'dropped' as const },
    { guard: 'isEditable' as const, actions: 'takeEdit' as const },
  ],
}

/** A conflict is nobody's mistake, until it comes again and again. */
const resolveOrAsk = [
  { guard: 'conflictsLeft' as const, target: 'pending' as const, actions: 'reviseConflict' as const },
  waiting('conflictUnresolved', 'merging'),
]

const refusedAt = (resumeTo: ResumePoint) => ({
  target: 'awaitingOperator' as const,
  actions: { type: 'waitBecauseRefused' as const, params: resumeTo },
})

export const taskMachine = machine.createMachine({
  id: 'task',
  initial: 'pending',
  context: newTask,
  states: {
    /** Waits for its turn: the scheduler's limits hold for every way into work, for going on as for starting. */
    pending: {
      on: {
        ...interruptible(),
        'task.scheduled': [
          { guard: { type: 'resumesAt', params: 'harvesting' }, target: 'harvesting', actions: 'goOn' },
          { guard: { type: 'resumesAt', params: 'merging' }, target: 'merging', actions: 'goOn' },
          { guard: { type: 'resumesAt', params: 'verifying' }, target: 'verifying', actions: 'goOn' },
          { target: 'working', actions: 'beginAttempt' },
        ],
        'task.skipped': 'skipped',
        ...editable,
      },
    },
    working: {
      entry: attemptRun,
      on: {
        'operator.cancelled': { target: 'cancelled', actions: voidEffects },
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
          { guard: 'failedAtLimit', ...waitingInAttempt('limitReached') },
          { guard: { type: 'failedBy', params: 'noSpace' }, ...waitingInAttempt('diskFull') },
          { guard: 'attemptsLeft', target: 'pending', actions: 'startAfresh' },
          { target: 'awaitingOperator', actions: ['startAfresh', wait('attemptsUsed', 'pending')] },
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
        'integration.refused': refusedAt('harvesting'),
      },
    },
    merging: {
      entry: mergeCheck,
      on: {
        ...interruptible('merging'),
        'merge.conflicted': resolveOrAsk,
        /** It was based on what the operator has taken out since, and can't stand without it. */
        'work.refused': reviseOrAsk,
        'work.rebased': { target: 'merging', reenter: true, actions: 'rememberRebase' },
        'integration.refused': refusedAt('merging'),
        'checks.finished': [
          { guard: and(['checksFailed', 'attemptsLeft']), target: 'pending', actions: 'reviseWithFindings' },
          { guard: 'checksFailed', ...askForAttempts },
          { guard: 'verdictStands', target: 'queued', actions: 'rememberChecks' },
          { target: 'verifying', actions: 'rememberChecks' },
        ],
      },
    },
    verifying: {
      entry: verdictSeek,
      on: {
        ...interruptible('verifying'),
        'verdict.given': [
          { guard: 'verdictPassed', target: 'queued', actions: 'rememberVerdict' },
          { guard: and(['verdictFailed', 'attemptsLeft']), target: 'pending', actions: 'reviseWithFindings' },
          { guard: 'verdictFailed', ...askForAttempts },
          { guard: 'failedForNow', target: 'verifierBackingOff', actions: 'countVerifierWait' },
          { guard: 'failedTransiently', ...waiting('providerDown', 'verifying') },
          { guard: { type: 'failedBy', params: 'auth' }, ...waiting('loginNeeded', 'verifying') },
          { guard: 'failedAtLimit', ...waiting('limitReached', 'verifying') },
          { guard: { type: 'failedBy', params: 'noSpace' }, ...waiting('diskFull', 'verifying') },
          { guard: 'roundsLeft', target: 'verifying', reenter: true, actions: 'nextVerifier' },
          waiting('verdictInconclusive', 'verifying'),
        ],
      },
    },
    verifierBackingOff: {
      entry: setTimer,
      exit: clearTimer,
      on: { ...interruptible('verifying'), 'timer.fired': { guard: 'isMyTimer', target: 'pending' } },
    },
    /** Verified; rides the next train of its run. Holds no place: others may work meanwhile. */
    queued: {
      on: {
        ...interruptible('merging'),
        'train.formed': { guard: 'isAboard', target: 'integrating', actions: 'boardTrain' },
      },
    },
    integrating: {
      entry: trainRun,
      on: {
        ...interruptible('merging', voidTrain),
        'task.integrated': 'integrated',
        'merge.conflicted': resolveOrAsk,
        'checks.finished': [
          { guard: and(['checksFailed', 'attemptsLeft']), target: 'pending', actions: 'reviseCombined' },
          {
            guard: 'checksFailed',
            target: 'awaitingOperator',
            actions: ['reviseCombined', wait('attemptsUsed', 'pending')],
          },
        ],
        'agent.moved': { target: 'pending', actions: 'mergeAnew' },
        'integration.refused': refusedAt('merging'),
        'train.ended': { guard: 'isMyTrain', target: 'queued' },
      },
    },
    awaitingOperator: {
      on: {
        'operator.cancelled': { target: 'cancelled', actions: voidEffects },
        'operator.resumed': { target: 'pending', actions: 'grantMore' },
        ...editable,
      },
    },
    /** At rest, but the operator may still say no. */
    integrated: {
      on: {
        'agent.rebuilt': [
          { guard: 'isGivenBack', target: 'pending', actions: 'reviseRejected' },
          { guard: 'isTakenOut', target: 'rejected' },
        ],
      },
    },
    rejected: { type: 'final' },
    recorded: { type: 'final' },
    skipped: { type: 'final' },
    dropped: { type: 'final' },
    /** It may have landed in the very moment in which it was called off; the run's end finds that out. */
    cancelled: { on: { 'task.integrated': 'integrated' } },
  },
})

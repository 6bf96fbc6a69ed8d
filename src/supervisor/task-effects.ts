/** What a task's machine asks for: named actions with JSON parameters and a key that stays the same over restarts. */
import type { Action, Effect } from '../domain/effect.ts'
import { backoffMs } from './backoff.ts'
import { isAgentEnd, type Step, type TaskContext, timerKeyOf } from './task-context.ts'

type Ctx = { context: TaskContext }

const keyOf = (context: TaskContext, name: string): string =>
  `${context.taskId}/${name}/${context.attempt}.${context.launch}.${context.round}`

const ids = (context: TaskContext) => ({ runId: context.runId, taskId: context.taskId })

/** The worker gets its own work and what it does not go together with. */
const standsOnBoth = ({ mode }: TaskContext): boolean => mode === 'conflict' || mode === 'combine'

export const attemptRun = {
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
    agent: standsOnBoth(context) ? context.agent : null,
    tip: context.mode === 'start' ? null : context.tip,
  }),
}

export const workHarvest = {
  type: 'work.harvest' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'work.harvest',
    key: keyOf(context, 'work.harvest'),
    ...ids(context),
    worker: context.fact.worker,
    attempt: context.attempt,
  }),
}

export const mergeCheck = {
  type: 'merge.check' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'merge.check',
    key: keyOf(context, 'merge.check'),
    ...ids(context),
    tip: context.tip!,
  }),
}

export const verdictSeek = {
  type: 'verdict.seek' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'verdict.seek',
    key: keyOf(context, 'verdict.seek'),
    ...ids(context),
    tip: context.tip!,
    base: context.base!,
    author: context.fact.worker,
    round: context.round,
    avoid: context.avoid,
    resultsContentId: context.resultsContentId!,
  }),
}

/** Every member asks for its train: the same key twice is one effect. */
export const trainRun = {
  type: 'train.run' as const,
  params: ({ context, event }: Step): Effect => ({
    name: 'train.run',
    key: `${context.runId}/train.run/${context.train}`,
    runId: context.runId,
    train: context.train,
    members: event.type === 'train.formed' ? event.members : [],
  }),
}

export const setTimer = {
  type: 'timer.set' as const,
  params: ({ context, event }: Step): Action => ({
    name: 'timer.set',
    key: timerKeyOf(context),
    ...ids(context),
    dueInMs: backoffMs(context.waits, isAgentEnd(event) ? event.retryInMs : null),
  }),
}

export const clearTimer = {
  type: 'timer.clear' as const,
  params: ({ context }: Ctx): Action => ({ name: 'timer.clear', key: timerKeyOf(context) }),
}

/** What stops one member of a train stops the run, and with it the train, which is an effect of the whole run. */
export const voidTrain = {
  type: 'effects.void' as const,
  params: ({ context }: Ctx): Action => ({ name: 'effects.void', runId: context.runId, taskId: null }),
}

export const voidEffects = {
  type: 'effects.void' as const,
  params: ({ context }: Ctx): Action => ({ name: 'effects.void', ...ids(context) }),
}

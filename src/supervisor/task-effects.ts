/** What a task's machine asks for: named actions with JSON parameters and a key that stays the same over restarts. */
import type { Action, Effect } from '../domain/effect.ts'
import { backoffMs } from './backoff.ts'
import { isAgentEnd, type Step, type TaskContext, timerKeyOf } from './task-context.ts'

type Ctx = { context: TaskContext }

const keyOf = (context: TaskContext, name: string): string =>
  `${context.taskId}/${name}/${context.attempt}.${context.launch}.${context.round}`

const ids = (context: TaskContext) => ({ runId: context.runId, taskId: context.taskId })

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
    agent: context.mode === 'conflict' ? context.agent : null,
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

export const taskIntegrate = {
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

export const voidEffects = {
  type: 'effects.void' as const,
  params: ({ context }: Ctx): Action => ({ name: 'effects.void', ...ids(context) }),
}

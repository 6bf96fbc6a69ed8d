/** What a task's machine asks before it goes one way or another. Pure questions about context and event. */
import type { FailureClass } from '../domain/attempt.ts'
import { canWait, isAtLimit, isTransient } from './backoff.ts'
import { isAgentEnd, type ResumePoint, type Step, timerKeyOf } from './task-context.ts'

/** Conflicts with what others integrated meanwhile, after which a person is asked. */
const maxConflicts = 3
/** Verifiers asked about one tip before a person is asked. */
const maxRounds = 2

export const attemptsLeft = ({ context }: Step): boolean => context.attempt < context.maxAttempts

export const conflictsLeft = ({ context }: Step): boolean => context.conflicts < maxConflicts

export const roundsLeft = ({ context }: Step): boolean => context.round < maxRounds

export const isChange = ({ context }: Step): boolean => context.fact.kind === 'change'

export const isAnswered = ({ event }: Step): boolean =>
  event.type === 'attempt.finished' && event.outcome === 'answered'

/** An answer without words is no answer to a question. */
export const isResearchAnswer = ({ context, event }: Step): boolean =>
  context.fact.kind === 'research' &&
  event.type === 'attempt.finished' &&
  event.outcome === 'answered' &&
  event.answerContentId !== null

export const failedBy = ({ event }: Step, failure: FailureClass): boolean =>
  isAgentEnd(event) && event.class === failure

export const failedTransiently = ({ event }: Step): boolean => isAgentEnd(event) && isTransient(event.class)

/** Another try would reach it as well: the operator grants more, or not. */
export const failedAtLimit = ({ event }: Step): boolean => isAgentEnd(event) && isAtLimit(event.class)

/** It passes by itself, and we have not waited too often yet. */
export const failedForNow = (step: Step): boolean => failedTransiently(step) && canWait(step.context.waits)

export const checksFailed = ({ event }: Step): boolean => event.type === 'checks.finished' && event.status === 'failed'

export const isAboard = ({ context, event }: Step): boolean =>
  event.type === 'train.formed' && event.members.some(member => member.taskId === context.taskId)

export const isMyTrain = ({ context, event }: Step): boolean =>
  event.type === 'train.ended' && event.train === context.train

export const verdictStands = ({ context }: Step): boolean =>
  context.verdictTip !== null && context.verdictTip === context.tip

export const verdictPassed = ({ event }: Step): boolean => event.type === 'verdict.given' && event.value === 'pass'

export const verdictFailed = ({ event }: Step): boolean => event.type === 'verdict.given' && event.value === 'fail'

export const isTakenOut = ({ context, event }: Step): boolean =>
  event.type === 'agent.rebuilt' && event.tasks.includes(context.taskId)

export const isGivenBack = ({ context, event }: Step): boolean =>
  event.type === 'agent.rebuilt' && event.back === context.taskId

export const resumesAt = ({ context }: Step, point: ResumePoint): boolean => context.resumeTo === point

export const isMyTimer = ({ context, event }: Step): boolean =>
  event.type === 'timer.fired' && event.key === timerKeyOf(context)

/** Nothing of it has begun, so nothing can be lost or contradicted by changing it. */
const isUntouched = ({ context }: Step): boolean => context.attempt === 0

export const isDropped = (step: Step): boolean =>
  step.event.type === 'plan.edited' && isUntouched(step) && step.event.dropped.includes(step.context.taskId)

export const isEditable = (step: Step): boolean =>
  step.event.type === 'plan.edited' &&
  isUntouched(step) &&
  step.event.tasks.some(task => task.taskId === step.context.taskId)

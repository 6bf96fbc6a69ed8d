/** What a task's machine keeps of an event: each function gives the part of the context that changes. Pure. */
import type { LoopEvent } from '../domain/event.ts'
import type { WaitReason } from '../domain/reasons.ts'
import type { ResumePoint, Step, TaskContext } from './task-context.ts'

type Change = Partial<TaskContext>

export const beginAttempt = ({ context }: Step): Change =>
  context.relaunch && context.attempt > 0
    ? { relaunch: false, launch: context.launch + 1, waitReason: null }
    : { attempt: context.attempt + 1, launch: 1, waitReason: null }

export const rememberSession = ({ event }: Step): Change =>
  event.type === 'session.known' ? { sessionId: event.sessionId } : {}

export const rememberAnswer = ({ event }: Step): Change =>
  event.type === 'attempt.finished' ? { answerContentId: event.answerContentId, waits: 0 } : {}

/** A new tip starts anew with verifiers. */
export const rememberWork = ({ event }: Step): Change =>
  event.type === 'work.harvested' ? { tip: event.tip, base: event.base, waits: 0, round: 1, avoid: [] } : {}

/** The same change on another base: what was judged before was another tip. */
export const rememberRebase = ({ event }: Step): Change =>
  event.type === 'work.rebased' ? { tip: event.tip, base: event.base, round: 1, avoid: [] } : {}

export const rememberChecks = ({ event }: Step): Change =>
  event.type === 'checks.finished'
    ? { agent: event.agent, tree: event.tree, resultsContentId: event.resultsContentId }
    : {}

export const rememberVerdict = ({ context }: Step): Change => ({ verdictTip: context.tip, waits: 0 })

export const nextVerifier = ({ context, event }: Step): Change =>
  event.type === 'verdict.given' && event.verifier !== null
    ? { round: context.round + 1, avoid: [...context.avoid, event.verifier] }
    : { round: context.round + 1 }

export const countVerifierWait = ({ context }: Step): Change => ({ waits: context.waits + 1, resumeTo: 'verifying' })

export const countWait = ({ context }: Step): Change => ({ waits: context.waits + 1, relaunch: true })

/** The findings go back to the same seat's session. */
export const reviseWithFindings = ({ event }: Step): Change => ({
  mode: 'revise',
  relaunch: false,
  findingsContentId: findingsOf(event),
})

const findingsOf = (event: LoopEvent): string | null => ('findingsContentId' in event ? event.findingsContentId : null)

/** The last try left nothing worth keeping a conversation for: a new session, same statement. */
export const startAfresh = (): Change => ({ relaunch: false, sessionId: null })

export const reviseConflict = ({ context, event }: Step): Change =>
  event.type === 'merge.conflicted'
    ? {
        mode: 'conflict',
        relaunch: false,
        conflicts: context.conflicts + 1,
        maxAttempts: context.maxAttempts + 1,
        agent: event.agent,
        findingsContentId: event.findingsContentId,
      }
    : {}

/** Back by the operator's word: a new grant of attempts, on the work as it was; the old seat and its session are gone. */
export const reviseRejected = ({ context, event }: Step): Change => ({
  ...startAfresh(),
  mode: 'revise',
  findingsContentId: findingsOf(event),
  maxAttempts: context.attempt + context.allowance,
  verdictTip: null,
  round: 1,
  avoid: [],
  conflicts: 0,
  waits: 0,
})

/** What its checks stood on is gone from `agent`; it takes its turn, for it may need a verdict anew. */
export const mergeAnew = (): Change => ({ resumeTo: 'merging' })

export const boardTrain = ({ event }: Step): Change => (event.type === 'train.formed' ? { train: event.train } : {})

/** Green without it, red with it: the worker gets the tree in which that shows, on top of what it fails with. */
export const reviseCombined = ({ event }: Step): Change =>
  event.type === 'checks.finished'
    ? { mode: 'combine', relaunch: false, agent: event.agent, findingsContentId: event.findingsContentId }
    : {}

export interface Wait {
  waitReason: WaitReason
  /** Left out: where the task had stood already. */
  resumeTo?: ResumePoint
}

export const wait = (_: Step, params: Wait): Change => params

export const keepAttempt = (): Change => ({ relaunch: true })

export const waitBecauseRefused = ({ event }: Step, resumeTo: ResumePoint): Change =>
  event.type === 'integration.refused' ? { waitReason: event.reason, resumeTo } : {}

/** Scheduled again: the place to go on at is reached. */
export const goOn = (): Change => ({ resumeTo: 'pending' })

export const takeEdit = ({ context, event }: Step): Change => {
  const fact = event.type === 'plan.edited' ? event.tasks.find(task => task.taskId === context.taskId) : undefined
  return fact === undefined ? {} : { fact }
}

/** What the operator's "go on" grants: a new round of attempts, conflicts, verifiers and waits. */
export const grantMore = ({ context }: Step): Change => ({
  waits: 0,
  round: 1,
  avoid: [],
  conflicts: 0,
  ...(context.waitReason === 'attemptsUsed'
    ? { maxAttempts: context.attempt + context.allowance, relaunch: false }
    : {}),
  waitReason: null,
})

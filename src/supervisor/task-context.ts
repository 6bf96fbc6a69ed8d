/** What a task's machine remembers: plain JSON, so that it lies in a row and comes back from a replay. */
import type { AttemptMode } from '../domain/effect.ts'
import type { LoopEvent, LoopEventOf, TaskFact } from '../domain/event.ts'
import type { ContentId, Oid } from '../domain/ids.ts'
import type { WorkerName } from '../domain/lane.ts'
import type { WaitReason } from '../domain/reasons.ts'
import type { RunRequest } from '../domain/run-request.ts'

/** Where a task goes on when it is scheduled: a new attempt, or the stage at which it had to wait. */
export type ResumePoint = 'pending' | 'harvesting' | 'merging' | 'verifying'

export interface TaskContext {
  runId: string
  taskId: string
  fact: TaskFact
  independence: RunRequest['independence']
  /** Attempts that one grant of the operator's is worth. */
  allowance: number
  /** Attempts allowed so far: the allowance, once more for each grant, and one for each conflict: it is nobody's fault. */
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
  /** The last train it rode, from 1 in each run; 0 before the first. */
  train: number
  /** Waits for the provider since the last progress. */
  waits: number
  waitReason: WaitReason | null
  resumeTo: ResumePoint
}

/** What guards, memory and effects are given. */
export interface Step {
  context: TaskContext
  event: LoopEvent
}

export interface TaskInput {
  runId: string
  taskId: string
  fact: TaskFact
  request: RunRequest
  /** What the task begins in the middle of: main's tip to be merged into the integration branch. Left out: nothing. */
  merging?: { agent: Oid; tip: Oid }
}

export const newTask = ({ input }: { input: TaskInput }): TaskContext => ({
  runId: input.runId,
  taskId: input.taskId,
  fact: input.fact,
  independence: input.request.independence,
  allowance: input.request.maxAttempts,
  maxAttempts: input.request.maxAttempts,
  attempt: 0,
  launch: 0,
  relaunch: false,
  mode: input.merging === undefined ? 'start' : 'conflict',
  sessionId: null,
  findingsContentId: null,
  answerContentId: null,
  base: null,
  tip: input.merging?.tip ?? null,
  agent: input.merging?.agent ?? null,
  tree: null,
  resultsContentId: null,
  verdictTip: null,
  round: 1,
  avoid: [],
  conflicts: 0,
  train: 0,
  waits: 0,
  waitReason: null,
  resumeTo: 'pending',
})

export const timerKeyOf = (context: TaskContext): string => `${context.taskId}/wait`

/** Both ends of an agent's work: a worker's attempt and a verifier's round. */
export const isAgentEnd = (event: LoopEvent): event is LoopEventOf<'attempt.finished'> | LoopEventOf<'verdict.given'> =>
  event.type === 'attempt.finished' || event.type === 'verdict.given'

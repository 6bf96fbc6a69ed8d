/** What a run's machine remembers, and what it begins with. JSON throughout. */
import type { LoopEventOf } from '../domain/event.ts'
import type { ContentId, Oid, TaskId } from '../domain/ids.ts'
import type { RunOutcome, WaitReason } from '../domain/reasons.ts'
import type { RunRequest } from '../domain/run-request.ts'

export type RunResumePoint = 'preparing' | 'planning' | 'working'

export interface Rejection {
  tasks: TaskId[]
  back: TaskId | null
  agent: Oid
  findingsContentId: ContentId
}

export interface RunContext {
  runId: string
  request: RunRequest
  base: Oid | null
  /** Main as it was then. */
  main: Oid | null
  /** What the operator takes out of the integration branch, while that goes on. */
  rejection: Rejection | null
  /** How often the operator granted the limits once more: the allowance is (1 + grants) × limits. */
  grants: number
  waits: number
  /** Counts tries of the current stage, so that every effect has a key of its own. */
  tries: number
  outcome: RunOutcome | null
  waitReason: WaitReason | null
  resumeTo: RunResumePoint
  /** Task ids in the order the operator's last edit gave them; empty: by their numbers. */
  order: string[]
}

export type Ctx = { context: RunContext }

export const newRun = ({ input }: { input: { runId: string; request: RunRequest } }): RunContext => ({
  runId: input.runId,
  request: input.request,
  base: null,
  main: null,
  rejection: null,
  grants: 0,
  waits: 0,
  tries: 0,
  outcome: null,
  waitReason: null,
  resumeTo: 'preparing',
  order: [],
})

export const timerKeyOf = (context: RunContext): string => `${context.runId}/wait`

export const rejectionOf = ({
  tasks,
  back,
  agent,
  findingsContentId,
}: LoopEventOf<'operator.rejected'>): Rejection => ({
  tasks,
  back,
  agent,
  findingsContentId,
})

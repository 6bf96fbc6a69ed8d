/**
 * The log: one fact per event. Ids, object ids, counts and closed reasons only; what a person or a model wrote is
 * content (store/content.ts) and is named here by its id, so that a replay works with all content erased.
 */
import { z } from 'zod'
import { Answerer } from './answerer.ts'
import { FailureClass, Usage } from './attempt.ts'
import { ChecksStatus } from './check.ts'
import { ContentId, Oid, RunId, TaskId } from './ids.ts'
import { WorkerName } from './lane.ts'
import { PlannerName, PlanOrigin, Risk, TaskKind } from './plan.ts'
import { MainState, RebuildRefusal, RunOutcome, WaitReason } from './reasons.ts'
import { RepositoryNote } from './repository-note.ts'
import { ClaimCounts } from './research.ts'
import { RunRequest } from './run-request.ts'
import { InconclusiveReason, VerdictValue } from './verdict.ts'

/** A planned task as a fact: its graph and kind, not its words. */
export const TaskFact = z.object({
  taskId: TaskId,
  kind: TaskKind,
  dependsOn: z.array(TaskId),
  worker: WorkerName,
  risk: Risk,
})
export type TaskFact = z.infer<typeof TaskFact>

const run = { runId: RunId }
/** A plan as facts: its text and its forecast (domain/forecast.ts) are content, its graph is not. */
const planFacts = {
  planContentId: ContentId,
  forecastContentId: ContentId.nullable().default(null),
  tasks: z.array(TaskFact).min(1),
}
/** Integrated tasks taken out together: the one that was named, then those that depend on it. */
const takenOut = { ...run, tasks: z.array(TaskId).min(1) }
const task = { runId: RunId, taskId: TaskId }

/** A verified tip aboard a train, and the merge with `agent` that its own checks saw last. */
export const TrainMember = z.object({ taskId: TaskId, worker: WorkerName, tip: Oid, agent: Oid, tree: Oid })
export type TrainMember = z.infer<typeof TrainMember>

const train = { ...run, train: z.number().int().positive() }

/** How a tip landed: in which train of its run, at which place of how many, and the tree at the top that was checked. */
export const StackPlace = z.object({
  train: z.number().int().positive(),
  place: z.number().int().positive(),
  size: z.number().int().positive(),
  tree: Oid,
})
export type StackPlace = z.infer<typeof StackPlace>

export const LoopEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run.requested'), ...run, request: RunRequest }),
  z.object({
    type: z.literal('base.ready'),
    ...run,
    base: Oid,
    main: Oid,
    /** `conflict`: nothing was brought in; a worker is to resolve it. */
    sync: z.enum(['none', 'fastForward', 'merge', 'conflict']),
    /** Checks of the merge that brought main in; left out where none was made. */
    checks: z.object({ status: ChecksStatus, tree: Oid, resultsContentId: ContentId }).optional(),
    /** What is worked around at this base; absent where nothing is. */
    notes: z.array(RepositoryNote).optional(),
  }),
  z.object({ type: z.literal('base.refused'), ...run, reason: WaitReason, contentId: ContentId.nullable() }),
  z.object({
    type: z.literal('plan.ready'),
    ...run,
    ...planFacts,
    origin: PlanOrigin,
    /** Who planned; null for a file. */
    planner: PlannerName.nullable().default(null),
    /** Planners that were preferred and could not be used. */
    passedOver: z.array(PlannerName).default([]),
    /** Answers out of shape that were sent back before this plan. */
    returned: z.number().int().nonnegative(),
  }),
  /** The planner wants to know something before it plans. */
  z.object({
    type: z.literal('plan.asked'),
    ...run,
    planner: PlannerName,
    contentId: ContentId,
    /** Answers out of shape that were sent back before this question. */
    returned: z.number().int().nonnegative(),
  }),
  z.object({ type: z.literal('operator.answered'), ...run, commandId: z.string(), answerContentId: ContentId }),
  /** The operator approves the plan of this hash (store/current-plan.ts) and no other. */
  z.object({ type: z.literal('plan.approved'), ...run, commandId: z.string(), hash: z.string() }),
  /** The plan was shown to the operator once more: the time in which it can be approved begins anew. */
  z.object({ type: z.literal('plan.renewed'), ...run, commandId: z.string(), hash: z.string() }),
  /** The operator's own hand: the whole plan anew, in its new order. What has begun is in it unchanged. */
  z.object({ type: z.literal('plan.edited'), ...run, ...planFacts, commandId: z.string(), dropped: z.array(TaskId) }),
  z.object({
    type: z.literal('plan.failed'),
    ...run,
    class: FailureClass,
    retryInMs: z.number().nullable(),
    contentId: ContentId.nullable(),
  }),
  /** There is a plan, and the run can't go by it. */
  z.object({ type: z.literal('plan.refused'), ...run, reason: WaitReason, contentId: ContentId }),
  /** All tasks have settled; told by the loop. */
  z.object({ type: z.literal('tasks.settled'), ...run, outcome: RunOutcome }),
  z.object({
    type: z.literal('run.concluded'),
    ...run,
    /** How main stood to the integration branch at the end; left out where that was not looked at. */
    main: MainState.optional(),
    /** Tasks of other runs on the integration branch with it, not promoted; left out where that was not looked at. */
    alongside: z.array(TaskId).optional(),
  }),
  z.object({ type: z.literal('limit.reached'), ...run, limit: z.enum(['requests', 'tokens', 'minutes']) }),
  z.object({ type: z.literal('operator.cancelled'), ...run, commandId: z.string() }),
  /** The operator lets a waiting run go on; `extra` grants the run's limits once more. */
  z.object({ type: z.literal('operator.resumed'), ...run, commandId: z.string(), extra: z.boolean() }),

  /** The operator says no to integrated work; `back` is the task that returns to its worker, with the reason as findings. */
  z.object({
    type: z.literal('operator.rejected'),
    ...takenOut,
    commandId: z.string(),
    back: TaskId.nullable(),
    /** Where the integration branch stood when that was said. */
    agent: Oid,
    findingsContentId: ContentId,
  }),
  /** The integration branch moved, in one step, to what it is without them. */
  z.object({
    type: z.literal('agent.rebuilt'),
    ...takenOut,
    back: TaskId.nullable(),
    from: Oid,
    to: Oid,
    findingsContentId: ContentId,
  }),
  z.object({
    type: z.literal('rebuild.refused'),
    ...takenOut,
    reason: RebuildRefusal,
    contentId: ContentId.nullable(),
  }),
  /** The integration branch was no longer where the rebuild began: it is made anew from there. */
  z.object({ type: z.literal('rebuild.raced'), ...takenOut, agent: Oid }),

  z.object({ type: z.literal('task.scheduled'), ...task }),
  /** A dependency failed or was cancelled, so this task can't start; told by the loop. */
  z.object({ type: z.literal('task.skipped'), ...task, because: TaskId }),
  z.object({
    type: z.literal('attempt.started'),
    ...task,
    attempt: z.number().int().positive(),
    worker: WorkerName,
    /** Left out in logs from before a worker could ask others than its vendor. */
    answerer: Answerer.optional(),
    resumed: z.boolean(),
  }),
  /** The operator's words to the agent at work, in the middle of it. */
  z.object({ type: z.literal('operator.steered'), ...task, commandId: z.string(), contentId: ContentId }),
  /** They stand in the agent's conversation. */
  z.object({ type: z.literal('message.delivered'), ...task, commandId: z.string() }),
  z.object({ type: z.literal('session.known'), ...task, sessionId: z.string() }),
  z.object({
    type: z.literal('attempt.finished'),
    ...task,
    outcome: z.enum(['answered', 'failed']),
    class: FailureClass.nullable(),
    retryInMs: z.number().nullable(),
    usage: Usage,
    answerContentId: ContentId.nullable(),
    /** Why it failed, in words; left out: it did not, or the log is older. */
    errorContentId: ContentId.optional(),
    dropped: z.number().int().nonnegative(),
    /** Of a research answer: how its claims are cited; null where nothing in it could be. Left out: not looked at. */
    claims: ClaimCounts.nullable().optional(),
  }),
  z.object({
    type: z.literal('work.harvested'),
    ...task,
    tip: Oid,
    base: Oid,
    files: z.number().int(),
    added: z.number().int(),
    deleted: z.number().int(),
    /** Part or all of the work had been left uncommitted and was committed by AgentLab. */
    uncommitted: z.boolean(),
    findingsContentId: ContentId.nullable(),
  }),
  z.object({ type: z.literal('work.empty'), ...task, findingsContentId: ContentId }),
  z.object({ type: z.literal('work.refused'), ...task, findingsContentId: ContentId }),
  z.object({
    type: z.literal('merge.conflicted'),
    ...task,
    agent: Oid,
    files: z.number().int(),
    findingsContentId: ContentId,
  }),
  z.object({
    type: z.literal('checks.finished'),
    ...task,
    tip: Oid,
    agent: Oid,
    tree: Oid,
    status: ChecksStatus,
    resultsContentId: ContentId,
    findingsContentId: ContentId.nullable(),
    /** What the environment of this tree leaves unproven: new dependencies, a set-up that failed. Sends nothing back. */
    environmentContentId: ContentId.nullable().default(null),
    /** Found by a train: the tasks whose work this tip fails with; without it their checks do not fail. */
    stack: z.array(TaskId).optional(),
  }),
  z.object({
    type: z.literal('verdict.given'),
    ...task,
    tip: Oid,
    verifier: WorkerName.nullable(),
    value: VerdictValue,
    inconclusive: InconclusiveReason.nullable(),
    sameVendor: z.boolean(),
    /** The verifier's, and whether its model was the author's; left out in older logs, and where nobody judged. */
    answerer: Answerer.optional(),
    sameModel: z.boolean().optional(),
    verdictContentId: ContentId.nullable(),
    findingsContentId: ContentId.nullable(),
    class: FailureClass.nullable(),
    retryInMs: z.number().nullable(),
    usage: Usage,
  }),
  /** Queued tips set out together, in this order; told by the loop. */
  z.object({ type: z.literal('train.formed'), ...train, members: z.array(TrainMember).min(1) }),
  /** The checks of a part of the stack: of the top tree of these tips, merged onto `agent` in this order. */
  z.object({
    type: z.literal('train.checked'),
    ...train,
    taskIds: z.array(TaskId).min(1),
    agent: Oid,
    tree: Oid,
    status: ChecksStatus,
    resultsContentId: ContentId,
  }),
  /** Whoever of the train has neither landed nor been sent back rides the next one. `checkRuns`: those not from the cache. */
  z.object({ type: z.literal('train.ended'), ...train, checkRuns: z.number().int().nonnegative() }),
  /** `stack` is left out in logs from before there were trains. */
  z.object({
    type: z.literal('task.integrated'),
    ...task,
    commit: Oid,
    agent: Oid,
    tip: Oid,
    tree: Oid,
    stack: StackPlace.optional(),
  }),
  /** A rebuild gave this task's integration another commit; where its base was gone, its change another tip. */
  z.object({
    type: z.literal('task.reintegrated'),
    ...task,
    commit: Oid,
    agent: Oid,
    tip: Oid,
    tree: Oid,
    /** Of the checks on its tree as it is now. */
    status: ChecksStatus,
    resultsContentId: ContentId,
  }),
  /** The integration branch was rebuilt below this work: the same change on the new branch, to be judged anew. */
  z.object({ type: z.literal('work.rebased'), ...task, tip: Oid, base: Oid }),
  /** `agent` no longer holds what the task's checks saw of it: the merge is made anew. */
  z.object({ type: z.literal('agent.moved'), ...task }),
  z.object({ type: z.literal('integration.refused'), ...task, reason: WaitReason }),
  /** The run's words are gone for good; this and all facts stay. `files`: files and folders of transcripts and edits. */
  z.object({
    type: z.literal('content.erased'),
    ...run,
    by: z.enum(['operator', 'retention']),
    rows: z.number().int().nonnegative(),
    bytes: z.number().int().nonnegative(),
    files: z.number().int().nonnegative(),
  }),
  /** An effect threw: a bug, a full disk, a missing tool. Nothing is lost; the operator is told. */
  z.object({
    type: z.literal('effect.failed'),
    runId: RunId,
    taskId: TaskId.nullable(),
    effect: z.string(),
    contentId: ContentId,
  }),
  z.object({ type: z.literal('timer.fired'), runId: RunId, taskId: TaskId.nullable(), key: z.string() }),
])
export type LoopEvent = z.infer<typeof LoopEvent>
export type LoopEventType = LoopEvent['type']
export type LoopEventOf<T extends LoopEventType> = Extract<LoopEvent, { type: T }>

/** A row of the log. `seq` grows by one; `at` is epoch milliseconds; `epoch` counts supervisors. */
export interface LoggedEvent {
  seq: number
  at: number
  epoch: number
  event: LoopEvent
}

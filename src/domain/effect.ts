/** What the brain may ask for. Names and JSON parameters; what each does to the world stands in src/effects. */
import { z } from 'zod'
import { TrainMember } from './event.ts'
import { ContentId, Oid, RunId, TaskId } from './ids.ts'
import { WorkerName } from './lane.ts'
import { RunOutcome } from './reasons.ts'

const run = { runId: RunId }
const task = { runId: RunId, taskId: TaskId }

/** Why this attempt starts: fresh, after findings, after a conflict, or because checks fail only together with others' work. */
export const AttemptMode = z.enum(['start', 'revise', 'conflict', 'combine'])
export type AttemptMode = z.infer<typeof AttemptMode>

export const Effect = z.discriminatedUnion('name', [
  z.object({ name: z.literal('base.prepare'), key: z.string(), ...run }),
  z.object({ name: z.literal('plan.make'), key: z.string(), ...run }),
  z.object({ name: z.literal('run.conclude'), key: z.string(), ...run, outcome: RunOutcome }),
  z.object({
    name: z.literal('agent.rebuild'),
    key: z.string(),
    ...run,
    /** The integrated tasks to take out, and of these the one that returns to its worker. */
    tasks: z.array(TaskId).min(1),
    back: TaskId.nullable(),
    /** Where the integration branch stands: what is made anew. */
    agent: Oid,
    findingsContentId: ContentId,
  }),
  z.object({
    name: z.literal('attempt.run'),
    key: z.string(),
    ...task,
    worker: WorkerName,
    attempt: z.number().int().positive(),
    /** Counts starts of this attempt: a wait for the provider or a restart costs no attempt. */
    launch: z.number().int().positive(),
    mode: AttemptMode,
    sessionId: z.string().nullable(),
    findingsContentId: ContentId.nullable(),
    /** For modes `conflict` and `combine`: where `agent` stood. */
    agent: Oid.nullable(),
    /** The work so far: what does not go together with it, or what is revised should its workspace be gone. */
    tip: Oid.nullable(),
  }),
  z.object({
    name: z.literal('work.harvest'),
    key: z.string(),
    ...task,
    worker: WorkerName,
    attempt: z.number().int(),
  }),
  z.object({ name: z.literal('merge.check'), key: z.string(), ...task, tip: Oid }),
  z.object({
    name: z.literal('verdict.seek'),
    key: z.string(),
    ...task,
    tip: Oid,
    /** What the tip's change is judged against: its parent. */
    base: Oid,
    author: WorkerName,
    /** From 1; a new tip starts anew. */
    round: z.number().int().positive(),
    /** Verifiers that were inconclusive on this tip already. */
    avoid: z.array(WorkerName),
    resultsContentId: ContentId,
  }),
  z.object({
    name: z.literal('train.run'),
    key: z.string(),
    ...run,
    train: z.number().int().positive(),
    /** In the order in which they are stacked and land. */
    members: z.array(TrainMember).min(1),
  }),
])
export type Effect = z.infer<typeof Effect>
export type EffectName = Effect['name']
export type EffectOf<N extends EffectName> = Extract<Effect, { name: N }>

/**
 * Effects of a task, or of the whole run when taskId is null, that no longer matter: their rows go in the same
 * transaction, and whatever of them is under way is stopped after the commit.
 */
export interface VoidAction {
  name: 'effects.void'
  runId: string
  taskId: string | null
}

/** Timers are rows, too: answered by `timer.fired{key}` once due, however often the process dies in between. */
export type TimerAction =
  | { name: 'timer.set'; key: string; runId: RunId; taskId: TaskId | null; dueInMs: number }
  | { name: 'timer.clear'; key: string }

/** Everything a machine can ask for in one step. */
export type Action = Effect | TimerAction | VoidAction

/** The plan: a graph of at most 30 tasks. `PlanProposal` is what a planner or a file says; `Plan` is what we made of it. */
import { z } from 'zod'
import { TaskId } from './ids.ts'
import { Lane, WorkerName } from './lane.ts'

export const TaskKind = z.enum(['change', 'research'])
export type TaskKind = z.infer<typeof TaskKind>

export const Risk = z.enum(['low', 'medium', 'high'])
export type Risk = z.infer<typeof Risk>

/** Key a planner uses to name a task inside its own proposal; replaced by our ids on the way in. */
const TaskKey = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and -, at most 40')

export const ProposedTask = z.strictObject({
  key: TaskKey,
  title: z.string().min(1).max(120),
  /** What and why, for a worker who has read nothing else. */
  what: z.string().min(1).max(20_000),
  why: z.string().max(4_000).default(''),
  /** What must hold when the task is done, each line checkable. */
  acceptance: z.array(z.string().min(1).max(1_000)).max(20).default([]),
  kind: TaskKind.default('change'),
  dependsOn: z.array(TaskKey).max(30).default([]),
  worker: WorkerName.optional(),
  /** Paths the change is expected to touch, repository-relative; a hint and a finding, not a wall. */
  paths: z.array(z.string().min(1).max(300)).max(50).default([]),
  /** Names of checks that are red now and must be green after this task. */
  turnsGreen: z.array(z.string().min(1).max(60)).max(20).default([]),
  risk: Risk.default('low'),
})
export type ProposedTask = z.infer<typeof ProposedTask>

export const PlanProposal = z.strictObject({
  /** One sentence on how the goal is cut, or why it does not merit more than one task. */
  summary: z.string().max(2_000).default(''),
  tasks: z.array(ProposedTask).min(1).max(30),
})
export type PlanProposal = z.infer<typeof PlanProposal>

/** How often a planner may ask the operator before it has to plan with what it knows. */
export const maxQuestions = 3

/** What a planner answers: a plan, or one question to the operator instead. */
export const PlannerAnswer = z.strictObject({
  question: z.string().max(2_000).optional(),
  summary: PlanProposal.shape.summary,
  tasks: z.array(ProposedTask).max(30).optional(),
})
export type PlannerAnswer = z.infer<typeof PlannerAnswer>

/** A question of the planner's with the operator's answer. */
export interface AnsweredQuestion {
  question: string
  answer: string
}

/** A task of an accepted plan. Its text (title, what, why, acceptance) is content; ids and graph are facts. */
export const PlannedTask = ProposedTask.omit({ dependsOn: true, worker: true }).extend({
  taskId: TaskId,
  dependsOn: z.array(TaskId),
  worker: WorkerName,
})
export type PlannedTask = z.infer<typeof PlannedTask>

/** Where the plan came from: a planner's model, the operator's file, or the single-task fallback after bad answers. */
export const PlanOrigin = z.enum(['model', 'file', 'fallback'])
export type PlanOrigin = z.infer<typeof PlanOrigin>

/** Back ends that can make a plan, in the words of the configuration: the API with a key, or an agent's CLI. */
export const PlannerName = z.enum(['api', 'claude', 'codex', 'gemini', 'local'])
export type PlannerName = z.infer<typeof PlannerName>

export const Plan = z.object({
  summary: z.string(),
  origin: PlanOrigin,
  /** The run's; plans of older runs do not say it, and are taken for the strictest. */
  lane: Lane.default('private'),
  tasks: z.array(PlannedTask),
})
export type Plan = z.infer<typeof Plan>

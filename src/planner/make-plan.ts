/** Gets a plan from a planner that is asked through a function; bad answers go back twice, then one task it is. */
import type { FailureClass } from '../domain/attempt.ts'
import { taskIdOf } from '../domain/ids.ts'
import { parseJsonAnswer } from '../domain/json-answer.ts'
import type { Laned } from '../domain/laned.ts'
import { maxQuestions, type Plan } from '../domain/plan.ts'
import { cleanLine, cleanText } from '../domain/text.ts'
import { type AcceptContext, type Accepted, acceptProposal } from './accept-proposal.ts'
import { type PlannerMaterial, plannerPrompt } from './planner-prompt.ts'

/** `answer` is the structured answer where the back end gives one, else the answer's text. */
export type PlannerReply = { answer: unknown } | { failed: FailureClass; retryAt: number | null; detail: string }

export type AskPlanner = (prompt: Laned) => Promise<PlannerReply>

export interface PlanRequest extends AcceptContext {
  ask: AskPlanner
  material: PlannerMaterial
}

export type MadePlan =
  | { plan: Plan /** Answers sent back as out of shape. */; returned: number }
  | { question: string; returned: number }
  | { failed: FailureClass; retryAt: number | null; detail: string; returned: number }

/** An answer out of shape is sent back with the reason this often. */
const maxReturns = 2

/**
 * Asks for a plan, or gets a question to the operator. A back end that failed for any reason but an unreadable answer ends it with that failure, for the
 * brain to wait or to ask the operator; unreadable or out-of-shape answers end in the one-task plan, which says so.
 */
export const makePlan = async (request: PlanRequest): Promise<MadePlan> => {
  let problem: string | null = null
  for (let returned = 0; returned <= maxReturns; returned++) {
    const reply = await request.ask(plannerPrompt({ ...request.material, ...(problem === null ? {} : { problem }) }))
    if ('failed' in reply && reply.failed !== 'malformed') return { ...reply, returned }
    const accepted =
      'failed' in reply ? { ok: false as const, problem: reply.detail } : acceptAnswer(reply.answer, request)
    if (accepted.ok)
      return 'question' in accepted ? { question: accepted.question, returned } : { plan: accepted.plan, returned }
    problem = cleanLine(accepted.problem, 1_500)
  }
  return { plan: fallbackPlan(request.material.goal, request, problem ?? ''), returned: maxReturns }
}

const acceptAnswer = (answer: unknown, request: PlanRequest): Accepted | { ok: true; question: string } => {
  if (typeof answer !== 'string') return acceptValue(answer, request)
  const parsed = parseJsonAnswer(answer)
  return parsed.ok ? acceptValue(parsed.value, request) : parsed
}

/** A plan, or a question where one may still be asked. */
const acceptValue = (value: unknown, request: PlanRequest): Accepted | { ok: true; question: string } => {
  const { question, ...proposal } = partsOf(value)
  if (question === null) return acceptProposal(proposal.plan, request)
  if (proposal.hasTasks) return { ok: false, problem: 'it holds a question and tasks; give one of them' }
  if ((request.material.answered ?? []).length >= maxQuestions)
    return { ok: false, problem: 'no more questions may be asked: plan with what you know' }
  return { ok: true, question }
}

const partsOf = (value: unknown): { question: string | null; hasTasks: boolean; plan: unknown } => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { question: null, hasTasks: false, plan: value }
  const { question, ...plan } = value as { question?: unknown; tasks?: unknown }
  // A question out of shape stays in the value, for the plan's own schema to complain about.
  if (question !== null && question !== undefined && typeof question !== 'string')
    return { question: null, hasTasks: false, plan: value }
  const asked = cleanText(question ?? '')
    .trim()
    .slice(0, maxQuestionLength)
    .toWellFormed()
  const hasTasks = Array.isArray(plan.tasks) && plan.tasks.length > 0
  return { question: asked === '' ? null : asked, hasTasks, plan }
}

const maxQuestionLength = 2_000

/** The goal as one task for the most preferred worker; `problem` is why the planner's last answer could not be used. */
export const fallbackPlan = (goal: string, context: AcceptContext, problem: string): Plan => ({
  summary: `The planner's answers could not be used (the last one: ${cleanLine(problem, 500)}), so the goal is one single task.`,
  origin: 'fallback',
  lane: context.lane,
  tasks: [
    {
      taskId: taskIdOf(context.runId, 1),
      key: 'goal',
      title: cleanLine(goal, 120),
      what: cleanText(goal).trim(),
      why: '',
      acceptance: [],
      kind: 'change',
      dependsOn: [],
      worker: context.workers[0]!,
      paths: [],
      turnsGreen: [],
      risk: 'medium',
    },
  ],
})

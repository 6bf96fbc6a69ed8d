/** A plan the operator wrote or edited: YAML of the same shape a planner answers in. */
import { z } from 'zod'
import { parseYaml } from '../config/yaml.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { TaskId } from '../domain/ids.ts'
import { Lane } from '../domain/lane.ts'
import { type Plan, PlanProposal, ProposedTask } from '../domain/plan.ts'
import { type AcceptContext, acceptProposal } from './accept-proposal.ts'

/** `id` names a task of a run whose plan is edited; a new run numbers its tasks itself and passes it over. */
export const PlanFile = PlanProposal.extend({
  /** Of the run the plan comes from: one that carries it out is at least as strict. */
  lane: Lane.optional(),
  tasks: z
    .array(ProposedTask.extend({ id: TaskId.optional() }))
    .min(1)
    .max(30),
})
export type PlanFile = z.infer<typeof PlanFile>

/**
 * Reads a plan's text.
 * @throws AgentLabError `invalid-file` naming file, line and key
 */
export const readPlanFile = (text: string, fileName: string): PlanFile => parseYaml(text, fileName, PlanFile)

/**
 * Reads a plan file into its proposal.
 * @throws AgentLabError `invalid-file` naming file, line and key
 */
export const parsePlanFile = (text: string, fileName: string): PlanProposal => {
  const { tasks, summary } = readPlanFile(text, fileName)
  return { summary, tasks: tasks.map(({ id: _, ...task }) => task) }
}

/**
 * Reads a plan file into a plan of this run.
 * @throws AgentLabError `invalid-file` for its shape, `plan-invalid` for its graph, checks or paths
 */
export const planFromFile = (text: string, fileName: string, context: AcceptContext): Plan => {
  const accepted = acceptProposal(parsePlanFile(text, fileName), context, 'file')
  if (accepted.ok) return accepted.plan
  throw planInvalid(fileName, accepted.problem)
}

export const planInvalid = (fileName: string, problem: string): AgentLabError =>
  new AgentLabError(`planner failed on ${fileName}: ${problem}`, {
    code: 'plan-invalid',
    cure: 'Correct the plan and run the command again.',
    exit: exitCode.wrongUse,
  })

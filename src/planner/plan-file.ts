/** A plan the operator wrote: YAML of the same shape a planner answers in. */
import { parseYaml } from '../config/yaml.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { type Plan, PlanProposal } from '../domain/plan.ts'
import { type AcceptContext, acceptProposal } from './accept-proposal.ts'

/**
 * Reads a plan file into its proposal.
 * @throws AgentLabError `yaml-invalid` naming file, line and key
 */
export const parsePlanFile = (text: string, fileName: string): PlanProposal => parseYaml(text, fileName, PlanProposal)

/**
 * Reads a plan file into a plan of this run.
 * @throws AgentLabError `yaml-invalid` for its shape, `plan-invalid` for its graph, checks or paths
 */
export const planFromFile = (text: string, fileName: string, context: AcceptContext): Plan => {
  const accepted = acceptProposal(parsePlanFile(text, fileName), context, 'file')
  if (accepted.ok) return accepted.plan
  throw new AgentLabError(`planner failed on ${fileName}: ${accepted.problem}`, {
    code: 'plan-invalid',
    cure: 'Correct the plan and run the command again.',
    exit: exitCode.wrongUse,
  })
}

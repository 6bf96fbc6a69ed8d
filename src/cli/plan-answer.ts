/** A run's plan as a command prints it: YAML with its head, or the same as one document. */
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { forecastLines } from '../domain/forecast-text.ts'
import type { RunId } from '../domain/ids.ts'
import { type PlanTextOptions, planText } from '../planner/plan-text.ts'
import { type CurrentPlan, currentPlan } from '../store/current-plan.ts'
import type { Readable } from './project.ts'

/** @throws AgentLabError `no-plan` where there is none (yet), or its words were erased */
export const planOfRun = (project: Readable, runId: RunId, who: string): CurrentPlan => {
  const current = currentPlan(project.store, project.store.events.ofRun(runId))
  if (current !== null) return current
  throw new AgentLabError(`${who} failed on ${runId}: it has no plan yet, or its words were erased`, {
    code: 'no-plan',
    cure: `See where it stands: agentlab show ${runId}`,
    exit: exitCode.wrongUse,
  })
}

/** The forecast, then what to do with the plan, as comments; then the plan. */
export const planYaml = (
  { plan, forecast }: CurrentPlan,
  next: readonly string[],
  options: Omit<PlanTextOptions, 'head'>,
): string => planText(plan, { ...options, head: [...(forecast === null ? [] : forecastLines(forecast)), ...next] })

export const planJson = (runId: RunId, current: CurrentPlan, yaml: string): Record<string, unknown> => ({
  runId,
  hash: current.hash,
  plan: current.plan,
  forecast: current.forecast,
  yaml,
})

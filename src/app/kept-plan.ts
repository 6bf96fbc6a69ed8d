/** The operator's plan as it may be kept: a plan still, without the secrets in it. */
import type { Redactor } from '../domain/redaction/redactor.ts'
import { readPlanFile } from '../planner/plan-file.ts'

/** @throws AgentLabError `invalid-file` where it holds a secret and is no plan */
export const planWithoutSecrets = (redactor: Redactor, text: string): string => {
  if (redactor.find(text).length === 0) return text
  // What stands for a secret is no plain text of YAML: the plan is written anew, each text of it in quotes.
  return redactor.redact(JSON.stringify(readPlanFile(text, 'the plan')))
}

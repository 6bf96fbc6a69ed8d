/** A rehearsal's scenario: who says and does what, by role, task and attempt. docs/rehearsal.md is its reference. */
import { z } from 'zod'
import { nearest } from '../config/nearest.ts'
import { parseYaml } from '../config/yaml.ts'
import { PlanProposal } from '../domain/plan.ts'
import { ModelServer } from './model-server.ts'
import { Step, VerdictOrShort } from './steps.ts'

const Steps = z.array(Step).min(1).max(200)
const StepsFor = z.strictObject({ claude: Steps, codex: Steps, gemini: Steps, local: Steps }).partial()

/** What one attempt of a worker, researcher or planner does. `stepsFor` replaces `steps` for the named worker. */
export const Script = z
  .strictObject({ steps: Steps.optional(), stepsFor: StepsFor.optional() })
  .refine(script => script.steps ?? script.stepsFor, 'needs steps or stepsFor')
export type Script = z.infer<typeof Script>

/** One round of verification: what is looked at, then the verdict. Without a verdict the steps must end otherwise. */
export const Round = z
  .strictObject({ steps: Steps.optional(), stepsFor: StepsFor.optional(), verdict: VerdictOrShort.optional() })
  .refine(round => round.steps ?? round.stepsFor ?? round.verdict, 'needs steps or a verdict')
export type Round = z.infer<typeof Round>

const Task = z.strictObject({ attempts: z.array(Script).min(1).max(20) })

/** Used for every attempt of every task (or round) that is not scripted by name. */
const Defaults = z.strictObject({ planner: Script, worker: Script, researcher: Script, verifier: Round }).partial()

export const Scenario = z
  .strictObject({
    /** The goal this scenario was written for; only shown. */
    goal: z.string().optional(),
    plan: PlanProposal.optional(),
    /** The planner's attempts, where it is to do more than give `plan` at once. */
    planner: z.array(Script).min(1).max(5).optional(),
    tasks: z.record(z.string(), Task).default({}),
    verify: z.record(z.string(), z.array(Round).min(1).max(20)).default({}),
    defaults: Defaults.default({}),
    /** What the server of the local models says of itself. */
    server: ModelServer.optional(),
  })
  .superRefine((scenario, context) => {
    if (!scenario.plan) return
    const known = scenario.plan.tasks.map(task => task.key)
    for (const part of ['tasks', 'verify'] as const) {
      for (const key of Object.keys(scenario[part]).filter(key => !known.includes(key))) {
        const close = nearest(key, known)
        const hint = close === null ? '' : ` (did you mean "${close}"?)`
        context.addIssue({ code: 'custom', path: [part, key], message: `the plan has no task "${key}"${hint}` })
      }
    }
  })
export type Scenario = z.output<typeof Scenario>

/** Scenarios that come with AgentLab, by name: `scenarios/<name>.yaml` beside this file. */
export const builtInScenarios: readonly string[] = ['hello', 'private']

/** Parses a scenario's text. Throws AgentLabError `invalid-file`. */
export const parseScenario = (text: string, fileName: string): Scenario => parseYaml(text, fileName, Scenario)

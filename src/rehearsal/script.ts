/** Finds the script of whoever is asking. */
import { describeIdentity, type Identity } from './identity.ts'
import type { Round, Scenario, Script } from './scenario.ts'
import type { Step } from './steps.ts'
import { type Turn, turnsOf, variablesOf } from './turns.ts'

export type Scripted = { ok: true; turns: Turn[] } | { ok: false; why: string }

const unscripted = (identity: Identity, why: string): Scripted => ({
  ok: false,
  why: `${describeIdentity(identity)}: ${why}`,
})

/** The turns for this identity, or why there are none. Pure. */
export const scriptFor = (scenario: Scenario, identity: Identity): Scripted => {
  const task = taskKey(scenario, identity)
  const script = find(scenario, identity, task)
  if (typeof script === 'string') return unscripted(identity, script)
  const steps = stepsOf(script, identity.worker)
  if (steps === null) return unscripted(identity, `nothing is scripted for worker ${identity.worker ?? '(none)'}`)
  return { ok: true, turns: turnsOf(steps, identity.launch, variablesOf(identity, task)) }
}

/** A number stands for the task's place in the plan, or among the scripted tasks where the scenario has no plan. */
const taskKey = (scenario: Scenario, { task }: Identity): string | null => {
  if (typeof task !== 'number') return task
  const keys = scenario.plan?.tasks.map(planned => planned.key) ?? Object.keys(scenario.tasks)
  return keys[task - 1] ?? String(task)
}

const find = (scenario: Scenario, { role, attempt }: Identity, task: string | null): Script | Round | string => {
  if (role === 'planner') return planner(scenario, attempt)
  const byName = role === 'verifier' ? ownEntry(scenario.verify, task) : ownEntry(scenario.tasks, task)?.attempts
  if (byName) return byName[attempt - 1] ?? `only ${byName.length} scripted for this task`
  return scenario.defaults[role] ?? `no task "${task}" and no defaults.${role} in the scenario`
}

const planner = (scenario: Scenario, attempt: number): Script | string => {
  if (scenario.planner) return scenario.planner[attempt - 1] ?? `only ${scenario.planner.length} scripted`
  if (scenario.plan) return { steps: [{ plan: scenario.plan }] }
  return scenario.defaults.planner ?? 'the scenario has no plan'
}

const ownEntry = <T>(record: Record<string, T>, key: string | null): T | undefined =>
  key !== null && Object.hasOwn(record, key) ? record[key] : undefined

const stepsOf = (script: Script | Round, worker: string | null): Step[] | null => {
  const forWorker = Object.entries(script.stepsFor ?? {}).find(([name]) => name === worker)?.[1]
  const steps = forWorker ?? script.steps ?? null
  const verdict = 'verdict' in script ? script.verdict : undefined
  return verdict ? [...(steps ?? []), { verdict }] : steps
}

/** What `task` and `plan` take from the command line, made the wish of a run; every mistake is told before a run exists. */
import type { RunWish } from '../app.ts'
import { assetPath } from '../config/assets.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { Lane, WorkerName } from '../domain/lane.ts'
import { parsePlanFile } from '../planner/plan-file.ts'
import { builtInScenarios, parseScenario } from '../rehearsal/scenario.ts'
import type { Call } from './call.ts'
import { checkGoal, readNamedFile, readStandardInput } from './goal.ts'

export interface WishOptions {
  plan?: string
  lane?: string
  loosen?: boolean
  agents?: string
  maxParallel?: number
  rehearse?: string
  unboxed?: boolean
  sameVendor?: boolean
}

/** @throws AgentLabError for a goal, file or option that can't be meant (exit 2) */
export const wishOf = async (call: Call, goal: string | undefined, options: WishOptions): Promise<RunWish> => ({
  planText: options.plan === undefined ? null : await planNamed(call, options.plan),
  goal: checkGoal(await goalText(goal, options.plan)),
  ...(await wishOfRun(call, options)),
})

/** All of it but what is to be done. */
export const wishOfRun = async (
  call: Call,
  options: WishOptions,
  command = 'task',
): Promise<Omit<RunWish, 'goal' | 'planText'>> => ({
  scenarioText: options.rehearse === undefined ? null : await scenarioNamed(call, options.rehearse),
  lane: options.lane === undefined ? null : chosenLane(command, options.lane),
  workers: options.agents === undefined ? null : chosenWorkers(options.agents, command),
  maxParallel: options.maxParallel ?? null,
  unboxed: options.unboxed === true,
  sameVendor: options.sameVendor === true,
})

const goalText = async (argument: string | undefined, plan: string | undefined): Promise<string> => {
  if (argument === '-') return readStandardInput(process.stdin)
  if (argument === undefined && plan !== undefined) return `Carry out the plan ${plan}`
  return argument ?? ''
}

const planNamed = async (call: Call, file: string): Promise<string> => {
  const text = await readNamedFile(call.cwd, file, '--plan')
  parsePlanFile(text, file)
  return text
}

/** A built-in scenario's name, or a file. */
export const scenarioNamed = async (call: Call, nameOrFile: string): Promise<string> => {
  const isBuiltIn = builtInScenarios.includes(nameOrFile)
  const path = isBuiltIn ? assetPath(`src/rehearsal/scenarios/${nameOrFile}.yaml`) : nameOrFile
  const text = await readNamedFile(call.cwd, path, '--rehearse', { names: builtInScenarios })
  parseScenario(text, nameOrFile)
  return text
}

export const chosenLane = (command: string, text: string): Lane => {
  const lane = Lane.safeParse(text)
  if (lane.success) return lane.data
  throw wrongUse(`--lane ${JSON.stringify(text)} is no lane`, `Use one of ${Lane.options.join(', ')}.`, command)
}

export const chosenWorker = (text: string): WorkerName => {
  const worker = WorkerName.safeParse(text)
  if (worker.success) return worker.data
  const cure = `Use one of ${WorkerName.options.join(', ')}, or leave it out.`
  throw wrongUse(`--worker ${JSON.stringify(text)} is no worker`, cure, 'box')
}

export const chosenWorkers = (text: string, command = 'task'): WorkerName[] => {
  const names = [...new Set(text.split(',').map(name => name.trim()))]
  const wrong = names.find(name => !WorkerName.safeParse(name).success)
  if (wrong === undefined) return names.map(name => WorkerName.parse(name))
  throw wrongUse(
    `--agents names ${JSON.stringify(wrong)}, which is no agent`,
    `Use some of ${WorkerName.options.join(', ')}, with commas between.`,
    command,
  )
}

export const wrongUse = (why: string, cure: string, command = 'task'): AgentLabError =>
  new AgentLabError(`${command} failed on its options: ${why}`, { code: 'wrong-use', cure, exit: exitCode.wrongUse })

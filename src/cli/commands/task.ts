/** `agentlab task "<goal>"`: asks for a run and follows it. */
import { listedFiles, type Project, type RunWish, requestRun, withForegroundSupervisor } from '../../app.ts'
import { assetPath } from '../../config/assets.ts'
import type { EffectiveConfig } from '../../config/effective.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { Lane, WorkerName } from '../../domain/lane.ts'
import { count } from '../../domain/measures.ts'
import { noteWords } from '../../domain/repository-note.ts'
import { parsePlanFile } from '../../planner/plan-file.ts'
import { builtInScenarios, parseScenario } from '../../rehearsal/scenario.ts'
import type { Answer, Call } from '../call.ts'
import { checkGoal, readNamedFile, readStandardInput } from '../goal.ts'
import { handInLine } from '../hand-in-words.ts'
import { openFor } from '../project.ts'
import { supervisorLog } from '../supervisor-log.ts'
import { watchRun } from '../watch-run.ts'

export interface TaskOptions {
  plan?: string
  lane?: string
  agents?: string
  maxParallel?: number
  rehearse?: string
  unboxed?: boolean
  sameVendor?: boolean
  foreground?: boolean
  detach?: boolean
}

export const task = async (call: Call, goalArgument: string | undefined, options: TaskOptions): Promise<Answer> => {
  const foreground = options.foreground === true
  if (foreground && options.detach === true)
    throw wrongUse('--foreground and --detach exclude each other', 'Give one of them.')
  const planText = options.plan === undefined ? null : await planNamed(call, options.plan)
  const scenarioText = options.rehearse === undefined ? null : await scenarioNamed(call, options.rehearse)
  const goal = checkGoal(await goalText(goalArgument, options.plan))
  const lane = options.lane === undefined ? null : chosenLane(options.lane)
  const workers = options.agents === undefined ? null : chosenWorkers(options.agents)

  const project = await openFor(call, true)
  const { effective } = project.config
  call.talk.write(`${limitsLine(effective, options.maxParallel)}\n`)
  const handedIn = handInLine(await listedFiles(project.repository, effective.handIn))
  if (handedIn !== null) call.talk.write(`Handed in: ${handedIn}.\n`)
  if (options.unboxed === true)
    call.talk.write('UNBOXED: nothing keeps the agents from the rest of this machine. The receipt will say so.\n')
  const wish: RunWish = {
    goal,
    planText,
    scenarioText,
    lane,
    workers,
    maxParallel: options.maxParallel ?? null,
    unboxed: options.unboxed === true,
    sameVendor: options.sameVendor === true,
  }
  const carryOut = (): Promise<Answer> => request(call, project, wish, options)
  return foreground
    ? withForegroundSupervisor(project, { signal: call.signal, log: supervisorLog(project.paths.log) }, carryOut)
    : carryOut()
}

const request = async (call: Call, project: Project, wish: RunWish, options: TaskOptions): Promise<Answer> => {
  const foreground = options.foreground === true
  const { runId, answer, notes } = await requestRun(project, wish, { startSupervisor: !foreground })
  if (!answer.accepted) {
    throw new AgentLabError(`task failed on its request: ${answer.text}`, {
      code: 'request-refused',
      cure: 'Correct it and ask again.',
    })
  }
  for (const note of notes) call.talk.write(`Repository: ${noteWords(note).operator}.\n`)
  call.talk.write(`${answer.text}\n`)
  if (options.detach !== true) return watchRun(call, project, runId, foreground)
  return { text: runId, json: { runId, answer }, remarks: ['It goes on in the background. Watch it: agentlab runs -f'] }
}

const goalText = async (argument: string | undefined, plan: string | undefined): Promise<string> => {
  if (argument === '-') return readStandardInput(process.stdin)
  if (argument === undefined && plan !== undefined) return `Carry out the plan ${plan}`
  return argument ?? ''
}

/** A mistake in the plan is told before a run exists. */
const planNamed = async (call: Call, file: string): Promise<string> => {
  const text = await readNamedFile(call.cwd, file, '--plan')
  parsePlanFile(text, file)
  return text
}

/** A built-in scenario's name, or a file; a mistake in it is told before a run exists. */
const scenarioNamed = async (call: Call, nameOrFile: string): Promise<string> => {
  const isBuiltIn = builtInScenarios.includes(nameOrFile)
  const path = isBuiltIn ? assetPath(`src/rehearsal/scenarios/${nameOrFile}.yaml`) : nameOrFile
  const text = await readNamedFile(call.cwd, path, '--rehearse')
  parseScenario(text, nameOrFile)
  return text
}

const chosenLane = (text: string): Lane => {
  const lane = Lane.safeParse(text)
  if (lane.success) return lane.data
  throw wrongUse(`--lane ${JSON.stringify(text)} is no lane`, `Use one of ${Lane.options.join(', ')}.`)
}

const chosenWorkers = (text: string): WorkerName[] => {
  const names = [...new Set(text.split(',').map(name => name.trim()))]
  const wrong = names.find(name => !WorkerName.safeParse(name).success)
  if (wrong === undefined) return names.map(name => WorkerName.parse(name))
  throw wrongUse(
    `--agents names ${JSON.stringify(wrong)}, which is no agent`,
    `Use some of ${WorkerName.options.join(', ')}, with commas between.`,
  )
}

const wrongUse = (why: string, cure: string): AgentLabError =>
  new AgentLabError(`task failed on its options: ${why}`, { code: 'wrong-use', cure, exit: exitCode.wrongUse })

/** The limits a run goes by, in one line; printed before anything is spent. `wanted` is --max-parallel. */
export const limitsLine = ({ limits }: Pick<EffectiveConfig, 'limits'>, wanted?: number): string =>
  `Limits: ${count(limits.requests)} requests, ${count(limits.tokens)} tokens, ${limits.minutes} min per run; ` +
  `${limits.wallMinutes} min, ${limits.silenceMinutes} min of silence (${limits.toolMinutes} min in a tool call) per attempt; ` +
  `${limits.maxAttempts} attempts per task, ${Math.min(wanted ?? limits.maxParallel, limits.maxParallel)} at once.`

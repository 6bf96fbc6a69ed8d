/** The commands' side: appends a row, makes sure a supervisor runs, waits for the answering row, follows the store. */
import { readFile } from 'node:fs/promises'
import { runLimitsOf } from '../config/limits.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { RunRequest } from '../domain/event.ts'
import { newContentId, newRunId } from '../domain/ids.ts'
import { type Lane, vendorOf, type WorkerName } from '../domain/lane.ts'
import type { RunView } from '../domain/run-view.ts'
import { parsePlanFile } from '../planner/plan-file.ts'
import { probeBox } from '../process/box-probe.ts'
import { spawnDetached } from '../process/detached.ts'
import { parseScenario } from '../rehearsal/scenario.ts'
import type { Command, CommandAnswer } from '../store/commands.ts'
import type { ContentKind } from '../store/content.ts'
import { isLockHeld, lockHolder } from '../store/lock.ts'
import { readRunView } from '../store/run-view.ts'
import { newRowId } from '../store/store.ts'
import { isIn, restingRunStates } from '../supervisor/states.ts'
import { chooseCrew } from './agents.ts'
import { configContent } from './host.ts'
import type { Project } from './project.ts'

export interface RunWish {
  goal: string
  /** Text of --plan FILE, or null. */
  planText: string | null
  /** Text of --rehearse SCENARIO, or null: real models. */
  scenarioText: string | null
  lane: Lane | null
  workers: WorkerName[] | null
  maxParallel: number | null
  /** The operator's own word that processes may run without a box. */
  unboxed: boolean
  /** The operator's own word that one vendor may verify itself where no other is to be had. */
  sameVendor: boolean
}

/**
 * Everything that can be refused is refused here, before a row is written or a token spent.
 * @throws AgentLabError `no-worker`, `one-vendor`, `no-wall` (exit 5), `yaml-invalid`
 */
export const planRun = async (
  project: Project,
  wish: RunWish,
): Promise<Omit<RunRequest, 'goalContentId' | 'configContentId' | 'planContentId' | 'scenarioContentId'>> => {
  const { effective, hash } = project.config
  const rehearsed = wish.scenarioText !== null
  if (wish.planText !== null) parsePlanFile(wish.planText, 'the plan file')
  if (wish.scenarioText !== null) parseScenario(wish.scenarioText, 'the scenario')
  const lane = wish.lane ?? effective.lane
  const workers = await chooseCrew({ config: effective, env: project.env, lane, rehearsed, wanted: wish.workers })
  const independence = wish.sameVendor ? 'session' : effective.verifier.independence
  if (independence === 'vendor' && new Set(workers.map(worker => vendorOf[worker])).size === 1) {
    throw new AgentLabError(
      `agentlab task failed on choosing a verifier: in lane ${lane} only ${workers.join(', ')} can be used, so no other vendor can judge its work`,
      {
        code: 'one-vendor',
        cure: 'Log in to a second agent, or accept verdicts of the same vendor: agentlab task --same-vendor "<goal>" (the receipt will say so)',
        exit: exitCode.wrongUse,
      },
    )
  }
  return {
    lane,
    configHash: hash,
    containment: await containmentFor(wish),
    workers,
    maxParallel: Math.min(wish.maxParallel ?? effective.limits.maxParallel, effective.limits.maxParallel),
    maxAttempts: effective.limits.maxAttempts,
    independence,
    limits: runLimitsOf(effective.limits),
  }
}

/** Boxed where a box can be built. Else a rehearsal may go on (and says so), and real models need the operator's word. */
const containmentFor = async (wish: RunWish): Promise<RunRequest['containment']> => {
  if (wish.unboxed) return 'unboxed'
  const box = await probeBox()
  if (box.available) return 'boxed'
  if (wish.scenarioText !== null) return 'unboxed'
  throw new AgentLabError(`agentlab task failed on building the box: ${box.part}: ${box.reason}`, {
    code: 'no-wall',
    cure: `${box.cure} To run without any wall, at your own risk: agentlab task --unboxed "<goal>"`,
    exit: exitCode.noWall,
  })
}

/** Asks for a run and waits until a supervisor has taken it. */
export const requestRun = async (
  project: Project,
  wish: RunWish,
  options: { startSupervisor: boolean } = { startSupervisor: true },
): Promise<{ runId: string; answer: CommandAnswer }> => {
  const planned = await planRun(project, wish)
  const runId = newRunId(Math.random)
  const { content } = project.store
  const keep = (kind: ContentKind, text: string): string => {
    const id = newContentId(Math.random)
    content.add({ id, runId, taskId: null, lane: planned.lane, kind, at: Date.now(), text })
    return id
  }
  const command = project.store.write((): Command => {
    const request: RunRequest = {
      ...planned,
      goalContentId: keep('goal', wish.goal),
      configContentId: keep('config', configContent(project.config)),
      planContentId: wish.planText === null ? null : keep('planFile', wish.planText),
      scenarioContentId: wish.scenarioText === null ? null : keep('scenario', wish.scenarioText),
    }
    return { kind: 'task', runId, request }
  })
  return { runId, answer: await sendCommand(project, command, options) }
}

const pollMs = 40
const startPatienceMs = 30_000

/**
 * Appends a command's row and waits for the row that answers it, starting a supervisor as long as none holds the lock.
 * @throws AgentLabError `supervisor-silent` when none came up
 */
export const sendCommand = async (
  project: Project,
  command: Command,
  options: { startSupervisor: boolean } = { startSupervisor: true },
): Promise<CommandAnswer> => {
  const { store } = project
  const id = newRowId()
  store.write(() => store.commands.append(id, command, Date.now()))
  const since = Date.now()
  let startedAt = 0
  for (;;) {
    const answer = store.commands.answerOf(id)
    if (answer !== null) return answer
    if (options.startSupervisor && Date.now() - startedAt > 2_000 && !isLockHeld(project.paths.lock)) {
      startSupervisor(project)
      startedAt = Date.now()
    }
    if (Date.now() - since > startPatienceMs && !isLockHeld(project.paths.lock)) throw await silentError(project)
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}

const silentError = async (project: Project): Promise<AgentLabError> => {
  const log = await readFile(project.paths.log, 'utf8').catch(() => '')
  const holder = lockHolder(project.paths.lock)
  const last = log.trimEnd().split('\n').at(-1) ?? ''
  return new AgentLabError(
    `agentlab failed on starting its supervisor: it did not take the lock (last holder: ${holder === null ? 'none' : `process ${holder.pid}`}); its last words: ${last === '' ? 'none' : last}`,
    {
      code: 'supervisor-silent',
      cure: `Read ${project.paths.log}; the request is kept: agentlab resume goes on with it.`,
    },
  )
}

/** Starts a supervisor of its own session; if another one is quicker, it ends at once. */
export const startSupervisor = (project: Project): void => {
  const entry = process.argv[1] ?? ''
  spawnDetached(process.execPath, [entry, 'supervise', '--repo', project.repository.root], {
    cwd: project.dataDir,
    env: project.env,
    logPath: project.paths.log,
  })
}

/**
 * Calls `onChange` with each new view of the run until it rests or the signal is given. Never ends a run.
 * A supervisor that died meanwhile is started again, so that closing one terminal or killing a process strands nothing.
 */
export const followRun = async (
  project: Project,
  runId: string,
  onChange: (view: RunView) => void,
  signal: AbortSignal,
  options: { startSupervisor: boolean } = { startSupervisor: true },
): Promise<RunView> => {
  let seen = -1
  let checkedAt = Date.now()
  for (;;) {
    const version = project.store.dataVersion() + project.store.events.lastSeq() * 1e6
    const view = version === seen ? null : readRunView(project.store, runId)
    seen = version
    if (view !== null) {
      onChange(view)
      if (isIn(restingRunStates, view.state) || signal.aborted) return view
    }
    if (signal.aborted) return readRunView(project.store, runId)!
    if (options.startSupervisor && Date.now() - checkedAt > 3_000) {
      checkedAt = Date.now()
      if (!isLockHeld(project.paths.lock)) startSupervisor(project)
    }
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

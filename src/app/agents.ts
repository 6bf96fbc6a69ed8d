/** The agents of this machine: where their programs lie, whether the operator's logins are usable, what each run may use. */

import { readFile } from 'node:fs/promises'
import { homedir, platform } from 'node:os'
import type { EffectiveConfig } from '../config/effective.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { type Lane, vendorOf, type WorkerName } from '../domain/lane.ts'
import type { Credential } from '../lanes/gateway/grant.ts'
import { workerAllowed } from '../lanes/policy.ts'
import { findInstallation } from '../workers/locate.ts'
import { detectLogin, type Login, type LoginPlaces, readCredential } from '../workers/login.ts'
import { workers } from '../workers/registry.ts'
import type { Installation } from '../workers/worker.ts'

export interface AgentState {
  worker: WorkerName
  /** null: not found; a string instead: found, and why it can't be used. */
  installation: Installation | null
  broken: string | null
  login: Login
}

export const loginPlaces = (
  env: NodeJS.ProcessEnv,
  config: EffectiveConfig | null,
  worker: WorkerName,
): LoginPlaces => {
  const vendor = vendorOf[worker]
  const named = config === null || vendor === 'local' ? null : config.credentials[vendor]
  const standard = { anthropic: 'ANTHROPIC_API_KEY', openai: 'OPENAI_API_KEY', google: 'GEMINI_API_KEY', local: '' }[
    vendor
  ]
  return {
    env: named === null ? env : { ...env, [standard]: env[named.env] },
    home: env.HOME ?? homedir(),
    readFile: path => readFile(path, 'utf8').catch(() => null),
    now: Date.now(),
    platform: platform(),
  }
}

const installations = new Map<string, Promise<Installation | null>>()

/** Finds a CLI once per process and path. A trial runs it, which takes up to seconds; a run finds out by itself. */
export const installationOf = (
  worker: WorkerName,
  config: EffectiveConfig,
  env: NodeJS.ProcessEnv,
  isTrial = false,
): Promise<Installation | null> => {
  const override = config.agent[worker].path
  const key = JSON.stringify([worker, override, env.PATH, isTrial])
  const known = installations.get(key)
  if (known !== undefined) return known
  const found = findInstallation({
    worker,
    program: workers[worker].program,
    pathEnv: env.PATH ?? '',
    override,
    nodePath: process.execPath,
    home: env.HOME ?? homedir(),
    isTrial,
  })
  installations.set(key, found)
  found.catch(() => installations.delete(key))
  return found
}

const allWorkers = Object.keys(workers) as WorkerName[]

/** What stands on this machine, for `doctor` and `init`: each program is tried. */
export const agentStates = (config: EffectiveConfig, env: NodeJS.ProcessEnv): Promise<AgentState[]> =>
  statesOf(allWorkers, config, env, true)

const statesOf = (
  names: readonly WorkerName[],
  config: EffectiveConfig,
  env: NodeJS.ProcessEnv,
  isTrial: boolean,
): Promise<AgentState[]> =>
  Promise.all(
    names.map(async worker => {
      const login = await detectLogin(worker, loginPlaces(env, config, worker))
      try {
        return { worker, installation: await installationOf(worker, config, env, isTrial), broken: null, login }
      } catch (error) {
        return { worker, installation: null, broken: error instanceof Error ? error.message : String(error), login }
      }
    }),
  )

export interface CrewRequest {
  config: EffectiveConfig
  env: NodeJS.ProcessEnv
  lane: Lane
  rehearsed: boolean
  /** The operator's --agents, or null. */
  wanted: readonly WorkerName[] | null
}

/**
 * The workers a run may use, in order of preference: configured, allowed in the lane, installed, and logged in (a
 * rehearsed run needs no login).
 * @throws AgentLabError `no-worker` (exit 2) saying of each why not
 */
export const chooseCrew = async (request: CrewRequest): Promise<WorkerName[]> => {
  const order = request.wanted ?? request.config.agents
  const states = await statesOf(order, request.config, request.env, false)
  const reasons: string[] = []
  const crew = order.filter(worker => {
    const reason = reasonAgainst(states.find(state => state.worker === worker)!, request)
    if (reason !== null) reasons.push(`${worker}: ${reason}`)
    return reason === null
  })
  const refusedByName = request.wanted !== null && reasons.length > 0
  if (crew.length > 0 && !refusedByName) return [...new Set(crew)]
  throw new AgentLabError(`agentlab task failed on choosing agents for lane ${request.lane}: ${reasons.join('; ')}`, {
    code: 'no-worker',
    cure: 'See what is usable with agentlab doctor; a rehearsal needs no login: agentlab task --rehearse hello "<goal>"',
    exit: exitCode.wrongUse,
  })
}

const reasonAgainst = (state: AgentState, request: CrewRequest): string | null => {
  if (!workerAllowed(state.worker, request.lane, request.config, request.rehearsed)) {
    return `its provider (${vendorOf[state.worker]}) may not see data of lane ${request.lane}`
  }
  if (state.broken !== null) return state.broken
  if (state.installation === null) return `the program ${workers[state.worker].program} is not on PATH`
  if (request.rehearsed || state.login.state === 'usable') return null
  return state.login.state === 'missing'
    ? `not logged in (needs ${state.login.needs})`
    : `logged in but not usable by AgentLab yet (needs ${state.login.needs})`
}

/** The operator's credential for a worker, read anew at each request by the gateway and by nothing else. */
export const credentialOf = async (
  worker: WorkerName,
  config: EffectiveConfig,
  env: NodeJS.ProcessEnv,
): Promise<Credential> => {
  const login = await detectLogin(worker, loginPlaces(env, config, worker))
  if (login.state !== 'usable') return { kind: 'none', read: async () => '' }
  return {
    kind: login.kind,
    read: async () => (await readCredential(worker, loginPlaces(env, config, worker)))?.secret ?? '',
  }
}

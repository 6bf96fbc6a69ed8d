/** The agents of this machine: where their programs lie, whether the operator's logins are usable, what each run may use. */

import { readFile } from 'node:fs/promises'
import { homedir, platform } from 'node:os'
import type { EffectiveConfig } from '../config/effective.ts'
import type { Answerer } from '../domain/answerer.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { Lane, type Provider, type WorkerName } from '../domain/lane.ts'
import { answererOf } from '../lanes/answerer.ts'
import type { Credential } from '../lanes/gateway/grant.ts'
import { policyOf, workerRefusal, workerRefusalWords } from '../lanes/policy.ts'
import { findInstallation } from '../workers/locate.ts'
import { detectLogin, type Login, type LoginPlaces, readCredential } from '../workers/login.ts'
import { workers } from '../workers/registry.ts'
import type { Installation } from '../workers/worker.ts'
import { type OwnServers, ownServersOf, serversWith } from './local-choice.ts'

export interface AgentState {
  worker: WorkerName
  /** Whom it asks; its login is the one for that. */
  provider: Provider
  /** null: not found; a string instead: found, and why it can't be used. */
  installation: Installation | null
  broken: string | null
  login: Login
  /** Lanes in which it asks the operator's own servers. */
  own: (OwnServers & { lane: Lane })[]
}

export const loginPlaces = (
  env: NodeJS.ProcessEnv,
  config: EffectiveConfig | null,
  provider: Provider,
): LoginPlaces => {
  const named = config === null || provider === 'local' ? null : config.credentials[provider]
  const standard = { anthropic: 'ANTHROPIC_API_KEY', openai: 'OPENAI_API_KEY', google: 'GEMINI_API_KEY', local: '' }[
    provider
  ]
  return {
    env: named === null ? env : { ...env, [standard]: env[named.env] },
    home: env.HOME ?? homedir(),
    readFile: path => readFile(path, 'utf8').catch(() => null),
    now: Date.now(),
    platform: platform(),
    servers: (config?.local ?? []).map(server => server.name),
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
  Promise.all(allWorkers.map(worker => stateOf({ worker, provider: config.agent[worker].provider }, config, env, true)))

const stateOf = async (
  asking: Pick<AgentState, 'worker' | 'provider'>,
  config: EffectiveConfig,
  env: NodeJS.ProcessEnv,
  isTrial: boolean,
): Promise<AgentState> => {
  const login = await detectLogin(asking.provider, loginPlaces(env, config, asking.provider))
  const own = Lane.options.flatMap(lane => {
    const found = ownServersOf(asking.worker, lane, config)
    return found === null ? [] : [{ lane, ...found }]
  })
  try {
    const installation = await installationOf(asking.worker, config, env, isTrial)
    return { ...asking, installation, broken: null, login, own }
  } catch (error) {
    const broken = error instanceof Error ? error.message : String(error)
    return { ...asking, installation: null, broken, login, own }
  }
}

export interface CrewRequest {
  config: EffectiveConfig
  env: NodeJS.ProcessEnv
  lane: Lane
  rehearsed: boolean
  /** The operator's --agents, or null. */
  wanted: readonly WorkerName[] | null
}

/** A worker of the crew that was asked for, who would answer it, and why it can't be used; null: it can. */
export interface CrewMember {
  worker: WorkerName
  answerer: Answerer
  /** Names of the operator's servers that it would ask; empty where it asks its vendor. */
  servers: string[]
  reason: string | null
}

/** Of each worker that is configured or wanted, in order of preference, whether a run of this lane may use it. */
export const judgeCrew = async (request: CrewRequest): Promise<CrewMember[]> => {
  const { config, env, lane } = request
  const order = [...new Set(request.wanted ?? config.agents)]
  return Promise.all(
    order.map(async worker => {
      const answerer = answererOf(worker, lane, config)
      const state = await stateOf({ worker, provider: answerer.provider }, config, env, false)
      const servers = ownServersOf(worker, lane, config)?.servers ?? []
      return { worker, answerer, servers, reason: reasonAgainst(state, answerer, request) }
    }),
  )
}

/**
 * The workers a run may use, in order of preference: configured, allowed in the lane, installed, and logged in (a
 * rehearsed run needs no login). One that was named and can't be used refuses them all.
 * @throws AgentLabError `no-worker` (exit 2) saying of each why not
 */
export const chooseCrew = async (request: CrewRequest): Promise<WorkerName[]> => {
  const members = await judgeCrew(request)
  const crew = members.filter(member => member.reason === null)
  const isWhole = crew.length === members.length
  if (crew.length > 0 && (isWhole || request.wanted === null)) return crew.map(member => member.worker)
  const reasons = members.flatMap(({ worker, reason }) => (reason === null ? [] : [`${worker}: ${reason}`]))
  throw new AgentLabError(`agentlab failed on choosing agents for lane ${request.lane}: ${reasons.join('; ')}`, {
    code: 'no-worker',
    cure: cureIn(request.lane),
    exit: exitCode.wrongUse,
  })
}

/** What is missing there most often, and what can be tried on any machine. */
const cureIn = (lane: Lane): string =>
  lane === 'private'
    ? 'Name a model server of yours in ~/.config/agentlab/config.yaml: local: [{name: mac, url: "http://127.0.0.1:11434", models: ["qwen3:8b"]}], and see that it answers: agentlab doctor. Without one: agentlab task --rehearse private --lane private --agents local --same-vendor "<goal>"'
    : 'See what is usable with agentlab doctor; a rehearsal needs no login: agentlab task --rehearse hello "<goal>"'

const reasonAgainst = (state: AgentState, answerer: Answerer, request: CrewRequest): string | null => {
  const policy = policyOf(request.lane, request.config)
  if (answerer.provider === 'local' && state.login.state === 'missing' && !needsNoServer(state.worker, request))
    return `no server is configured (needs ${state.login.needs})`
  const refusal = workerRefusal(policy, { worker: state.worker, answerer, rehearsed: request.rehearsed })
  if (refusal !== null) return workerRefusalWords(refusal, policy, { answerer })
  const hasServer =
    answerer.provider !== 'local' || serversWith(answerer.model, request.lane, request.config).length > 0
  if (!hasServer && !request.rehearsed)
    return `no server of yours has a model that may be asked in lane ${request.lane}`
  if (state.broken !== null) return state.broken
  if (state.installation === null) return `the program ${workers[state.worker].program} is not on PATH`
  if (request.rehearsed || state.login.state === 'usable') return null
  return state.login.state === 'missing'
    ? `not logged in (needs ${state.login.needs})`
    : `logged in, but not in a way AgentLab can use (needs ${state.login.needs})`
}

/** A rehearsal needs no server of the operator's, but it takes the local loop only where it is told to. */
const needsNoServer = (worker: WorkerName, { rehearsed, wanted }: CrewRequest): boolean =>
  rehearsed && (worker !== 'local' || wanted?.includes('local') === true)

/** The operator's credential for a provider, read anew at each request by the gateway and by nothing else. */
export const credentialOf = async (
  provider: Provider,
  config: EffectiveConfig,
  env: NodeJS.ProcessEnv,
): Promise<Credential> => {
  const login = await detectLogin(provider, loginPlaces(env, config, provider))
  if (login.state !== 'usable') return { kind: 'none', read: async () => '' }
  return {
    kind: login.kind,
    read: async () => (await readCredential(provider, loginPlaces(env, config, provider)))?.secret ?? '',
  }
}

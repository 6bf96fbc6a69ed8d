/** The gate of a worker of a lane, as its runs get it, but for the upstream: that is a decoy. */
import { join } from 'node:path'
import type { EffectiveConfig } from '../../config/effective.ts'
import { type Lane, type Provider, WorkerName } from '../../domain/lane.ts'
import type { Network } from '../../domain/launch.ts'
import { answererOf } from '../../lanes/answerer.ts'
import { type Gateway, startGateway } from '../../lanes/gateway/gateway.ts'
import type { Grant } from '../../lanes/gateway/grant.ts'
import { modelsFor, policyOf } from '../../lanes/policy.ts'
import { gatePort } from '../agent-command.ts'
import { upstreamOf } from '../agent-run.ts'
import { credentialOf } from '../agents.ts'
import type { Project } from '../project.ts'

export interface LaneGate {
  network: Network
  /** For attacks: where the gate is asked, for which model, and with which tokens. */
  names: Record<string, string>
  close(): Promise<void>
}

/** `upstreamPort` is the decoy's; the socket is made in `dir`. */
export const openLaneGate = async (
  lane: Lane,
  { project, dir, upstreamPort }: { project: Project; dir: string; upstreamPort: number },
): Promise<LaneGate> => {
  const gateway = await startGateway({ allow: async () => ({ ok: true }), meter: () => {}, clock: Date.now })
  const config = withDecoy(project.config.effective, lane, `http://127.0.0.1:${upstreamPort}`)
  const grant = await grantOf(lane, config, project.env)
  const token = gateway.issueToken(grant)
  const socket = join(dir, `${lane}.sock`)
  await gateway.openGate(token, socket)
  const root = `/${grant.provider}`
  const model = grant.models![0]!.replaceAll('*', 'x')
  const names = {
    TOKEN: token,
    OTHER_TOKEN: gateway.issueToken(grant),
    REVOKED_TOKEN: revoked(gateway, grant),
    GATE_SOCKET: socket,
    GATE_PORT: String(gatePort),
    GATE_ROOT: root,
    GATE_PATH: root + pathOf(grant.provider, model),
    MODEL: model,
  }
  return { network: { socket, port: gatePort }, names, close: () => gateway.close() }
}

/** Where a provider is asked something, in the language its gate speaks. */
const pathOf = (provider: Provider, model: string): string =>
  provider === 'google'
    ? `/v1beta/models/${model}:generateContent`
    : provider === 'openai'
      ? '/v1/responses'
      : '/v1/messages'

/** For lanes without a list of models: a gate that lets any model through can't be seen to refuse one. */
const someModels: Record<Provider, string> = {
  anthropic: 'claude-*',
  openai: 'gpt-*',
  google: 'gemini-*',
  local: 'qwen3:8b',
}

const revoked = (gateway: Gateway, grant: Grant): string => {
  const token = gateway.issueToken(grant)
  gateway.revokeToken(token)
  return token
}

const firstOf = (lane: Lane, config: EffectiveConfig): Provider => policyOf(lane, config).providers[0]!

/** The operator's configuration with all of its upstreams at the decoy, and a model for a lane that lists none. */
const withDecoy = (config: EffectiveConfig, lane: Lane, decoy: string): EffectiveConfig => {
  const provider = firstOf(lane, config)
  const listed = modelsFor(lane, provider, config) ?? []
  const models = listed.length > 0 ? [...listed] : [someModels[provider]]
  const said = config.lanes[lane]
  return {
    ...config,
    local: [{ name: 'walls', url: decoy, models }],
    upstreams: { anthropic: decoy, openai: decoy, google: decoy },
    lanes: { ...config.lanes, [lane]: { ...said, models: { ...said?.models, [provider]: models } } },
  }
}

const grantOf = async (lane: Lane, config: EffectiveConfig, env: NodeJS.ProcessEnv): Promise<Grant> => {
  const provider = firstOf(lane, config)
  const worker = WorkerName.options.find(one => answererOf(one, lane, config).provider === provider) ?? null
  return {
    runId: 'wallwall',
    taskId: null,
    attempt: 1,
    role: 'worker',
    worker,
    lane,
    provider,
    ...upstreamOf({ lane, config }, provider),
    credential: await credentialOf(provider, config, env),
  }
}

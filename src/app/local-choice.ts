/**
 * Which model a worker asks the operator's own servers for, and what is known of those that list it: which of them answers
 * is the gate's to decide, request by request. Pure.
 */
import type { EffectiveConfig } from '../config/effective.ts'
import type { LocalServer } from '../config/operator-config.ts'
import type { Answerer } from '../domain/answerer.ts'
import type { Lane, WorkerName } from '../domain/lane.ts'
import { answererOf } from '../lanes/answerer.ts'
import { modelsFor } from '../lanes/policy.ts'
import { workers } from '../workers/registry.ts'
import type { AttemptInput } from '../workers/worker.ts'

type ChoiceConfig = Pick<EffectiveConfig, 'lanes' | 'local' | 'agent'>

/** The servers that list the model, best first; none where the lane does not allow it. */
export const serversWith = (
  model: string | null,
  lane: Lane,
  config: Pick<ChoiceConfig, 'lanes' | 'local'>,
): LocalServer[] => {
  if (model === null || !modelsFor(lane, 'local', config)?.includes(model)) return []
  return config.local.filter(server => server.models.includes(model))
}

/** Where a worker asks the operator's own servers: for which model, and which of them list it. null: it asks its vendor. */
export interface OwnServers {
  model: string | null
  servers: string[]
}

export const ownServersOf = (worker: WorkerName, lane: Lane, config: ChoiceConfig): OwnServers | null => {
  const { provider, model } = answererOf(worker, lane, config)
  if (provider !== 'local') return null
  return { model, servers: serversWith(model, lane, config).map(({ name }) => name) }
}

/** Whom a worker is to ask, for which model (null: its own choice), and what is known of a server of the operator's. */
export const askingOf = (
  worker: WorkerName,
  lane: Lane,
  config: ChoiceConfig,
): Pick<AttemptInput, 'provider' | 'model' | 'server'> => {
  const answerer = answererOf(worker, lane, config)
  const [server] = answerer.provider === 'local' ? serversWith(answerer.model, lane, config) : []
  if (server === undefined) return answerer
  return { ...answerer, server: { wire: server.wire ?? null, contextTokens: server.context ?? null } }
}

/** Who answers a worker, as it is kept: where no model is configured, the one that its adapter names. */
export const answererKept = (worker: WorkerName, lane: Lane, config: ChoiceConfig): Answerer => {
  const { provider, model } = answererOf(worker, lane, config)
  return { provider, model: model ?? workers[worker].defaultModel }
}

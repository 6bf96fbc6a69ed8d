/**
 * Which model the local loop asks for, and what is known of the operator's servers that list it: which of them answers is
 * the gate's to decide, request by request. Pure.
 */
import type { EffectiveConfig } from '../config/effective.ts'
import type { Lane, WorkerName } from '../domain/lane.ts'
import { modelsFor } from '../lanes/policy.ts'
import type { AttemptInput } from '../workers/worker.ts'

export interface LocalChoice {
  model: string
  server: NonNullable<AttemptInput['server']>
}

type ChoiceConfig = Pick<EffectiveConfig, 'lanes' | 'local' | 'agent'>

/** null: no server lists a model that the lane allows, or not the one that is configured. */
export const localChoice = (lane: Lane, config: ChoiceConfig): LocalChoice | null => {
  const allowed = modelsFor(lane, 'local', config) ?? []
  const model = config.agent.local.model ?? allowed[0]
  const found = config.local.find(server => model !== undefined && server.models.includes(model))
  if (model === undefined || found === undefined || !allowed.includes(model)) return null
  return { model, server: { wire: found.wire ?? null, contextTokens: found.context ?? null } }
}

/** The model a worker is to ask for, null for its own choice, and what is known of a server of the operator's. */
export const modelChoice = (
  worker: WorkerName,
  lane: Lane,
  config: ChoiceConfig,
): Pick<AttemptInput, 'model' | 'server'> => {
  const choice = worker === 'local' ? localChoice(lane, config) : null
  return choice === null ? { model: config.agent[worker].model } : { model: choice.model, server: choice.server }
}

/** What a lane allows: the shipped table with the operator's words over it. Pure; nothing else says yes or no. */
import type { EffectiveConfig } from '../config/effective.ts'
import type { Answerer } from '../domain/answerer.ts'
import { type Lane, type Provider, WorkerName } from '../domain/lane.ts'
import { modelAllowed } from './gateway/models.ts'

/** `words`: what people and models said. `facts`: ids, counts and closed reasons only. */
export type Telling = 'words' | 'facts'

export interface LanePolicy {
  lane: Lane
  /** Who may see the lane's data. */
  providers: readonly Provider[]
  /** Patterns of the models that may be asked, by provider; a provider that is absent has no list: any. */
  models: Partial<Record<Provider, readonly string[]>>
  workers: readonly WorkerName[]
  /** Where requests go, by provider; of `local` all the operator's servers, best first. */
  upstreams: Partial<Record<Provider, readonly string[]>>
  /** Whether `--unboxed` may be said with real models. */
  unboxed: boolean
  /** Hosts of package registries that set-ups may reach, and the operator's mirror. */
  registries: readonly string[]
  mirror: string | null
  /** What the supervisor's log file may hold. */
  logged: Telling
  /** What a notice may say where others can see it. Nothing gives notices yet. */
  notified: Telling
  /** How many days what was said in a run is kept after its end; null: until the operator erases it. */
  retentionDays: number | null
}

type Shipped = Pick<LanePolicy, 'providers' | 'logged' | 'notified' | 'retentionDays'>

/** `personal` gains OpenAI only when the operator adds it; `private` is a hard block. */
const shipped: Record<Lane, Shipped> = {
  personal: { providers: ['anthropic', 'google', 'local'], logged: 'words', notified: 'words', retentionDays: null },
  enterprise: { providers: ['anthropic', 'local'], logged: 'words', notified: 'facts', retentionDays: null },
  private: { providers: ['local'], logged: 'facts', notified: 'facts', retentionDays: 7 },
}

/** What of the configuration a lane's policy is made of. */
export type LaneConfig = Pick<EffectiveConfig, 'lanes' | 'local' | 'upstreams'>

/** The operator's file was read so that nothing in it can widen `enterprise` or `private`. */
export const policyOf = (lane: Lane, config: LaneConfig): LanePolicy => {
  const { providers = shipped[lane].providers, ...said } = config.lanes[lane] ?? {}
  return {
    ...shipped[lane],
    lane,
    providers,
    retentionDays: said.keepDays ?? shipped[lane].retentionDays,
    models: Object.fromEntries(
      providers.flatMap(provider => {
        const models = modelsFor(lane, provider, config)
        return models === undefined ? [] : [[provider, models]]
      }),
    ),
    workers: said.workers ?? WorkerName.options,
    upstreams: Object.fromEntries(providers.map(provider => [provider, upstreamsOf(provider, config)])),
    unboxed: lane !== 'private' && said.unboxed === true,
    registries: lane === 'private' ? [] : (said.registries ?? []),
    mirror: said.mirror ?? null,
  }
}

/**
 * The models that may be asked in a lane, as patterns for a gate's grant; undefined: any. Of `local` never more than
 * the operator's servers list.
 */
export const modelsFor = (
  lane: Lane,
  provider: Provider,
  config: Pick<LaneConfig, 'lanes' | 'local'>,
): readonly string[] | undefined => {
  const patterns = config.lanes[lane]?.models?.[provider]
  if (provider !== 'local') return patterns
  return [...new Set(config.local.flatMap(server => server.models))].filter(model => modelAllowed(patterns, model))
}

const upstreamsOf = (provider: Provider, config: LaneConfig): readonly string[] =>
  provider === 'local' ? config.local.map(server => server.url) : [config.upstreams[provider]]

export type WorkerRefusal = 'workerNotListed' | 'providerNotAllowed' | 'modelNotListed'

export interface WorkerQuestion {
  worker: WorkerName
  /** Without a model it is the program's own choice, which its gate judges request by request. */
  answerer: Answerer
  /** No provider is asked (the model is a script on this machine), so every worker may take part, in every lane. */
  rehearsed: boolean
}

/** Why a worker may not run in the lane, or null: it may. */
export const workerRefusal = (
  policy: LanePolicy,
  { worker, answerer: { provider, model }, rehearsed }: WorkerQuestion,
): WorkerRefusal | null => {
  if (rehearsed) return null
  if (!policy.providers.includes(provider)) return 'providerNotAllowed'
  if (!policy.workers.includes(worker)) return 'workerNotListed'
  return model === null || modelAllowed(policy.models[provider], model) ? null : 'modelNotListed'
}

export const workerRefusalWords = (
  refusal: WorkerRefusal,
  policy: LanePolicy,
  { answerer: { provider, model } }: Pick<WorkerQuestion, 'answerer'>,
): string => {
  switch (refusal) {
    case 'providerNotAllowed':
      return `its provider (${provider}) may not see data of lane ${policy.lane}`
    case 'workerNotListed':
      return `it is not among the workers of lane ${policy.lane} (${policy.workers.join(', ')})`
    case 'modelNotListed':
      return `its model ${model} is not among those of lane ${policy.lane} (${(policy.models[provider] ?? []).join(', ')})`
  }
}

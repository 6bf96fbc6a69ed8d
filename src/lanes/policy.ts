/** Which providers a lane lets see its data, and so which workers may run in it. Pure: one place says yes or no. */
import type { EffectiveConfig } from '../config/effective.ts'
import { type Lane, type Provider, vendorOf, type WorkerName } from '../domain/lane.ts'

/** The shipped table. `personal` gains OpenAI only when the operator adds it; `private` is a hard block. */
const providersByLane: Record<Lane, readonly Provider[]> = {
  enterprise: ['anthropic', 'local'],
  personal: ['anthropic', 'google', 'local'],
  private: ['local'],
}

/** The providers that may see data of the lane. The operator's file is read so that `enterprise` and `private` only narrow. */
export const providersOf = (lane: Lane, { lanes }: Pick<EffectiveConfig, 'lanes'>): readonly Provider[] =>
  lanes[lane]?.providers ?? providersByLane[lane]

/**
 * Whether a worker may run in the lane. A rehearsed run asks no provider at all (its model is a script on this
 * machine), so every worker may take part in it, in every lane.
 */
export const workerAllowed = (
  worker: WorkerName,
  lane: Lane,
  config: Pick<EffectiveConfig, 'lanes'>,
  rehearsed: boolean,
): boolean => rehearsed || providersOf(lane, config).includes(vendorOf[worker])

/** Which providers a lane lets see its data, and so which workers may run in it. Pure: one place says yes or no. */
import { type Lane, type Provider, vendorOf, type WorkerName } from '../domain/lane.ts'

/** The shipped table. `personal` gains OpenAI only when the operator adds it; `private` is a hard block. */
const providersByLane: Record<Lane, readonly Provider[]> = {
  enterprise: ['anthropic', 'local'],
  personal: ['anthropic', 'google', 'local'],
  private: ['local'],
}

export interface LaneSettings {
  /** The operator's own list for the personal lane; null leaves the shipped one. */
  personalProviders: readonly Provider[] | null
}

/** The providers that may see data of the lane. Nothing widens `enterprise` or `private`. */
export const providersOf = (lane: Lane, settings: LaneSettings): readonly Provider[] =>
  lane === 'personal' && settings.personalProviders !== null ? settings.personalProviders : providersByLane[lane]

/**
 * Whether a worker may run in the lane. A rehearsed run asks no provider at all (its model is a script on this
 * machine), so every worker may take part in it, in every lane.
 */
export const workerAllowed = (worker: WorkerName, lane: Lane, settings: LaneSettings, rehearsed: boolean): boolean =>
  rehearsed || providersOf(lane, settings).includes(vendorOf[worker])

/** Who answers a worker in a lane, by the operator's own words: the vendor, or a server of the operator's. Pure. */
import type { EffectiveConfig } from '../config/effective.ts'
import type { Answerer } from '../domain/answerer.ts'
import { type Lane, vendorOf, type WorkerName } from '../domain/lane.ts'
import { modelsFor } from './policy.ts'

/**
 * What is said of the worker in its lane takes the place of what is said of it in general. Of local models the first that
 * the lane allows, where none is named; `model` is null where there is none, or where the worker's program chooses.
 */
export const answererOf = (
  worker: WorkerName,
  lane: Lane,
  config: Pick<EffectiveConfig, 'agent' | 'lanes' | 'local'>,
): Answerer => {
  const said = config.lanes[lane]?.agents?.[worker]
  const { provider = vendorOf[worker], model = null } = said ?? config.agent[worker]
  if (provider !== 'local' || model !== null) return { provider, model }
  return { provider, model: modelsFor(lane, 'local', config)?.[0] ?? null }
}

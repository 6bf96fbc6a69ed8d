/** Who verifies whose work. */
import { type Answerer, nearnessOf } from '../domain/answerer.ts'
import type { WorkerName } from '../domain/lane.ts'

/** A worker and who answers it: two that ask the operator's servers are of one vendor, whatever programs they are. */
export interface Candidate {
  worker: WorkerName
  answerer: Answerer
}

export interface VerifierQuestion {
  author: Candidate
  /** Workers that may be used now, in the operator's order of preference. */
  available: readonly Candidate[]
  /** Verifiers whose answers on this tip did not count. */
  avoid: readonly WorkerName[]
  /** `session`: a new session of the author's own vendor may judge where no other is to be had. */
  independence: 'vendor' | 'session'
}

export interface ChosenVerifier extends Candidate {
  nearness: ReturnType<typeof nearnessOf>
}

/**
 * The first allowed worker of another vendor; under `session` the first that asks another model of the author's vendor,
 * else one that asks the very same; null when there is none.
 */
export const chooseVerifier = ({ author, available, avoid, independence }: VerifierQuestion): ChosenVerifier | null => {
  const left = available
    .filter(({ worker }) => !avoid.includes(worker))
    .map(one => ({ ...one, nearness: nearnessOf(author.answerer, one.answerer) }))
  const at = (nearness: ChosenVerifier['nearness']) => left.find(one => one.nearness === nearness)
  const other = at(null)
  if (other !== undefined || independence === 'vendor') return other ?? null
  return at('same vendor') ?? at('same model') ?? null
}

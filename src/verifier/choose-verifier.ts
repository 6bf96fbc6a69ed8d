/** Who verifies whose work. */
import { vendorOf, type WorkerName } from '../domain/lane.ts'

export interface VerifierQuestion {
  author: WorkerName
  /** Workers that may be used now, in the operator's order of preference. */
  available: readonly WorkerName[]
  /** Verifiers whose answers on this tip did not count. */
  avoid: readonly WorkerName[]
  /** `session`: a new session of the author's own vendor may judge where no other is to be had. */
  independence: 'vendor' | 'session'
}

/** The first allowed worker of another vendor; of the author's vendor only under `session`; null when there is none. */
export const chooseVerifier = (question: VerifierQuestion): { worker: WorkerName; sameVendor: boolean } | null => {
  const { author, available, avoid, independence } = question
  const left = available.filter(worker => !avoid.includes(worker))
  const other = left.find(worker => vendorOf[worker] !== vendorOf[author])
  if (other !== undefined) return { worker: other, sameVendor: false }
  const same = independence === 'session' ? left[0] : undefined
  return same === undefined ? null : { worker: same, sameVendor: true }
}

/** How long to wait for a provider, and when to stop waiting and ask. */
import type { FailureClass } from '../domain/attempt.ts'

/** Failures that pass by themselves; waiting for them costs no attempt. */
const transient: readonly FailureClass[] = ['rateLimit', 'overloaded', 'network']

/** Bounds of the run and of a seat: they hold again at the next try. */
const limits: readonly FailureClass[] = ['limit', 'disk', 'memory', 'processes']

export const isAtLimit = (failure: FailureClass | null): boolean => failure !== null && limits.includes(failure)

export const isTransient = (failure: FailureClass | null): boolean => failure !== null && transient.includes(failure)

const firstMs = 2_000
const longestMs = 10 * 60_000
const maxWaits = 8

export const canWait = (waits: number): boolean => waits < maxWaits

/**
 * Milliseconds to wait before wait number `waits` (from 1) is over: doubling from two seconds to ten minutes, or what
 * the provider asked for. `retryInMs` is the provider's word, already relative; at most six hours are believed.
 */
export const backoffMs = (waits: number, retryInMs: number | null): number => {
  const doubling = Math.min(firstMs * 2 ** Math.max(0, waits - 1), longestMs)
  const asked = retryInMs === null ? 0 : Math.min(Math.max(0, retryInMs), 6 * 3_600_000)
  return Math.max(doubling, asked)
}

/** The one token of the door, and what all who show it share. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Desk } from '../gateway/desk.ts'
import { createTurnstile, type Turnstile } from '../gateway/turnstile.ts'

export interface Place {
  stile: Turnstile
  running: Set<AbortController>
  /** Whether this is the token; where it has been renewed, what ran with the old one is cut. */
  isKey(shown: string | null): Promise<boolean>
  cut(): void
}

export const createPlace = (desk: Desk, token: () => Promise<string>): Place => {
  const running = new Set<AbortController>()
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  let known: string | null = null
  const cut = (): void => {
    for (const one of running) one.abort()
  }
  return {
    stile: createTurnstile(desk.bounds, desk.clock),
    running,
    cut,
    isKey: async shown => {
      const now = await token().catch(() => null)
      if (known !== null && now !== known) cut()
      known = now
      return now !== null && shown !== null && timingSafeEqual(digest(shown), digest(now))
    },
  }
}

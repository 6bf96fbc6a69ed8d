/**
 * Remembers which provider asked to be left alone, and until when: until then no request leaves for it, whoever asks.
 * Limits belong to a login and a model, so they are what is remembered; the login as a digest.
 */
import { createHash } from 'node:crypto'
import type { Grant } from './grant.ts'

export interface Resting {
  /** Milliseconds this login is still to be left alone for this model; 0: it may be asked. */
  left(who: string): number
  /** The provider wants to be left alone for so long from now on. A later word replaces an earlier one that ends sooner. */
  note(who: string, waitMs: number): void
}

/** Waits longer than this are asked about again: a wrong date, or a clock that was set, must not lock a login out. */
export const longestRestMs = 10 * 60_000
/** Logins and models that are remembered; beyond it the oldest is forgotten, and the provider says no itself. */
const mostRemembered = 1_000

/** Who a limit belongs to. `model` is null where the request names none. */
export const limitedAs = (
  grant: Pick<Grant, 'provider' | 'upstreams'>,
  secret: string,
  model: string | null,
): string => {
  const login = createHash('sha256').update(secret).digest('base64url')
  return JSON.stringify([grant.provider, grant.upstreams[0]?.url, login, model])
}

/** `clock`: epoch milliseconds; where it jumps back behind a note, the note no longer counts. */
export const createResting = (clock: () => number): Resting => {
  const notes = new Map<string, { from: number; until: number }>()
  const left = (who: string): number => {
    const note = notes.get(who)
    if (note === undefined) return 0
    const now = clock()
    if (now >= note.from && now < note.until) return note.until - now
    notes.delete(who)
    return 0
  }
  return {
    left,
    note: (who, waitMs) => {
      const wait = Math.min(waitMs, longestRestMs)
      if (!(wait > left(who))) return
      const from = clock()
      notes.delete(who)
      notes.set(who, { from, until: from + wait })
      for (const [oldest] of notes) if (notes.size > mostRemembered) notes.delete(oldest)
    },
  }
}

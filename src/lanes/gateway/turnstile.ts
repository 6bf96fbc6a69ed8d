/** Lets the requests of one token in: not too fast, not too many at once, not too much in memory. */
import type { Bounds } from './bounds.ts'

export interface Turnstile {
  /** Counts a request; false when they come too fast. */
  hit(): boolean
  /** A place among those at work, given back by calling what it resolves to. null: too many wait, or the client left. */
  enter(signal: AbortSignal): Promise<(() => void) | null>
  /** Counts bytes that are held (less where negative); false when they would be too many, and then they are not counted. */
  hold(bytes: number): boolean
}

type Bounded = Pick<Bounds, 'atOnce' | 'waiting' | 'perSecond' | 'burst' | 'heldBytes'>

/** `clock`: epoch milliseconds. A clock that jumps back gives nothing and takes nothing. */
export const createTurnstile = (bounds: Bounded, clock: () => number): Turnstile => {
  const queue: (() => void)[] = []
  let inside = 0
  let held = 0
  let credit = bounds.burst
  let creditedAt = clock()

  const leave = (): void => {
    const next = queue.shift()
    if (next === undefined) inside--
    else next()
  }
  const once = (): (() => void) => {
    let isOut = false
    return () => {
      if (!isOut) leave()
      isOut = true
    }
  }
  return {
    hit: () => {
      const now = clock()
      const earned = (Math.max(0, now - creditedAt) / 1000) * bounds.perSecond
      creditedAt = now
      credit = Math.min(bounds.burst, credit + earned)
      if (credit < 1) return false
      credit--
      return true
    },
    enter: async signal => {
      if (signal.aborted) return null
      if (inside < bounds.atOnce) {
        inside++
        return once()
      }
      if (queue.length >= bounds.waiting) return null
      const { promise, resolve } = Promise.withResolvers<(() => void) | null>()
      const place = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve(once())
      }
      const giveUp = (): void => {
        queue.splice(queue.indexOf(place), 1)
        resolve(null)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      queue.push(place)
      return promise
    },
    hold: bytes => {
      if (held + bytes > bounds.heldBytes) return false
      held += bytes
      return true
    },
  }
}

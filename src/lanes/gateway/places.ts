/**
 * Who is asked next: the first server in the operator's order that is well and has a place free; else the request waits,
 * and is served in the order of coming. A server that failed lately is asked when no other is left.
 */
import type { Upstream } from './grant.ts'
import type { ServerHealth } from './server-health.ts'

/** Places that hold for other processes as well. The kernel gives back those of a process that dies. */
export interface SharedPlaces {
  /**
   * One of `atOnce` places of the server at `url`, given back by calling it; null: none is free now, and who asked may have
   * the next one. Must not throw.
   */
  take(url: string, atOnce: number): (() => void) | null
  /** Nobody here waits for any other server. */
  keepTurns(urls: ReadonlySet<string>): void
}

export interface Place {
  upstream: Upstream
  /** Gives it back; calling it again does nothing. */
  leave(): void
}

/** `full`: too many wait already. `late`: none became free in time. `left`: the asker is gone. */
export type NoPlace = 'full' | 'late' | 'left'

export interface Wish {
  /** Who may be asked, best first; at least one. */
  candidates: readonly Upstream[]
  signal: AbortSignal
  /** Told again and again while it waits. */
  onWait(): void
}

export interface Places {
  take(wish: Wish): Promise<Place | NoPlace>
  /** Whom to ask what needs no place. */
  best(candidates: readonly Upstream[]): Upstream
}

export interface PlaceBounds {
  /** Requests that wait for a place, all together. */
  placesAwaited: number
  /** Milliseconds one waits at most. */
  placeMs: number
}

/** How often those who wait are looked at again: a server's rest may be over, or another process done. */
const lookMs = 200

interface Waiter extends Wish {
  settle(outcome: Place | NoPlace): void
}

export const createPlaces = (bounds: PlaceBounds, health: ServerHealth, shared: SharedPlaces | null): Places => {
  const queue: Waiter[] = []
  /** Servers that were asked for a place in vain since those who wait were last looked at. */
  const wanted = new Set<string>()
  const taken = new Map<string, number>()
  let looking: NodeJS.Timeout | null = null

  const inOrder = (candidates: readonly Upstream[]): Upstream[] => {
    const well = candidates.filter(({ url }) => health.restsFor(url) === 0)
    const rests = (one: Upstream): number => health.restsFor(one.url)
    return well.length > 0 ? well : [...candidates].sort((a, b) => rests(a) - rests(b))
  }
  const enter = (upstream: Upstream): Place | null => {
    const { url, atOnce } = upstream
    if (atOnce === undefined) return { upstream, leave: () => {} }
    const count = taken.get(url) ?? 0
    if (count >= atOnce) return null
    const giveBack = shared === null ? () => {} : shared.take(url, atOnce)
    if (giveBack === null) {
      wanted.add(url)
      return null
    }
    taken.set(url, count + 1)
    let isTaken = true
    const leave = (): void => {
      if (!isTaken) return
      isTaken = false
      taken.set(url, taken.get(url)! - 1)
      giveBack()
      serve()
    }
    return { upstream, leave }
  }
  const placeFor = ({ candidates }: Wish): Place | null => {
    for (const upstream of inOrder(candidates)) {
      const place = enter(upstream)
      if (place !== null) return place
    }
    return null
  }
  const serve = (): void => {
    wanted.clear()
    for (const waiter of [...queue]) {
      const place = placeFor(waiter)
      if (place !== null) waiter.settle(place)
    }
    shared?.keepTurns(wanted)
  }
  const look = (): void => {
    serve()
    for (const waiter of queue) waiter.onWait()
  }
  const keepLooking = (): void => {
    if (queue.length > 0) looking ??= setInterval(look, lookMs).unref()
    else if (looking !== null) {
      clearInterval(looking)
      looking = null
    }
  }
  return {
    best: candidates => inOrder(candidates)[0]!,
    take: async wish => {
      if (wish.signal.aborted) return 'left'
      // Whoever waits could not be served a moment ago, but a rest may have ended since.
      if (queue.length > 0) serve()
      const place = placeFor(wish)
      if (place !== null) return place
      if (queue.length >= bounds.placesAwaited) {
        serve()
        return 'full'
      }
      const { promise, resolve } = Promise.withResolvers<Place | NoPlace>()
      const onAbort = (): void => waiter.settle('left')
      const timer = setTimeout(() => waiter.settle('late'), bounds.placeMs)
      const waiter: Waiter = {
        ...wish,
        settle: outcome => {
          const at = queue.indexOf(waiter)
          if (at !== -1) queue.splice(at, 1)
          clearTimeout(timer)
          wish.signal.removeEventListener('abort', onAbort)
          if (queue.length === 0) shared?.keepTurns(new Set())
          keepLooking()
          resolve(outcome)
        },
      }
      wish.signal.addEventListener('abort', onAbort, { once: true })
      queue.push(waiter)
      wish.onWait()
      keepLooking()
      return promise
    },
  }
}

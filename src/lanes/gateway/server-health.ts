/** Remembers which server failed, so that others are asked first; each failure in a row doubles the time. */

export interface ServerHealth {
  /** Milliseconds it is still passed over where another can be asked; 0: it is taken to be well. */
  restsFor(url: string): number
  /** True when it was taken to be well before: worth a word. */
  failed(url: string): boolean
  /** It answered. True when it had failed before: worth a word. */
  answered(url: string): boolean
}

const firstRestMs = 2_000
export const longestRestMs = 60_000

/** `clock`: epoch milliseconds; where it jumps back behind a failure, the failure no longer counts. */
export const createServerHealth = (clock: () => number): ServerHealth => {
  const failures = new Map<string, { times: number; at: number }>()
  return {
    restsFor: url => {
      const failure = failures.get(url)
      if (failure === undefined) return 0
      const passed = clock() - failure.at
      const rest = Math.min(longestRestMs, firstRestMs * 2 ** (failure.times - 1))
      return passed < 0 ? 0 : Math.max(0, rest - passed)
    },
    failed: url => {
      const times = (failures.get(url)?.times ?? 0) + 1
      failures.set(url, { times, at: clock() })
      return times === 1
    },
    answered: url => failures.delete(url),
  }
}

/** Durations and counts in the few columns a line of progress has. */

/** `8s`, `3m 05s`, `2h 07m`. */
export const shortDuration = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  const two = (value: number): string => String(value).padStart(2, '0')
  return minutes < 60 ? `${minutes}m ${two(seconds % 60)}s` : `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`
}

/** `950`, `12.3k`, `4.1M`; null is `?`, never 0. */
export const shortCount = (count: number | null): string => {
  if (count === null) return '?'
  if (count < 1_000) return String(count)
  if (count < 999_500) return `${(count / 1_000).toFixed(count < 99_950 ? 1 : 0)}k`
  return `${(count / 1_000_000).toFixed(1)}M`
}

/** A run's tokens: a lower bound where some requests were not measured, `?` where none was. */
export const spentTokens = (tokens: number, unmeasured: number): string => {
  if (unmeasured === 0) return shortCount(tokens)
  return tokens === 0 ? '?' : `≥ ${shortCount(tokens)}`
}

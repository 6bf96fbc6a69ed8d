/** Durations, counts, dates and object ids as people read them. */

/** `850 ms`, `12.3 s`, `4 min 05 s`, `1 h 02 min`. */
export const duration = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `12,345`; null is "not measured", never 0. */
export const count = (value: number | null): string =>
  value === null ? 'not measured' : String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',')

/** `1 task`, `2 tasks`. */
export const many = (number: number, one: string, several = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : several}`

/** `2026-11-21 03:10:51 UTC`. */
export const moment = (at: number): string =>
  new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')

/** The first ten digits of an object id. */
export const short = (oid: string): string => oid.slice(0, 10)

const sizeUnits = ['KiB', 'MiB', 'GiB', 'TiB']

/** `0 B`, `12.0 KiB`, `3.4 MiB`; null is "not measured", never 0. */
export const fileSize = (bytes: number | null): string => {
  if (bytes === null) return 'not measured'
  if (bytes < 1_024) return `${bytes} B`
  let value = bytes / 1_024
  let unit = 0
  for (; value >= 1_023.95 && unit < sizeUnits.length - 1; unit += 1) value /= 1_024
  return `${value.toFixed(1)} ${sizeUnits[unit]}`
}

// Durations such as 1h30m, in whole minutes.

/** Minutes of `1h30m`, `45m` or `2h`. Throws a RangeError for anything else. */
export const parseDuration = text => {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?$/.exec(text)
  if (text === '' || match === null) throw new RangeError(`"${text}" is no duration such as 1h30m`)
  return Number(match[1] ?? 0) * 60 + Number(match[2] ?? 0)
}

/** The shortest form of so many minutes: 90 gives `1h30m`, 0 gives `0m`. */
export const formatDuration = minutes => {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  if (hours === 0) return `${rest}m`
  return rest === 0 ? `${hours}h` : `${hours}h${rest}m`
}

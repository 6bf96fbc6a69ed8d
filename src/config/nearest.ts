/** The known word nearest to a mistyped one. */

/** Edits (insert, delete, replace, swap neighbours) between two words. */
const distance = (from: string, to: string): number => {
  const rows = Array.from({ length: from.length + 1 }, (_, i) => [i, ...new Array<number>(to.length).fill(0)])
  for (let j = 0; j <= to.length; j++) rows[0]![j] = j
  for (let i = 1; i <= from.length; i++) {
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let best = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (swapped) best = Math.min(best, rows[i - 2]![j - 2]! + 1)
      rows[i]![j] = best
    }
  }
  return rows[from.length]![to.length]!
}

/** The candidate that `word` was most likely meant to be, or null when none is near. Case does not count. */
export const nearest = (word: string, candidates: readonly string[]): string | null => {
  const typed = word.slice(0, 60).toLowerCase()
  const ranked = candidates
    .map(candidate => ({ candidate, edits: distance(typed, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits)
  const best = ranked[0]
  const allowed = Math.max(1, Math.floor(typed.length * 0.4))
  return best !== undefined && best.edits <= allowed ? best.candidate : null
}

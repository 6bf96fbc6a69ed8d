/** Whether any commit of a repository ever held a path: what an agent can read from the object store, whatever its checkout. */
import { type GitPlace, gitBytes, records } from './exec.ts'

/**
 * Of the patterns that some file in the history of any ref or reflog matched, one such path each. Patterns have `*`, `?`
 * and `**` as in config/path-rules.ts and hold for all below them; case does not count. Objects that nothing leads to are
 * not looked at. One walk of the history where none is found, else one more for each pattern.
 */
export const pathsEverHeld = async (place: GitPlace, patterns: readonly string[]): Promise<Map<string, string>> => {
  const held = new Map<string, string>()
  if (patterns.length === 0 || (await pathEverHeld(place, patterns)) === null) return held
  for (const pattern of patterns) {
    const path = await pathEverHeld(place, [pattern])
    if (path !== null) held.set(pattern, path)
  }
  return held
}

const pathEverHeld = async (place: GitPlace, patterns: readonly string[]): Promise<string | null> => {
  const specs = patterns.flatMap(pattern => [pattern, `${pattern}/**`]).map(text => `:(top,glob,icase)${text}`)
  // A merge may have left a side branch's file behind: the full history, not the simplified one.
  const walk = [
    'log',
    '--all',
    '--reflog',
    '--full-history',
    '--no-renames',
    '-m',
    '-1',
    '--format=',
    '--name-only',
    '-z',
  ]
  const options = { env: { GIT_LITERAL_PATHSPECS: '0' }, timeoutMs: 10 * 60_000 }
  return records(await gitBytes(place, [...walk, '--', ...specs], options)).find(path => path !== '') ?? null
}

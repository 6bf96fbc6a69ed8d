/** Whether any commit of a repository ever held a path: what an agent can read from the object store, whatever its checkout. */
import { type GitPlace, gitBytes, records } from './exec.ts'

/**
 * A path that matches the pattern in the history of any ref or reflog, or null. `pattern` has `*`, `?` and `**` as in
 * config/path-rules.ts and holds for all below it; case does not count. Objects that nothing leads to are not looked at.
 */
export const pathEverHeld = async (place: GitPlace, pattern: string): Promise<string | null> => {
  const specs = [pattern, `${pattern}/**`].map(text => `:(top,glob,icase)${text}`)
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
  const output = await gitBytes(place, [...walk, '--', ...specs], { env: { GIT_LITERAL_PATHSPECS: '0' } })
  return records(output).find(path => path !== '') ?? null
}

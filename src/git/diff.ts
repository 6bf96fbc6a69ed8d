/** Diffs as text for people, verifiers and receipts; no program of the repository's choosing runs for them. */
import { Oid } from '../domain/ids.ts'
import { type GitPlace, gitBytes } from './exec.ts'

/** The unified diff from one commit or tree to another, or its diffstat. `paths` are literal. */
export const diffText = async (
  place: GitPlace,
  from: Oid,
  to: Oid,
  options: { paths?: string[]; stat?: boolean } = {},
): Promise<string> => {
  const form = options.stat ? ['--stat=120'] : ['-p', '--src-prefix=a/', '--dst-prefix=b/']
  const args = ['diff', '--no-ext-diff', '--no-textconv', '--no-color', '-M', ...form, Oid.parse(from), Oid.parse(to)]
  return (await gitBytes(place, [...args, '--', ...(options.paths ?? [])])).toString('utf8')
}

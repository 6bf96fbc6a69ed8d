/** What changed between two trees, as raw entries and as line counts. */
import { Oid } from '../domain/ids.ts'
import { type GitOptions, type GitPlace, gitBytes, records } from './exec.ts'

/** One changed path. Renames are a deletion and an addition. */
export interface RawChange {
  oldMode: string
  newMode: string
  oldOid: Oid
  newOid: Oid
  /** A added, D deleted, M modified, T type changed. */
  status: string
  path: string
}

/** Lines of one changed path; null for a binary file. */
export interface LineCount {
  path: string
  added: number | null
  deleted: number | null
}

const noPrograms = ['--no-ext-diff', '--no-textconv', '--no-renames', '--ignore-submodules=none']

const parseRaw = (fields: string[]): RawChange[] =>
  Array.from({ length: fields.length / 2 }, (_, index) => {
    const [oldMode = '', newMode = '', oldOid = '', newOid = '', status = ''] = fields[index * 2]!.slice(1).split(' ')
    return { oldMode, newMode, oldOid, newOid, status, path: fields[index * 2 + 1]! }
  })

/** What the last line counts saw of the same commits: whoever counts a change mostly asks for its paths soon after. */
const latest = new Map<string, RawChange[]>()
const mostLatest = 4

/** Every changed path, from the objects alone. */
export const rawChanges = async (
  place: GitPlace,
  from: Oid,
  to: Oid,
  options: GitOptions = {},
): Promise<RawChange[]> => {
  const known = options.env === undefined ? latest.get(`${from} ${to}`) : undefined
  if (known !== undefined) return known
  const args = ['diff-tree', '-r', '--raw', '-z', '--no-abbrev', ...noPrograms, Oid.parse(from), Oid.parse(to)]
  return parseRaw(records(await gitBytes(place, args, options)))
}

/** Added and deleted lines of every changed path. */
export const lineCounts = async (place: GitPlace, from: Oid, to: Oid): Promise<LineCount[]> => {
  const args = ['diff-tree', '-r', '--raw', '--numstat', '-z', '--no-abbrev', ...noPrograms]
  const fields = records(await gitBytes(place, [...args, Oid.parse(from), Oid.parse(to)]))
  let raw = 0
  while (fields[raw]?.startsWith(':')) raw += 2
  latest.set(`${from} ${to}`, parseRaw(fields.slice(0, raw)))
  if (latest.size > mostLatest) latest.delete(latest.keys().next().value!)
  const count = (text: string): number | null => (text === '-' ? null : Number(text))
  return fields.slice(raw).map(record => {
    const [added = '', deleted = '', ...path] = record.split('\t')
    return { path: path.join('\t'), added: count(added), deleted: count(deleted) }
  })
}

/** Sums over all paths; binary files count as files without lines. */
export const sumChanges = (counts: LineCount[]): { files: number; added: number; deleted: number } => ({
  files: counts.length,
  added: counts.reduce((sum, entry) => sum + (entry.added ?? 0), 0),
  deleted: counts.reduce((sum, entry) => sum + (entry.deleted ?? 0), 0),
})

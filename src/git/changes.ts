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

/** Every changed path, from the objects alone. */
export const rawChanges = async (
  place: GitPlace,
  from: Oid,
  to: Oid,
  options: GitOptions = {},
): Promise<RawChange[]> => {
  const args = ['diff-tree', '-r', '--raw', '-z', '--no-abbrev', ...noPrograms, Oid.parse(from), Oid.parse(to)]
  const fields = records(await gitBytes(place, args, options))
  return Array.from({ length: fields.length / 2 }, (_, index) => {
    const [oldMode = '', newMode = '', oldOid = '', newOid = '', status = ''] = fields[index * 2]!.slice(1).split(' ')
    return { oldMode, newMode, oldOid, newOid, status, path: fields[index * 2 + 1]! }
  })
}

/** Added and deleted lines of every changed path. */
export const lineCounts = async (place: GitPlace, from: Oid, to: Oid): Promise<LineCount[]> => {
  const args = ['diff-tree', '-r', '--numstat', '-z', ...noPrograms, Oid.parse(from), Oid.parse(to)]
  const count = (text: string): number | null => (text === '-' ? null : Number(text))
  return records(await gitBytes(place, args)).map(record => {
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

/** Reading objects by id: sizes and contents, many in one call. */
import { AgentLabError } from '../domain/errors.ts'
import { Oid } from '../domain/ids.ts'
import { type GitOptions, type GitPlace, gitBytes, records } from './exec.ts'
import { type ObjectReader, readerOf } from './object-reader.ts'
import { treeOf } from './refs.ts'
import { remembered } from './remembered.ts'

export interface TreeEntry {
  mode: string
  oid: Oid
  path: string
}

/** Every file of a commit or tree, in git's order. */
export const listTree = async (place: GitPlace, treeish: Oid): Promise<readonly TreeEntry[]> =>
  // Asked by the tree: commits on the way to one and the same content are many.
  listed(place, await treeOf(place, treeish))

const listed = remembered(8, async (place: GitPlace, tree: Oid): Promise<readonly TreeEntry[]> => {
  const output = await gitBytes(place, ['ls-tree', '-r', '-z', '--full-tree', Oid.parse(tree)])
  return records(output).map(record => {
    const [meta = '', path = ''] = [record.slice(0, record.indexOf('\t')), record.slice(record.indexOf('\t') + 1)]
    const [mode = '', , oid = ''] = meta.split(' ')
    return { mode, oid, path }
  })
})

const lines = (oids: Iterable<Oid>): string => [...oids].map(oid => `${Oid.parse(oid)}\n`).join('')

/** The reader that may answer for a place: none where the call has an environment of its own, a quarantine's. */
const readerFor = (place: GitPlace, options: GitOptions): ObjectReader | undefined =>
  options.env === undefined ? readerOf(place) : undefined

/** The answers of a reader, by id; what it does not know is absent. */
const answered = async <T>(oids: Iterable<Oid>, ask: (oid: Oid) => Promise<T | null>): Promise<Map<Oid, T>> => {
  const answers = await Promise.all([...new Set(oids)].map(async oid => [oid, await ask(Oid.parse(oid))] as const))
  return new Map(answers.flatMap(([oid, answer]) => (answer === null ? [] : [[oid, answer] as const])))
}

/** Sizes in bytes; an object that is missing is absent from the map. */
export const objectSizes = async (
  place: GitPlace,
  oids: Iterable<Oid>,
  options: GitOptions = {},
  reader: ObjectReader | undefined = readerFor(place, options),
): Promise<Map<Oid, number>> => {
  const wanted = new Set(oids)
  const known = await answered(reader ? wanted : [], async oid => (await reader!.facts(oid))?.sizeBytes ?? null)
  const unknown = wanted.difference(known)
  if (unknown.size === 0) return known
  const args = ['cat-file', '--batch-check=%(objectname) %(objectsize)']
  const output = await gitBytes(place, args, { ...options, input: lines(unknown) })
  const rows = output.toString('utf8').split('\n').filter(Boolean)
  const found = rows.filter(row => !row.endsWith(' missing')).map(row => row.split(' '))
  return new Map([...known, ...found.map(([oid, size]): [Oid, number] => [oid!, Number(size)])])
}

/** Contents of blobs. The caller bounds the sum of their sizes. Throws where one is missing. */
export const readBlobs = async (
  place: GitPlace,
  oids: Iterable<Oid>,
  options: GitOptions = {},
  reader: ObjectReader | undefined = readerFor(place, options),
): Promise<Map<Oid, Buffer>> => {
  const wanted = new Set(oids)
  const known = await answered(reader ? wanted : [], oid => reader!.bytes(oid))
  const unknown = wanted.difference(known)
  return unknown.size === 0 ? known : new Map([...known, ...(await readAnew(place, unknown, options))])
}

const readAnew = async (place: GitPlace, oids: Set<Oid>, options: GitOptions): Promise<Map<Oid, Buffer>> => {
  const output = await gitBytes(place, ['cat-file', '--batch'], { ...options, input: lines(oids) })
  const found = new Map<Oid, Buffer>()
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at)
    const [oid = '', , size = ''] = output.toString('utf8', at, end).split(' ')
    if (!/^\d+$/.test(size))
      throw new AgentLabError(`git cat-file failed on ${oid}: the object is missing`, { code: 'missing-object' })
    found.set(oid, output.subarray(end + 1, end + 1 + Number(size)))
    at = end + 1 + Number(size) + 1
  }
  return found
}

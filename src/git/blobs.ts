/** Reading objects by id: sizes and contents, many in one call. */
import { AgentLabError } from '../domain/errors.ts'
import { Oid } from '../domain/ids.ts'
import { type GitOptions, type GitPlace, gitBytes, records } from './exec.ts'
import { remembered } from './remembered.ts'

export interface TreeEntry {
  mode: string
  oid: Oid
  path: string
}

/** Every file of a commit or tree, in git's order. */
export const listTree = remembered(8, async (place: GitPlace, treeish: Oid): Promise<readonly TreeEntry[]> => {
  const output = await gitBytes(place, ['ls-tree', '-r', '-z', '--full-tree', Oid.parse(treeish)])
  return records(output).map(record => {
    const [meta = '', path = ''] = [record.slice(0, record.indexOf('\t')), record.slice(record.indexOf('\t') + 1)]
    const [mode = '', , oid = ''] = meta.split(' ')
    return { mode, oid, path }
  })
})

const lines = (oids: Iterable<Oid>): string => [...oids].map(oid => `${Oid.parse(oid)}\n`).join('')

/** Sizes in bytes; an object that is missing is absent from the map. */
export const objectSizes = async (
  place: GitPlace,
  oids: Iterable<Oid>,
  options: GitOptions = {},
): Promise<Map<Oid, number>> => {
  const args = ['cat-file', '--batch-check=%(objectname) %(objectsize)']
  const output = await gitBytes(place, args, { ...options, input: lines(oids) })
  const rows = output.toString('utf8').split('\n').filter(Boolean)
  return new Map(
    rows.filter(row => !row.endsWith(' missing')).map(row => [row.split(' ')[0]!, Number(row.split(' ')[1])]),
  )
}

/** Contents of blobs. The caller bounds the sum of their sizes. Throws where one is missing. */
export const readBlobs = async (
  place: GitPlace,
  oids: Iterable<Oid>,
  options: GitOptions = {},
): Promise<Map<Oid, Buffer>> => {
  const wanted = new Set(oids)
  if (wanted.size === 0) return new Map()
  const output = await gitBytes(place, ['cat-file', '--batch'], { ...options, input: lines(wanted) })
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

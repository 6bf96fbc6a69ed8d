/** Judges a worker's change as a whole, from the objects in quarantine: what harvest-policy.ts says, and what contents show. */
import type { Oid } from '../domain/ids.ts'
import { objectSizes, readBlobs } from './blobs.ts'
import type { RawChange } from './changes.ts'
import type { GitOptions, GitPlace } from './exec.ts'
import { judgeLargeFiles } from './harvest-large-files.ts'
import {
  type HarvestFinding,
  type HarvestLimits,
  hasMarkers,
  judgeChanges,
  judgeLink,
  markersLeft,
} from './harvest-policy.ts'
import { maxPointerBytes } from './lfs-pointer.ts'
import type { ObjectReader } from './object-reader.ts'

/** A place whose calls see the quarantine on top of the store, and a reader that does. */
export interface Sight {
  place: GitPlace
  options: GitOptions
  reader: ObjectReader
}

const textBytes = 1024 * 1024
const allTextBytes = 64 * 1024 * 1024

/** Reads the objects that are small, as long as their sum stays bounded; the rest is absent. */
const readSmall = async (sight: Sight, oids: Oid[], sizes: Map<Oid, number>): Promise<Map<Oid, Buffer>> => {
  let left = allTextBytes
  const chosen = [...new Set(oids)].filter(oid => {
    const size = sizes.get(oid)
    if (size === undefined || size > Math.min(textBytes, left)) return false
    left -= size
    return true
  })
  return readBlobs(sight.place, chosen, sight.options, sight.reader)
}

/** A link that is not read, for its size or the sum's, is no path of any honest kind. */
const judgeLinks = async (sight: Sight, links: RawChange[], sizes: Map<Oid, number>): Promise<HarvestFinding[]> => {
  const blobs = await readSmall(
    sight,
    links.map(change => change.newOid),
    sizes,
  )
  return links.flatMap(change => judgeLink(change.path, blobs.get(change.newOid) ?? Buffer.alloc(0)))
}

const judgeMarkers = async (sight: Sight, files: RawChange[], sizes: Map<Oid, number>): Promise<HarvestFinding[]> => {
  const blobs = await readSmall(
    sight,
    files.map(change => change.newOid),
    sizes,
  )
  const marked = files.filter(change => hasMarkers(blobs.get(change.newOid) ?? Buffer.alloc(0)))
  const old = await readSmall(
    sight,
    marked.map(change => change.oldOid),
    sizes,
  )
  return marked
    .filter(change => !hasMarkers(old.get(change.oldOid) ?? Buffer.alloc(0)))
    .map(change => markersLeft(change.path))
}

/** What is as small as a pointer of Git LFS. */
const readTiny = (sight: Sight, sizes: Map<Oid, number>) => (oids: Oid[]) =>
  readSmall(
    sight,
    oids.filter(oid => (sizes.get(oid) ?? maxPointerBytes + 1) <= maxPointerBytes),
    sizes,
  )

const isBlobMode = (mode: string): boolean => mode.startsWith('100') || mode === '120000'

/** Findings about paths, modes and sizes, and about what is in the files that are small enough to be read. */
export const judgeWork = async (
  sight: Sight,
  changes: RawChange[],
  limits: HarvestLimits,
  largeFileDirs: readonly string[],
): Promise<HarvestFinding[]> => {
  const oids = changes.flatMap(change => [
    ...(isBlobMode(change.newMode) ? [change.newOid] : []),
    ...(isBlobMode(change.oldMode) ? [change.oldOid] : []),
  ])
  const sizes = await objectSizes(sight.place, new Set(oids), sight.options, sight.reader)
  const links = changes.filter(change => change.newMode === '120000')
  const files = changes.filter(change => change.newMode.startsWith('100'))
  return [
    ...judgeChanges(changes, sizes, limits),
    ...(await judgeLinks(sight, links, sizes)),
    ...(await judgeMarkers(sight, files, sizes)),
    ...(await judgeLargeFiles(files, largeFileDirs, readTiny(sight, sizes))),
  ]
}

/** Files of a commit that somebody quotes from, read from git's objects: what a workspace holds by now decides nothing. */
import type { Oid } from '../domain/ids.ts'
import { listTree, objectSizes, readBlobs } from './blobs.ts'
import type { GitPlace } from './exec.ts'
import { parsePointer } from './lfs-pointer.ts'

/** `not`: why there is no text. `isChecked`: false where that says nothing about the quote. */
export type CommittedText = { text: string } | { not: string; isChecked: boolean }

const maxFiles = 200
const maxFileBytes = 1024 * 1024

const there = (not: string): CommittedText => ({ not, isChecked: true })
const unread = (not: string): CommittedText => ({ not, isChecked: false })

/** By path; one that the commit does not hold is absent. Links are not followed. */
export const committedTexts = async (
  place: GitPlace,
  commit: Oid,
  paths: readonly string[],
): Promise<Map<string, CommittedText>> => {
  const wanted = new Set(paths)
  const tree = await listTree(place, commit)
  const entries = tree.filter(entry => wanted.has(entry.path))
  const files = entries.filter(entry => entry.mode.startsWith('100')).slice(0, maxFiles)
  const sizes = await objectSizes(place, new Set(files.map(file => file.oid)))
  const readable = files.filter(file => (sizes.get(file.oid) ?? Number.POSITIVE_INFINITY) <= maxFileBytes)
  const blobs = await readBlobs(place, new Set(readable.map(file => file.oid)))
  const texts = entries.map(({ mode, oid, path }): [string, CommittedText] => {
    if (mode === '120000') return [path, there('it is a link, not a file')]
    if (mode === '160000') return [path, there('it is a submodule, whose files are not read')]
    const blob = blobs.get(oid)
    return [path, blob === undefined ? unread(unreadWords(sizes.get(oid))) : textOf(blob)]
  })
  const folders = foldersOf(tree, wanted)
  return new Map([...[...folders].map((path): [string, CommittedText] => [path, there('it is a folder')]), ...texts])
}

const foldersOf = (tree: readonly { path: string }[], wanted: ReadonlySet<string>): Set<string> => {
  const found = new Set<string>()
  for (const { path } of tree)
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
      if (wanted.has(path.slice(0, end))) found.add(path.slice(0, end))
  return found
}

const unreadWords = (size: number | undefined): string =>
  size !== undefined && size > maxFileBytes
    ? 'the file is larger than 1 MiB'
    : 'too many files are cited to read them all'

const textOf = (blob: Buffer): CommittedText => {
  if (parsePointer(blob) !== null) return unread('the file is stored with Git LFS: git holds a pointer only')
  return blob.includes(0) ? there('the file is binary') : { text: blob.toString('utf8') }
}

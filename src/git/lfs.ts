/** Which files of a commit are stored with Git LFS, and which of their contents the operator has. */
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Oid } from '../domain/ids.ts'
import { makeOwnedTemp } from '../process/owned-temp.ts'
import { listTree, objectSizes, readBlobs, type TreeEntry } from './blobs.ts'
import { type GitPlace, gitBytes, records } from './exec.ts'
import { type LargeFilePointer, maxPointerBytes, parsePointer } from './lfs-pointer.ts'
import { treeOf } from './refs.ts'
import { remembered } from './remembered.ts'

export interface LargeFile extends LargeFilePointer {
  path: string
  /** `100644` or `100755`. */
  mode: string
  /** The blob git has: the pointer. */
  oid: Oid
}

/** Where the operator's git-lfs keeps contents, each perhaps not there. */
export type LargeFileDirs = readonly string[]

const maxAttributesBytes = 64 * 1024

const namesFilter = async (place: GitPlace, entries: readonly TreeEntry[]): Promise<boolean> => {
  const files = new Set(entries.filter(({ path }) => /(?:^|\/)\.gitattributes$/.test(path)).map(({ oid }) => oid))
  if (files.size === 0) return false
  const sizes = await objectSizes(place, files)
  const small = [...files].filter(oid => (sizes.get(oid) ?? 0) <= maxAttributesBytes)
  return [...(await readBlobs(place, small)).values()].some(text => text.includes('filter=lfs'))
}

/** Of these paths, those the commit's own attributes give to LFS. git reads them from an index of our own. */
const filtered = async (place: GitPlace, tree: Oid, paths: string[]): Promise<Set<string>> => {
  const directory = await makeOwnedTemp('index')
  const env = { GIT_INDEX_FILE: join(directory, 'index') }
  try {
    await gitBytes(place, ['read-tree', tree], { env })
    const args = ['check-attr', '--cached', '-z', '--stdin', 'filter']
    const fields = records(await gitBytes(place, args, { env, input: paths.map(path => `${path}\0`).join('') }))
    return new Set(fields.filter((_, index) => index % 3 === 0 && fields[index + 2] === 'lfs'))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The files of a commit or tree that LFS stores, in git's order. Without `filter=lfs` in an attributes file, none. */
export const largeFilesOf = async (place: GitPlace, treeish: Oid): Promise<readonly LargeFile[]> =>
  found(place, await treeOf(place, treeish))

const found = remembered(8, async (place: GitPlace, tree: Oid): Promise<readonly LargeFile[]> => {
  const entries = await listTree(place, tree)
  if (!(await namesFilter(place, entries))) return []
  const files = entries.filter(({ mode }) => mode.startsWith('100'))
  const sizes = await objectSizes(place, new Set(files.map(({ oid }) => oid)))
  const small = files.filter(({ oid }) => (sizes.get(oid) ?? Infinity) <= maxPointerBytes)
  const blobs = await readBlobs(place, new Set(small.map(({ oid }) => oid)))
  const pointers = small.flatMap(({ path, mode, oid }): LargeFile[] => {
    const pointer = parsePointer(blobs.get(oid)!)
    return pointer === null ? [] : [{ ...pointer, path, mode, oid }]
  })
  if (pointers.length === 0) return []
  const ofLfs = await filtered(
    place,
    tree,
    pointers.map(({ path }) => path),
  )
  return pointers.filter(({ path }) => ofLfs.has(path))
})

/** The file that holds a content, or null where the operator has none of that size. */
export const contentPath = async (dirs: LargeFileDirs, file: LargeFilePointer): Promise<string | null> => {
  const { contentId } = file
  for (const dir of dirs) {
    const path = join(dir, contentId.slice(0, 2), contentId.slice(2, 4), contentId)
    const facts = await stat(path).catch(() => null)
    if (facts?.isFile() && facts.size === file.sizeBytes) return path
  }
  return null
}

/** Paths whose content is not on this machine. An empty file has none to be missing. */
export const missingContents = async (dirs: LargeFileDirs, files: readonly LargeFile[]): Promise<string[]> => {
  const missing: string[] = []
  for (const file of files) if (file.sizeBytes > 0 && (await contentPath(dirs, file)) === null) missing.push(file.path)
  return missing
}

/**
 * Uses a workspace again after foreign processes have been in it. A record made before they ran says what every file was
 * (inode, time of change to the nanosecond, size, mode); what differs from it by anything is removed, so that what is
 * left is what we put there. The record and our own index lie where no box can write.
 */
import { chmod, copyFile, lstat, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Oid } from '../domain/ids.ts'
import { run } from '../process/run.ts'
import { type GitPlace, gitBytes, records } from './exec.ts'
import type { WorkspaceDirs } from './private-git-dir.ts'
import { removeTree } from './remove-tree.ts'

/** Facts by path, both as the system's bytes in latin1. */
type Facts = Map<string, string>

const files = (memory: string) => ({
  record: join(memory, 'files'),
  index: join(memory, 'index'),
  note: join(memory, 'note'),
  lost: join(memory, 'lost'),
})

/** The system's clock for files may stand still for this long: a later change must get a later time. */
const tickMs = 20

/**
 * Remembers a workspace that nothing foreign has run in since it was made, with a note of the caller's. Does nothing
 * where the system's `find` can't tell what is needed (macOS, busybox): then every workspace is made anew.
 */
export const rememberWorkspace = async (dirs: WorkspaceDirs, memory: string, note: string): Promise<void> => {
  const fresh = `${memory}.new`
  await removeTree(fresh)
  await mkdir(fresh, { recursive: true, mode: 0o700 })
  const listing = await sweep(dirs.workspace, await isLarge(join(dirs.gitDir, 'index')))
  if (listing === null) return removeTree(fresh)
  const { record, index, note: noted } = files(fresh)
  await Promise.all([
    writeFile(record, listing),
    copyFile(join(dirs.gitDir, 'index'), index),
    writeFile(noted, note),
    new Promise(resolve => setTimeout(resolve, tickMs)),
  ])
  await removeTree(memory)
  await rename(fresh, memory)
}

export interface Restored {
  note: string
  /** Paths that were remembered and are gone or were removed now. */
  lost: string[]
}

/**
 * Removes from a workspace all that is not exactly as remembered. No process of it may be alive. Null where that can't be
 * told: the workspace has to be made anew. The memory stays true however often this is broken off.
 */
export const restoreWorkspace = async (dirs: WorkspaceDirs, memory: string): Promise<Restored | null> => {
  const { record, note } = files(memory)
  const remembered = await readFile(record).catch(() => null)
  const top = await lstat(dirs.workspace).catch(() => null)
  if (remembered === null || !top?.isDirectory()) return null
  await chmod(dirs.workspace, 0o700)
  const listing = await sweep(dirs.workspace, remembered.length > largeBytes)
  if (listing === null) return null
  const { before, now } = differing(remembered, listing)
  const wrong: string[] = []
  for (const [path, facts] of now) if (before.get(path) !== facts) wrong.push(path)
  const strange = topmost(wrong)
  // A name that is no UTF-8 can't be handed back to the system as text.
  if (!strange.every(isText)) return null
  for (const path of strange) await removeTree(join(dirs.workspace, asText(path)))
  // Of a folder that went, files went that were as they should be.
  const folders = strange.filter(path => before.get(path)?.startsWith('d '))
  const isGone = folders.length === 0 ? () => false : below(folders)
  const lost: string[] = []
  for (const [path, facts] of before) if (now.get(path) !== facts || isGone(path)) lost.push(asText(path))
  await writeFile(files(memory).lost, lost.join('\0'))
  return { note: await readFile(note, 'utf8'), lost }
}

/** Whether trees have the `.gitattributes` that the remembered files were written by. */
export const haveSameAttributes = async (place: GitPlace, memory: string, treeishes: Oid[]): Promise<boolean> => {
  const options = { env: { GIT_INDEX_FILE: files(memory).index } }
  for (const treeish of treeishes) {
    const args = ['diff-index', '--cached', '--name-only', '--no-renames', '-z', Oid.parse(treeish)]
    const changed = records(await gitBytes(place, args, options))
    if (changed.some(path => path.split('/').at(-1)!.toLowerCase() === '.gitattributes')) return false
  }
  return true
}

/** Puts our own index into a git dir just laid down. Returns the paths that the last restoring found or made missing. */
export const recallIndex = async (memory: string, gitDir: string): Promise<string[]> => {
  const target = join(gitDir, 'index')
  await copyFile(files(memory).index, target)
  // Younger than every file: the record has told them apart, git need not read them to be sure.
  const later = new Date(Date.now() + 24 * 3_600_000)
  await utimes(target, later, later)
  return (await readFile(files(memory).lost, 'utf8')).split('\0').filter(path => path !== '')
}

/** Everything below a folder, parents first: path (`./…`) and facts in turn, each ended by NUL. Follows no link. */
const sweep = async (workspace: string, inHalves: boolean): Promise<Buffer | null> => {
  if (!inHalves) return find(workspace, null)
  const names = (await readdir(workspace, { encoding: 'buffer' })).map(name => name.toString('latin1')).toSorted()
  // A name that is no UTF-8, or more names than a command line should have: one look at all of it.
  const halves =
    names.length > 1 && names.length <= maxNames && names.every(isText)
      ? [names.slice(0, names.length >> 1), names.slice(names.length >> 1)]
      : [null]
  const parts = await Promise.all(halves.map(half => find(workspace, half)))
  return parts.every(part => part !== null) ? Buffer.concat(parts) : null
}

const maxNames = 2_000

/** Of an index or a record: some ten thousand files. Below it a second process costs more than it saves. */
const largeBytes = 512 * 1024

const isLarge = async (path: string): Promise<boolean> => (await stat(path)).size > largeBytes

/** Looks at the named entries of a folder, at all for null. Two at a time are faster: it is the kernel that does the work. */
const find = async (workspace: string, names: readonly string[] | null): Promise<Buffer | null> => {
  const starts = names === null ? ['.', '-mindepth', '1'] : names.map(name => `./${asText(name)}`)
  const folder = ['-type', 'd', '-printf', '%p\\0d %m\\0']
  const other = ['-printf', '%p\\0%y %m %i %C@ %s\\0']
  const { exitCode, stdout } = await run('find', [...starts, ...folder, '-o', ...other], {
    cwd: workspace,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    timeoutMs: 120_000,
    maxOutputBytes: 256 * 1024 * 1024,
  })
  return exitCode === 0 ? stdout : null
}

/** The facts of all that lies in another way below its topmost folder than before; what is alike needs no look inside. */
const differing = (remembered: Buffer, listing: Buffer): { before: Facts; now: Facts } => {
  const [old, current] = [byTopmost(remembered), byTopmost(listing)]
  const isAlike = (top: string): boolean => current.has(top) && old.get(top)?.equals(current.get(top)!) === true
  const factsOf = (blocks: Map<string, Buffer>): Facts =>
    parse(Buffer.concat([...blocks].flatMap(([top, block]) => (isAlike(top) ? [] : [block]))))
  return { before: factsOf(old), now: factsOf(current) }
}

const slash = 0x2f

/** A listing cut at its topmost names, each with all that lies below it: `find` goes deep first, so they are in one piece. */
const byTopmost = (listing: Buffer): Map<string, Buffer> => {
  const blocks = new Map<string, Buffer>()
  let start = 0
  let nameLength = 0
  const close = (end: number): void => {
    if (end > start) blocks.set(listing.toString('latin1', start, start + nameLength), listing.subarray(start, end))
  }
  for (let at = 0; at < listing.length; ) {
    const pathEnd = listing.indexOf(0, at)
    const isBelow =
      at > start &&
      pathEnd - at > nameLength &&
      listing[at + nameLength] === slash &&
      listing.compare(listing, at, at + nameLength, start, start + nameLength) === 0
    if (!isBelow) {
      close(at)
      start = at
      nameLength = pathEnd - at
    }
    at = listing.indexOf(0, pathEnd + 1) + 1
  }
  close(listing.length)
  return blocks
}

const parse = (listing: Buffer): Facts => {
  const parts = listing.toString('latin1').split('\0')
  const record: Facts = new Map()
  for (let at = 0; at + 1 < parts.length; at += 2) record.set(parts[at]!.slice('./'.length), parts[at + 1]!)
  return record
}

/** Of paths with parents first: those that lie below no other. */
const topmost = (paths: readonly string[]): string[] => {
  const found: string[] = []
  for (const path of paths) {
    const last = found.at(-1)
    if (last === undefined || !path.startsWith(`${last}/`)) found.push(path)
  }
  return found
}

const below = (tops: readonly string[]): ((path: string) => boolean) => {
  const set = new Set(tops)
  return path => {
    for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) if (set.has(path.slice(0, at))) return true
    return false
  }
}

const asText = (path: string): string => Buffer.from(path, 'latin1').toString('utf8')

const isText = (path: string): boolean => Buffer.from(asText(path), 'utf8').toString('latin1') === path

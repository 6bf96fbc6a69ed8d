/**
 * In which state the repository's linked worktrees are, by git's own records of them alone: no git runs in one, and what
 * a file in one says is compared, never followed.
 */
import { lstat, readdir, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Oid } from '../domain/ids.ts'
import { git } from './exec.ts'
import { fullRef, readRef } from './refs.ts'
import { commonPath, type Repository } from './repository.ts'

/**
 * `missing`: the folder is gone. `locked`: its owner locked it, so nobody touches it. `initializing`: git was killed while
 * it made it. `unfinished`: it was killed before the files were laid out. `replaced`: `.git` in it is not what git wrote
 * there. `corrupt`: git's record of it is. `unregistered`: a folder that git has no record of any more.
 */
export type WorktreeState =
  | 'sound'
  | 'locked'
  | 'missing'
  | 'initializing'
  | 'unfinished'
  | 'replaced'
  | 'corrupt'
  | 'unregistered'

export interface WorktreeRecord {
  /** Of git's record; of an unregistered folder, the folder's. */
  name: string
  state: WorktreeState
  /** Where it lies, as git's record has it; null where that is lost. */
  path: string | null
  /** Git's record: `<git dir>/worktrees/<name>`; null where there is none. */
  adminDir: string | null
  /** The commit it stands on, or stood on last; null where it can't be told. */
  head: Oid | null
  isHeadDamaged: boolean
  /** What is wrong, in words; empty when nothing is. */
  why: string
  /** `index.lock` and `HEAD.lock` lying in the record: a git at work in it, or one that was killed. */
  locks: string[]
}

/** The folder's name, which is what people call it. */
export const worktreeName = ({ name, path }: WorktreeRecord): string => (path === null ? name : basename(path))

/** All linked worktrees, and below `folders` those that have lost their record. By name. */
export const inspectWorktrees = async (
  repository: Repository,
  folders: readonly string[] = [],
): Promise<WorktreeRecord[]> => {
  const names = (await readdir(commonPath(repository, 'worktrees')).catch(() => [])).toSorted()
  const claims = (await Promise.all(folders.map(claimsBelow))).flat()
  const known = await Promise.all(names.map(name => inspect(repository, name, claims)))
  const strays = claims.filter(({ path }) => !known.some(record => record.path === path))
  const lost = await Promise.all(strays.map(claim => unregistered(repository, claim)))
  return [...known, ...lost.flatMap(record => record ?? [])]
}

interface Claim {
  path: string
  /** What its `.git` says its record is. */
  adminDir: string
}

const claimsBelow = async (folder: string): Promise<Claim[]> => {
  const parent = await realpath(folder).catch(() => null)
  const entries = parent === null ? [] : await readdir(parent, { withFileTypes: true }).catch(() => [])
  const folders = entries.filter(entry => entry.isDirectory()).map(entry => join(parent!, entry.name))
  const pointers = await Promise.all(folders.map(pointerIn))
  return folders.flatMap((path, index) => (pointers[index] == null ? [] : [{ path, adminDir: pointers[index] }]))
}

/** What the `.git` of a linked worktree names, or null where it is anything but such a file. */
const pointerIn = async (path: string): Promise<string | null> => {
  const file = join(path, '.git')
  const found = await lstat(file).catch(() => null)
  if (!found?.isFile() || found.size > 10_000) return null
  const text = await readFile(file, 'utf8').catch(() => '')
  const target = /^gitdir: (.+?)\n?$/s.exec(text)?.[1]
  return target === undefined ? null : resolve(path, target)
}

const isBelow = async (repository: Repository, adminDir: string): Promise<boolean> => {
  const parent = await realpath(dirname(adminDir)).catch(() => dirname(adminDir))
  return parent === commonPath(repository, 'worktrees')
}

const unregistered = async (repository: Repository, claim: Claim): Promise<WorktreeRecord | null> => {
  const isOurs = (await isBelow(repository, claim.adminDir)) && (await lstat(claim.adminDir).catch(() => null)) === null
  if (!isOurs) return null
  const why = 'git has no record of it any more'
  const nothing = { adminDir: null, head: null, isHeadDamaged: false, locks: [] }
  return { name: basename(claim.path), path: claim.path, state: 'unregistered', why, ...nothing }
}

const text = (path: string): Promise<string> =>
  readFile(path, 'utf8').then(
    content => content.trimEnd(),
    () => '',
  )

const inspect = async (repository: Repository, name: string, claims: readonly Claim[]): Promise<WorktreeRecord> => {
  const adminDir = commonPath(repository, 'worktrees', name)
  const recorded = await text(join(adminDir, 'gitdir'))
  const claimed = claims.find(claim => claim.adminDir === adminDir)?.path ?? null
  const path = recorded === '' ? claimed : await folderOf(resolve(adminDir, recorded))
  const found = await readdir(adminDir).catch((): string[] => [])
  const head = await headOf(repository, adminDir)
  const { state, why } = await judge(repository, { adminDir, path, recorded, head: head.isSound, found })
  const locks = ['index.lock', 'HEAD.lock'].filter(lock => found.includes(lock)).map(lock => join(adminDir, lock))
  return { name, path, adminDir, head: head.commit, isHeadDamaged: !head.isSound, state, why, locks }
}

/** The folder that holds a recorded `.git`. Its parents may be links; where it is one itself, that is not followed. */
const folderOf = async (dotGit: string): Promise<string> => {
  const folder = dirname(dotGit)
  return join(await realpath(dirname(folder)).catch(() => dirname(folder)), basename(folder))
}

/** HEAD's commit; where HEAD itself is damaged, the last one its log names. */
const headOf = async (repository: Repository, adminDir: string): Promise<{ commit: Oid | null; isSound: boolean }> => {
  const head = await text(join(adminDir, 'HEAD'))
  const ref = /^ref: (.+)$/.exec(head)?.[1]
  if (ref !== undefined) {
    const commit = await readRef(repository, fullRef(ref)).catch(() => null)
    return { commit, isSound: true }
  }
  if (await isCommit(repository, head)) return { commit: head, isSound: true }
  const logged = (await text(join(adminDir, 'logs', 'HEAD'))).split('\n').at(-1)?.split(' ')[1] ?? ''
  return { commit: (await isCommit(repository, logged)) ? logged : null, isSound: false }
}

const isCommit = async (repository: Repository, oid: string): Promise<boolean> =>
  Oid.safeParse(oid).success && (await git(repository, ['cat-file', '-e', `${oid}^{commit}`])).exitCode === 0

const judge = async (
  repository: Repository,
  facts: { adminDir: string; path: string | null; recorded: string; head: boolean; found: string[] },
): Promise<{ state: WorktreeState; why: string }> => {
  const { adminDir, path, recorded, head, found } = facts
  const lock = found.includes('locked') ? await text(join(adminDir, 'locked')) : null
  const isInitializing = lock === 'initializing'
  if (lock !== null && !isInitializing) return { state: 'locked', why: 'it is locked, so nobody touches it' }
  const isThere = path !== null && (await lstat(path).catch(() => null))?.isDirectory() === true
  if (!isThere && recorded !== '') return { state: 'missing', why: 'its folder is gone' }
  if (isInitializing) return { state: 'initializing', why: 'git was killed while it made it' }
  if (recorded === '') return { state: 'corrupt', why: 'git has lost where it lies' }
  if (!(await leadsBack(repository, adminDir)))
    return { state: 'corrupt', why: 'its record does not lead back to the repository' }
  if (!head) return { state: 'corrupt', why: 'its HEAD is damaged' }
  const pointer = await pointerIn(path!)
  const isTrue = pointer !== null && (await realpath(pointer).catch(() => pointer)) === adminDir
  if (!isTrue) return { state: 'replaced', why: 'its .git is not the one git wrote there' }
  if (!found.includes('index')) return { state: 'unfinished', why: 'its files were never wholly laid out' }
  return { state: 'sound', why: '' }
}

const leadsBack = async (repository: Repository, adminDir: string): Promise<boolean> => {
  const shared = await text(join(adminDir, 'commondir'))
  return shared !== '' && (await realpath(resolve(adminDir, shared)).catch(() => '')) === repository.commonDir
}

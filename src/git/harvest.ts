/**
 * Takes a worker's result over as data: nothing of it is trusted before it has passed, nothing is left in the operator's
 * store when it does not.
 */
import { join } from 'node:path'
import { AgentLabError } from '../domain/errors.ts'
import { Oid } from '../domain/ids.ts'
import { cleanLine } from '../domain/text.ts'
import { lineCounts, rawChanges, sumChanges } from './changes.ts'
import { commitTree, composeMessage, type Trailers } from './commit.ts'
import { type GitResult, git } from './exec.ts'
import { type ExportHeader, readExport } from './export-file.ts'
import { judgeWork, type Sight } from './harvest-judge.ts'
import {
  defaultLimits,
  finding,
  type HarvestFinding,
  type HarvestLimits,
  type HarvestRule,
  judgeClosed,
  judgeHandedIn,
} from './harvest-policy.ts'
import { acceptQuarantine, closeQuarantine, indexPack, openQuarantine, type Quarantine } from './incoming.ts'
import { openObjectReader, parentsOf } from './object-reader.ts'
import type { Identity } from './operator-config.ts'
import { type MoveResult, moveBranch } from './ref-write.ts'
import { treeOf } from './refs.ts'
import type { Repository } from './repository.ts'

export interface HarvestRequest {
  repository: Repository
  /** Absolute, real path of what `exportCommand` printed. */
  exportPath: string
  /** A directory no worker can write; the quarantine is made in it and removed. */
  scratchDir: string
  /** The commit the workspace was made from. */
  base: Oid
  /** Where the branch may stand already, by our own hand; left out: anywhere. */
  replaces?: readonly Oid[]
  /** Further parents of the result: what it merges besides, where bringing that in was the task. */
  alsoMerges?: readonly Oid[]
  /** Branch that gets the result: `task/<taskId>/<worker>`. */
  branch: string
  /**
   * A rescue: keeps the tip under a ref of its own instead of on the branch. Then only what could not be kept whole is
   * refused: nobody integrates it.
   */
  keepTip?: (tip: Oid) => Promise<MoveResult>
  /** The result becomes one commit on the base: this title and body, these trailers, this author and date. */
  title: string
  body?: string
  trailers: Trailers
  author: Identity
  /** Epoch milliseconds; the same request at the same time gives the same commit. */
  when: number
  limits?: HarvestLimits
  /** Files that lay in the workspace and may not come out of it, by path or by content. */
  handedIn?: readonly { path: string; oid: Oid | null }[]
  /** Why nothing may be changed at a path, or null: the run's lane is too loose for it. */
  closed?: (path: string) => string | null
}

export type Harvest =
  | {
      status: 'harvested'
      /** AgentLab's single commit on the base; `branch` points at it. */
      tip: Oid
      tree: Oid
      files: number
      added: number
      deleted: number
      /** Something was left uncommitted and AgentLab committed it. */
      byUs: boolean
      notes: HarvestFinding[]
    }
  /** The worker changed nothing, whatever it said. */
  | { status: 'empty'; notes: HarvestFinding[] }
  | { status: 'refused'; findings: HarvestFinding[] }
  /** The result is good, but the branch is not ours to move now. */
  | { status: 'blocked'; move: Exclude<MoveResult, { status: 'moved' }> }

const refused = (...findings: HarvestFinding[]): Harvest => ({ status: 'refused', findings })

const succeeds = async ({ place, options }: Sight, args: string[]): Promise<boolean> =>
  (await git(place, args, options)).exitCode === 0

const headerFindings = (header: ExportHeader): HarvestFinding[] => [
  ...(header.staged
    ? []
    : [
        finding(
          'not-staged',
          'Not all of the work tree could be committed: an unreadable file, or a nested repository without a commit.',
        ),
      ]),
  ...(header.unmerged
    ? [finding('unmerged', 'Conflicts were still marked unresolved when the work was collected.', undefined, 'minor')]
    : []),
  ...(header.strayed
    ? [finding('gitlink', 'Files lie in the folder of a submodule: they are not taken over.', undefined, 'minor')]
    : []),
]

/** What is wrong with the objects themselves, before any of their content is looked at. */
const structuralFinding = async (sight: Sight, base: Oid, tip: Oid): Promise<HarvestFinding | null> => {
  // The type is asked of the object itself: peeling would accept a tag.
  const type = (await sight.reader.facts(tip))?.type ?? (await typeOf(sight, tip))
  if (type !== 'commit') return finding('wrong-tip', 'The named tip is not a commit that was delivered.')
  if (!(await succeeds(sight, ['rev-list', '--objects', '--quiet', tip, `^${base}`])))
    return finding('disconnected', 'Objects the work needs are missing.')
  if (!(await buildsOn(sight, base, tip)))
    return finding('not-on-base', 'The work does not build on the commit it was given.')
  return null
}

const typeOf = async ({ place, options }: Sight, oid: Oid): Promise<string | null> => {
  const { exitCode, stdout } = await git(place, ['cat-file', '-t', oid], options)
  return exitCode === 0 ? stdout.toString('utf8').trim() : null
}

/** So many commits of the worker's are looked through here; a longer history is left to git. */
const shortHistory = 20

/** Whether `base` is `tip` or one of its ancestors. Where the parents seen here do not show it, git decides. */
const buildsOn = async (sight: Sight, base: Oid, tip: Oid): Promise<boolean> => {
  const seen = new Set([tip])
  for (const oid of seen) {
    if (oid === base) return true
    const parents = seen.size > shortHistory ? null : await parentsOf(sight.reader, oid)
    if (parents === null) break
    for (const parent of parents) seen.add(parent)
  }
  return succeeds(sight, ['merge-base', '--is-ancestor', base, tip])
}

const stopped = (error: unknown): GitResult => {
  if (error instanceof AgentLabError && error.code === 'git-stopped')
    return { exitCode: 1, stdout: Buffer.alloc(0), stderr: error.message }
  throw error
}

const unpack = async (
  request: HarvestRequest,
  quarantine: Quarantine,
  limits: HarvestLimits,
): Promise<ExportHeader | HarvestFinding> => {
  const packPath = join(quarantine.directory, 'received')
  const read = await readExport(request.exportPath, packPath, limits.totalBytes)
  if (read.status === 'unreadable')
    return finding('export-unreadable', `What the workspace delivered can't be read: ${read.why}.`)
  if (read.packBytes === 0) return read.header
  // A pack made to exhaust git ends by our time limit, which is the worker's failure and not ours.
  const indexed = await indexPack(request.repository, quarantine, packPath, limits.totalBytes).catch(stopped)
  return indexed.exitCode === 0
    ? read.header
    : finding('pack-rejected', `git refused the objects: ${cleanLine(indexed.stderr, 500)}`)
}

const take = async (request: HarvestRequest, quarantine: Quarantine): Promise<Harvest> => {
  const { repository } = request
  const header = await unpack(request, quarantine, request.limits ?? defaultLimits)
  if ('rule' in header) return refused(header)
  const options = { env: quarantine.env }
  const reader = openObjectReader(repository, options)
  try {
    return await judgeAndRecord(request, quarantine, header, { place: repository, options, reader })
  } finally {
    reader.close()
  }
}

const isBlocking = ({ severity }: HarvestFinding): boolean => severity === 'blocking'

/** What could not be kept whole, and what the operator handed in, which no commit of ours may hold. */
const incomplete: readonly HarvestRule[] = [
  'handed-in',
  'not-staged',
  'gitlink',
  'large-file',
  'reserved-path',
  'file-too-large',
  'work-too-large',
]
const isIncomplete = ({ rule }: HarvestFinding): boolean => incomplete.includes(rule)

const judgeAndRecord = async (
  request: HarvestRequest,
  quarantine: Quarantine,
  header: ExportHeader,
  sight: Sight,
): Promise<Harvest> => {
  const { repository } = request
  const base = Oid.parse(request.base)
  const limits = request.limits ?? defaultLimits
  const wrong = await structuralFinding(sight, base, header.tip)
  if (wrong) return refused(wrong)
  const changes = await rawChanges(repository, base, header.tip, sight.options)
  const findings = [
    ...headerFindings(header),
    ...judgeHandedIn(changes, request.handedIn ?? []),
    ...judgeClosed(changes, request.closed ?? (() => null)),
    ...(await judgeWork(sight, changes, limits, repository.largeFileDirs)),
  ]
  if (findings.some(request.keepTip === undefined ? isBlocking : isIncomplete)) return refused(...findings)
  if (changes.length === 0) return { status: 'empty', notes: findings }
  return record(request, quarantine, header, findings)
}

/** Mostly there is no such branch yet; one of an earlier attempt is replaced, another one is somebody's work. */
const replaceBranch = async (
  repository: Repository,
  branch: string,
  to: Oid,
  replaces: readonly Oid[] | undefined,
): Promise<MoveResult> => {
  const first = await moveBranch(repository, { branch, to, expectedOld: null })
  if (first.status !== 'raced' || first.actual === null) return first
  const isOurs = replaces === undefined || replaces.includes(first.actual)
  return isOurs ? moveBranch(repository, { branch, to, expectedOld: first.actual }) : first
}

/** Accepts the objects and sets the branch; each step is fine to repeat. */
const record = async (
  request: HarvestRequest,
  quarantine: Quarantine,
  header: ExportHeader,
  notes: HarvestFinding[],
): Promise<Harvest> => {
  const { repository, base } = request
  await acceptQuarantine(repository, quarantine)
  const tree = await treeOf(repository, header.tip)
  const tip = await commitTree(repository, {
    tree,
    parents: [base, ...(request.alsoMerges ?? [])],
    message: composeMessage(request.title, request.body ?? '', request.trailers),
    author: request.author,
    when: request.when,
  })
  const move = await (request.keepTip ?? (to => replaceBranch(repository, request.branch, to, request.replaces)))(tip)
  if (move.status !== 'moved') return { status: 'blocked', move }
  const sum = sumChanges(await lineCounts(repository, base, tip))
  return { status: 'harvested', tip, tree, ...sum, byUs: header.committedByUs, notes }
}

/**
 * Judges an export and, when nothing blocks, moves its objects into the store and sets the branch to one commit on the
 * base. Refusals are values with findings for the worker. Repeating the same request gives the same answer.
 */
export const harvestWork = async (request: HarvestRequest): Promise<Harvest> => {
  const quarantine = await openQuarantine(request.repository, request.scratchDir)
  try {
    return await take(request, quarantine)
  } finally {
    await closeQuarantine(quarantine)
  }
}

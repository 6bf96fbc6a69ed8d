/** The integration branch made anew without some tasks: on paper, commit by commit. Moves nothing. */
import type { Oid, TaskId } from '../domain/ids.ts'
import { commitTree, composeMessage, type Trailers } from './commit.ts'
import { readCommit } from './commit-read.ts'
import { type AgentCommit, integrationsBetween, syncCommit } from './integrate.ts'
import { mergeTree } from './merge.ts'
import { isAncestor, treeOf } from './refs.ts'
import { replayCommit } from './replay.ts'
import type { Repository } from './repository.ts'
import { withoutTrainMark } from './train-trailers.ts'

export interface Reintegration {
  taskId: TaskId
  commit: Oid
  /** First parent: the integration branch before it. */
  agent: Oid
  /** The task's own tip, or its change on a new base where the old one was taken out. */
  tip: Oid
  tree: Oid
}

/** What stands in the way, in words that name it. */
export interface Obstacle {
  reason: 'conflict' | 'checksFailed' | 'foreignMerge' | 'notThere'
  /** The commit that can't stay, as the operator knows it; null where a task is not there at all. */
  entry: AgentCommit | null
  detail: string
}

export type Rebuilt =
  | { status: 'rebuilt'; to: Oid; reintegrated: Reintegration[] }
  | { status: 'refused'; obstacle: Obstacle }

export interface RebuildRequest {
  repository: Repository
  mainBranch: string
  /** Main's tip: what it holds is not touched. */
  main: Oid
  /** The integration branch as it stands. */
  agent: Oid
  without: readonly TaskId[]
  /** Epoch milliseconds of the new commits; the same request gives the same commits. */
  when: number
  /** Runs the checks on a tree; what failed, or null. `before` is the tree it grew from. */
  check(tree: Oid, before: Oid): Promise<string | null>
}

/** One commit carried over, and what it came to. */
type Step = { status: 'made'; commit: Oid; reintegrated: Reintegration[] } | { status: 'refused'; obstacle: Obstacle }

/**
 * Leaves what came before the first of the tasks as it is, and makes everything after it anew in the same order, with
 * checks on each tree: integrations, merges of main, and commits made by hand. Nothing but the tasks is dropped.
 */
export const rebuildWithout = async (request: RebuildRequest): Promise<Rebuilt> => {
  const { repository, without } = request
  const entries = await integrationsBetween(repository, request.main, request.agent)
  const isTakenOut = (entry: AgentCommit): boolean => entry.kind === 'integration' && without.includes(entry.taskId)
  const missing = without.find(id => !entries.some(entry => entry.kind === 'integration' && entry.taskId === id))
  const first = entries.findIndex(isTakenOut)
  const start = entries[first]?.parents[0]
  if (missing !== undefined || start === undefined)
    return refusal('notThere', null, `${missing ?? without[0]} is not on the integration branch any more`)
  let to = start
  const reintegrated: Reintegration[] = []
  for (const entry of entries.slice(first)) {
    if (isTakenOut(entry)) continue
    const step = await carryOver(request, entry, to)
    if (step.status === 'refused') return step
    const failed = await request.check(await treeOf(repository, step.commit), await treeOf(repository, to))
    if (failed !== null) return refusal('checksFailed', entry, failed)
    reintegrated.push(...step.reintegrated)
    to = step.commit
  }
  return { status: 'rebuilt', to, reintegrated }
}

const refusal = (
  reason: Obstacle['reason'],
  entry: AgentCommit | null,
  detail: string,
): { status: 'refused'; obstacle: Obstacle } => ({ status: 'refused', obstacle: { reason, entry, detail } })

const carryOver = (request: RebuildRequest, entry: AgentCommit, onto: Oid): Promise<Step> => {
  switch (entry.kind) {
    case 'integration':
      return integrateAgain(request, entry, onto)
    case 'sync':
      return syncAgain(request, entry, onto)
    case 'foreign':
      return replayForeign(request, entry, onto)
  }
}

const integrateAgain = async (
  { repository, when }: RebuildRequest,
  entry: Extract<AgentCommit, { kind: 'integration' }>,
  onto: Oid,
): Promise<Step> => {
  const own = await tipOn(repository, entry.taskTip, onto)
  if (own.status === 'conflict') return refusal('conflict', entry, own.files.join('\n'))
  const merge = await mergeTree(repository, onto, own.commit)
  if (merge.status === 'conflict') return refusal('conflict', entry, merge.files.join('\n'))
  const { taskId, title } = entry
  const { body } = await readCommit(repository, entry.commit)
  const kept = withoutTrainMark(entry.trailers)
  const trailers = own.commit === entry.taskTip ? kept : judgedElsewhere(kept)
  const message = composeMessage(title, body, trailers)
  const commit = await commitTree(repository, { tree: merge.tree, parents: [onto, own.commit], message, when })
  return {
    status: 'made',
    commit,
    reintegrated: [{ taskId, commit, agent: onto, tip: own.commit, tree: merge.tree }],
  }
}

/** A verdict belongs to a tip on its base: on another base it is told as what it is. */
const judgedElsewhere = (trailers: Trailers): Trailers =>
  trailers.Verdict === undefined || trailers.Verdict.endsWith(rebuiltMark)
    ? trailers
    : { ...trailers, Verdict: `${trailers.Verdict}${rebuiltMark}` }

const rebuiltMark = ', before the branch was rebuilt'

/** A task's tip as it is where its base is still there; else the same change on `onto`. */
export const tipOn = async (
  repository: Repository,
  tip: Oid,
  onto: Oid,
): Promise<{ status: 'clean'; commit: Oid } | { status: 'conflict'; files: string[] }> => {
  const [base] = (await readCommit(repository, tip)).parents
  if (base === undefined || (await isAncestor(repository, base, onto))) return { status: 'clean', commit: tip }
  return replayCommit(repository, tip, onto)
}

const syncAgain = async (
  { repository, mainBranch, when }: RebuildRequest,
  entry: Extract<AgentCommit, { kind: 'sync' }>,
  onto: Oid,
): Promise<Step> => {
  const merge = await mergeTree(repository, onto, entry.main)
  if (merge.status === 'conflict') return refusal('conflict', entry, merge.files.join('\n'))
  const input = { agentTip: onto, main: entry.main, tree: merge.tree, mainBranch, when }
  return { status: 'made', commit: await syncCommit(repository, input), reintegrated: [] }
}

/** A person's own commit is carried over as it reads; what else a person's merge would bring along can't be told. */
const replayForeign = async ({ repository }: RebuildRequest, entry: AgentCommit, onto: Oid): Promise<Step> => {
  if (entry.parents.length !== 1) return refusal('foreignMerge', entry, 'it is a merge that AgentLab did not make')
  const replay = await replayCommit(repository, entry.commit, onto)
  return replay.status === 'conflict'
    ? refusal('conflict', entry, replay.files.join('\n'))
    : { status: 'made', commit: replay.commit, reintegrated: [] }
}

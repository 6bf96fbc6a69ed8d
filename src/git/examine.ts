/**
 * Looks at the operator's repository before anything is spent on it: what is worked around, and what AgentLab refuses to
 * work on as long as it is so. Changes nothing.
 */
import { branchesBlocking } from '../config/branches.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Oid } from '../domain/ids.ts'
import type { WorkerName } from '../domain/lane.ts'
import { many } from '../domain/measures.ts'
import type { RepositoryNote } from '../domain/repository-note.ts'
import { cleanLine } from '../domain/text.ts'
import { collisionsIn, isCaseless } from './case-collisions.ts'
import { largeFilesOf, missingContents } from './lfs.ts'
import { countLacking, fetchAllLine } from './partial-clone.ts'
import { branchRef, listBranches, mergeBase } from './refs.ts'
import type { Repository } from './repository.ts'
import { submodulesOf } from './submodules.ts'
import { unfinishedCure, unfinishedIn } from './unfinished.ts'

export interface Examination {
  /** The commit work would start from: `agent`, or main where there is none; null where neither can be looked at. */
  base: Oid | null
  /** What is worked around there. */
  notes: RepositoryNote[]
  /** Each says the line to type. With one of them nothing may begin. */
  refusals: AgentLabError[]
}

/** The names a run needs; null where they are not chosen yet. */
export interface NeededBranches {
  agent: string
  prefix: string
  workers: readonly WorkerName[]
}

const refusal = (repository: Repository, why: string, code: string, cure: string): AgentLabError =>
  new AgentLabError(`agentlab failed on ${repository.root}: ${why}`, { code, cure, exit: exitCode.wrongUse })

const unfinishedWork = async (repository: Repository, refs: readonly string[]): Promise<AgentLabError[]> =>
  (await unfinishedIn(repository)).flatMap(step => {
    const ref = step.refs.find(name => refs.includes(name))
    if (ref === undefined) return []
    const why = `git ${step.what} is under way on ${cleanLine(ref.replace(/^refs\/heads\//, ''))}`
    return [refusal(repository, why, 'unfinished-work', unfinishedCure(step))]
  })

const takenNames = (
  repository: Repository,
  existing: Iterable<string>,
  { workers, ...branches }: NeededBranches,
): AgentLabError[] => {
  const [first, ...others] = branchesBlocking(existing, branches, workers, isCaseless(repository))
  if (first === undefined) return []
  const name = cleanLine(first)
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const why = `the branch ${name}${more} leaves no room for the branches of agentlab`
  const cure = `git branch -m ${name} <another name>    (or set branches.prefix in agentlab.yaml to a free one, such as agentlab/)`
  return [refusal(repository, why, 'branch-name-taken', cure)]
}

const lackingObjects = async (repository: Repository, tips: readonly Oid[]): Promise<AgentLabError[]> => {
  const [one, other] = tips
  const base = one !== undefined && other !== undefined ? await mergeBase(repository, one, other) : null
  const lacking = await countLacking(repository, [...new Set([...tips, ...(base === null ? [] : [base])])])
  if (lacking === 0) return []
  const why = `it is a partial clone, and ${many(lacking, 'object')} of the commit to start from were never fetched`
  return [refusal(repository, why, 'objects-lacking', await fetchAllLine(repository))]
}

const caseCollisions = async (repository: Repository, commit: Oid): Promise<AgentLabError[]> => {
  const [group] = await collisionsIn(repository, commit)
  if (group === undefined) return []
  const [one = '', other = ''] = group.map(path => cleanLine(path))
  const why = `${one} and ${other} are one file on a file system that folds case`
  return [refusal(repository, why, 'case-collision', `git mv --force ${one} <another name>, and commit it`)]
}

/** Contents of Git LFS that are not on this machine, of any of the commits a run may start from. */
const missingLargeFiles = async (repository: Repository, tips: readonly Oid[]): Promise<AgentLabError[]> => {
  const files = (await Promise.all(tips.map(tip => largeFilesOf(repository, tip)))).flat()
  const missing = [...new Set(await missingContents(repository.largeFileDirs, files))]
  if (missing.length === 0) return []
  const shown = cleanLine(missing[0]!)
  const why = `the content of ${many(missing.length, 'file')} stored with Git LFS is not here (${shown}${missing.length > 1 ? ', …' : ''})`
  const cure = 'git lfs pull    (or, where another branch is checked out: git lfs fetch origin <branch>)'
  return [refusal(repository, why, 'large-files-missing', cure)]
}

/** What is worked around at a commit. */
export const notesAt = async (repository: Repository, commit: Oid): Promise<RepositoryNote[]> => {
  const counts: [RepositoryNote['kind'], number][] = [
    ['submodules', (await submodulesOf(repository, commit)).length],
    ['largeFiles', (await largeFilesOf(repository, commit)).length],
  ]
  return counts.flatMap(([kind, count]) => (count === 0 ? [] : [{ kind, count }]))
}

/**
 * Everything odd about the repository that matters for a run. Trees are looked at only where all their objects are
 * here. Without a main branch only what needs none is looked at.
 */
export const examineRepository = async (
  repository: Repository,
  needed: NeededBranches | null,
): Promise<Examination> => {
  const branches = await listBranches(repository)
  const names = [repository.mainBranch, needed?.agent ?? null].filter(name => name !== null)
  const tips = [...new Set(names.flatMap(name => branches.get(name) ?? []))]
  const refusals = [
    ...(await unfinishedWork(repository, names.map(branchRef))),
    ...(needed === null ? [] : takenNames(repository, branches.keys(), needed)),
    ...(await lackingObjects(repository, tips)),
  ]
  const base = tips.at(-1)
  if (base === undefined || refusals.some(({ code }) => code === 'objects-lacking'))
    return { base: null, notes: [], refusals }
  return {
    base,
    notes: await notesAt(repository, base),
    refusals: [
      ...refusals,
      ...(await missingLargeFiles(repository, tips)),
      ...(await caseCollisions(repository, base)),
    ],
  }
}

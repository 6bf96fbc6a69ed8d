/** Merging two commits without a work tree. */
import { Oid } from '../domain/ids.ts'
import { type GitOptions, type GitPlace, git, gitFailure, records } from './exec.ts'
import { parentsOf, readerOf } from './object-reader.ts'
import { treeOf } from './refs.ts'

export type MergeResult =
  | { status: 'clean'; tree: Oid }
  /** Paths in conflict, each once. */
  | { status: 'conflict'; files: string[] }

/** One version of a conflicted path: stage 1 is the common base, 2 ours, 3 theirs. */
export interface ConflictStage {
  mode: string
  oid: Oid
  stage: 1 | 2 | 3
  path: string
}

/** The merge's tree, with conflict markers in the files where it conflicts, and the versions that do. */
export interface FullMerge {
  tree: Oid
  stages: ConflictStage[]
}

const parseStage = (record: string): ConflictStage => {
  const [mode = '', oid = '', stage = ''] = record.slice(0, record.indexOf('\t')).split(' ')
  return { mode, oid: Oid.parse(oid), stage: Number(stage) as 1 | 2 | 3, path: record.slice(record.indexOf('\t') + 1) }
}

/**
 * Merges `theirs` into `ours`, writing the tree into the place's store. The names appear in conflict markers.
 * Throws `git-failed` for unrelated histories.
 */
export const mergeFully = async (
  place: GitPlace,
  ours: string,
  theirs: string,
  options: GitOptions = {},
): Promise<FullMerge> => {
  const args = ['merge-tree', '--write-tree', '-z', '--no-messages', '--end-of-options', ours, theirs]
  const result = await git(place, args, options)
  if (result.exitCode > 1) throw gitFailure(place, args, result)
  const [tree, ...stages] = records(result.stdout)
  return { tree: Oid.parse(tree), stages: stages.filter(record => record.includes('\t')).map(parseStage) }
}

/** Merges a tip into a branch's tip: the tree to check, or the files that conflict. */
export const mergeTree = async (place: GitPlace, ours: Oid, theirs: Oid): Promise<MergeResult> => {
  const reader = readerOf(place)
  const parents = reader === undefined ? null : await parentsOf(reader, Oid.parse(theirs))
  // What was made right on top of the branch's tip already holds all of it.
  if (parents?.includes(Oid.parse(ours))) return { status: 'clean', tree: await treeOf(place, theirs) }
  const args = ['merge-tree', '--write-tree', '-z', '--no-messages', '--name-only', Oid.parse(ours), Oid.parse(theirs)]
  const result = await git(place, args)
  if (result.exitCode > 1) throw gitFailure(place, args, result)
  const [tree, ...files] = records(result.stdout)
  if (result.exitCode === 0) return { status: 'clean', tree: Oid.parse(tree) }
  return { status: 'conflict', files: [...new Set(files.filter(Boolean))] }
}

/** The change of one commit made anew on another one, without a work tree. */
import type { Oid } from '../domain/ids.ts'
import { commitTree, composeMessage } from './commit.ts'
import { readCommit } from './commit-read.ts'
import type { GitPlace } from './exec.ts'
import { mergeTree } from './merge.ts'
import { treeOf } from './refs.ts'

export type Replay = { status: 'clean'; commit: Oid; tree: Oid } | { status: 'conflict'; files: string[] }

/**
 * Merges what `commit` changes against its first parent into `onto`, as a commit on `onto` with the same author, words
 * and trailers, and `AgentLab-Rebuilt-From: <commit>`. Further parents stay. Merging the commit itself would bring along
 * everything it was based on; here three commits made up for the purpose have its parent's tree as their only common past
 * (git before 2.40 can't be told a merge base). The same input gives the same commit. Only writes objects.
 */
export const replayCommit = async (place: GitPlace, commit: Oid, onto: Oid): Promise<Replay> => {
  const read = await readCommit(place, commit)
  const [base, ...others] = read.parents
  if (base === undefined) throw new Error(`commit ${commit} has no parent`)
  const pretend = (tree: Oid, parents: Oid[]): Promise<Oid> =>
    commitTree(place, { tree, parents, message: 'Only here to be merged\n', when: read.when })
  const past = await pretend(await treeOf(place, base), [])
  const ours = await pretend(await treeOf(place, onto), [past])
  const merge = await mergeTree(place, ours, await pretend(read.tree, [past]))
  if (merge.status === 'conflict') return merge
  const { author, when, title, body, trailers } = read
  const message = composeMessage(title, body, { ...trailers, 'Rebuilt-From': commit })
  return {
    status: 'clean',
    tree: merge.tree,
    commit: await commitTree(place, { tree: merge.tree, parents: [onto, ...others], message, author, when }),
  }
}

/** Tips merged one onto another on paper: the trees a train checks. Writes objects; moves nothing. */
import type { Oid } from '../domain/ids.ts'
import { commitTree, composeMessage } from './commit.ts'
import type { GitPlace } from './exec.ts'
import { mergeTree } from './merge.ts'

export interface Stack<T> {
  /** From the bottom: each tip that merges with all below it, and the tree of that merge. */
  stacked: { member: T; tree: Oid }[]
  /** Those that do not merge with what lies below. */
  conflicted: T[]
}

/** Merges each tip onto those before it, beginning on `agent`. `knownFirst`: the first merge's tree, where it is known. */
export const stackTips = async <T extends { tip: Oid }>(
  place: GitPlace,
  input: { agent: Oid; members: readonly T[]; knownFirst: Oid | null; when: number },
): Promise<Stack<T>> => {
  const stack: Stack<T> = { stacked: [], conflicted: [] }
  let below = input.agent
  for (const [index, member] of input.members.entries()) {
    const known = index === 0 ? input.knownFirst : null
    const merge = known === null ? await mergeTree(place, below, member.tip) : { status: 'clean' as const, tree: known }
    if (merge.status === 'conflict') {
      stack.conflicted.push(member)
      continue
    }
    stack.stacked.push({ member, tree: merge.tree })
    // Git merges commits, so each step of the stack is one; it is on no branch.
    if (index < input.members.length - 1)
      below = await commitTree(place, {
        tree: merge.tree,
        parents: [below, member.tip],
        message: composeMessage('Stacked on paper', '', { Stacked: member.tip }),
        when: input.when,
      })
  }
  return stack
}

/** Brings the integration branch to where a run can start: made if missing, main's new commits in it, with checks. */
import { branchNames } from '../../config/branches.ts'
import type { EffectOf } from '../../domain/effect.ts'
import { AgentLabError } from '../../domain/errors.ts'
import type { LoopEventOf } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import { syncCommit } from '../../git/integrate.ts'
import { mergeTree } from '../../git/merge.ts'
import { moveBranch, pinCommit } from '../../git/ref-write.ts'
import { branchRef, isAncestor, readRef, treeOf } from '../../git/refs.ts'
import { checkTree } from '../checks.ts'
import { type Host, keep, type RunScope, scopeOf } from '../host.ts'

type Answer = LoopEventOf<'base.ready'> | LoopEventOf<'base.refused'>

export const prepareBase = async (
  host: Host,
  effect: EffectOf<'base.prepare'>,
  signal: AbortSignal,
): Promise<Answer> => {
  const scope = scopeOf(host, effect.runId)
  const { repository } = host.project
  const mainBranch = repository.mainBranch
  const main = mainBranch === null ? null : await readRef(repository, branchRef(mainBranch))
  if (mainBranch === null || main === null) {
    throw new AgentLabError(`agentlab failed on ${repository.root}: its main branch can't be told`, {
      code: 'no-main-branch',
      cure: 'Name it in agentlab.yaml: main: <branch>',
    })
  }
  const branch = branchNames(scope.config.branches).agent
  const agent = await readRef(repository, branchRef(branch))
  const ready = async (base: Oid, sync: LoopEventOf<'base.ready'>['sync']): Promise<Answer> => {
    await pinCommit(repository, scope.runId, base)
    return { type: 'base.ready', runId: scope.runId, base, main, sync }
  }
  if (agent !== null && (await isAncestor(repository, main, agent))) return ready(agent, 'none')
  const isForward = agent === null || (await isAncestor(repository, agent, main))
  const synced = isForward ? main : await merged(host, scope, { agent, main, mainBranch }, signal)
  if (typeof synced !== 'string') return synced
  const moved = await moveBranch(repository, { branch, to: synced, expectedOld: agent })
  if (moved.status === 'checkedOut')
    return refused(host, scope, 'branchCheckedOut', `${branch} is checked out in ${moved.worktree}`)
  if (moved.status === 'raced') return prepareBase(host, effect, signal)
  return ready(synced, isForward ? 'fastForward' : 'merge')
}

const refused = (
  host: Host,
  scope: RunScope,
  reason: LoopEventOf<'base.refused'>['reason'],
  text: string,
): LoopEventOf<'base.refused'> => ({
  type: 'base.refused',
  runId: scope.runId,
  reason,
  contentId: keep(host, scope, null, 'error', text),
})

/** The merge commit that brings main's commits in, its tree checked; or why not. */
const merged = async (
  host: Host,
  scope: RunScope,
  { agent, main, mainBranch }: { agent: Oid; main: Oid; mainBranch: string },
  signal: AbortSignal,
): Promise<Oid | LoopEventOf<'base.refused'>> => {
  const { repository } = host.project
  const merge = await mergeTree(repository, agent, main)
  if (merge.status === 'conflict') return refused(host, scope, 'mainConflict', merge.files.join('\n'))
  const baseTree = await treeOf(repository, agent)
  const checks = await checkTree(host, scope, { tree: merge.tree, baseTree, mustTurnGreen: [], taskId: null }, signal)
  if (checks.status === 'failed') {
    return refused(host, scope, 'mainChecksFailed', checks.findings.map(finding => finding.claim).join('\n'))
  }
  return syncCommit(repository, { agentTip: agent, main, tree: merge.tree, mainBranch, when: host.now() })
}

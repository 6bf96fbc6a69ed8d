/** Brings the integration branch to where a run can start: made if missing, main's new commits in it, with checks. */
import { branchNames } from '../../config/branches.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEventOf } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import { examineRepository, notesAt } from '../../git/examine.ts'
import { syncCommit } from '../../git/integrate.ts'
import { mergeTree } from '../../git/merge.ts'
import { moveBranch, pinCommit } from '../../git/ref-write.ts'
import { branchRef, isAncestor, readRef, treeOf } from '../../git/refs.ts'
import { checkTree } from '../checks.ts'
import { type Host, keep, type RunScope, scopeOf } from '../host.ts'
import { stricterDemand } from '../lane-of-run.ts'
import { type MainTip, mainStateOf, mainTip } from '../main-tip.ts'

type Ready = LoopEventOf<'base.ready'>
type Refused = LoopEventOf<'base.refused'>
/** The commit `agent` goes to, and how its tree was checked where it is a new one. */
type Synced = { commit: Oid; checks?: Ready['checks'] }

export const prepareBase = async (
  host: Host,
  effect: EffectOf<'base.prepare'>,
  signal: AbortSignal,
): Promise<Ready | Refused> => {
  const scope = scopeOf(host, effect.runId)
  const { repository } = host.project
  const main = await mainTip(host)
  if (main === null) return refused(host, scope, 'mainMissing', 'There is no such branch any more.')
  const branch = branchNames(scope.config.branches).agent
  const unfit = await unfitness(host, scope)
  if (unfit !== null) return unfit
  // What the base will hold, the history of main and the integration branch holds already.
  const tooStrict = await stricterDemand(host, scope, main.commit)
  if (tooStrict !== null) return refused(host, scope, 'stricterLane', tooStrict)
  const agent = await readRef(repository, branchRef(branch))
  const ready = async (sync: Ready['sync'], { commit, ...checked }: Synced): Promise<Ready> => {
    await pinCommit(repository, scope.runId, commit)
    const notes = await notesAt(repository, commit)
    return {
      type: 'base.ready',
      runId: scope.runId,
      base: commit,
      main: main.commit,
      sync,
      ...checked,
      ...(notes.length > 0 && { notes }),
    }
  }
  const state = agent === null ? 'ahead' : await mainStateOf(host, main, agent)
  if (state === 'rewritten' && scope.request.purpose !== 'ask')
    return refused(host, scope, 'mainRewritten', `${branch} holds commits that ${main.branch} no longer has.`)
  if (agent !== null && state === 'held') return ready('none', { commit: agent })
  // A question moves no branch: where the integration branch lacks what main has, it is asked about main.
  if (scope.request.purpose === 'ask') return ready('none', { commit: main.commit })
  const isForward = agent === null || (await isAncestor(repository, agent, main.commit))
  const synced = isForward ? { commit: main.commit } : await merged(host, scope, agent, main, signal)
  if ('files' in synced) {
    return scope.request.purpose === 'resolve'
      ? ready('conflict', { commit: agent! })
      : refused(host, scope, 'mainConflict', synced.files.join('\n'))
  }
  if ('type' in synced) return synced
  const moved = await moveBranch(repository, { branch, to: synced.commit, expectedOld: agent })
  if (moved.status === 'checkedOut')
    return refused(host, scope, 'branchCheckedOut', `${branch} is checked out in ${moved.worktree}`)
  if (moved.status === 'raced') return prepareBase(host, effect, signal)
  return ready(isForward ? 'fastForward' : 'merge', synced)
}

/** The repository is looked at again: the request may lie days back, and a resumed run begins here, too. */
const unfitness = async (host: Host, scope: RunScope): Promise<Refused | null> => {
  const needed = { ...scope.config.branches, workers: scope.request.workers }
  const [first] = (await examineRepository(host.project.repository, needed)).refusals
  return first === undefined ? null : refused(host, scope, 'repositoryUnfit', `${first.message}\n→ ${first.cure}`)
}

const refused = (host: Host, scope: RunScope, reason: Refused['reason'], text: string): Refused => ({
  type: 'base.refused',
  runId: scope.runId,
  reason,
  contentId: keep(host, scope, null, 'error', text),
})

/** The merge commit that brings main's commits in, its tree checked; the files that conflict; or why not. */
const merged = async (
  host: Host,
  scope: RunScope,
  agent: Oid,
  main: MainTip,
  signal: AbortSignal,
): Promise<Synced | Refused | { files: string[] }> => {
  const { repository } = host.project
  const merge = await mergeTree(repository, agent, main.commit)
  if (merge.status === 'conflict') return { files: merge.files }
  const { tree } = merge
  const baseTree = await treeOf(repository, agent)
  const { status, findings, results } = await checkTree(
    host,
    scope,
    { tree, baseTree, mustTurnGreen: [], taskId: null },
    signal,
  )
  if (status === 'failed') {
    const said = findings.map(({ claim, reproduction }) => `${claim}\n${reproduction?.observed ?? ''}`)
    return refused(host, scope, 'mainChecksFailed', said.join('\n'))
  }
  const commit = await syncCommit(repository, {
    agentTip: agent,
    main: main.commit,
    tree,
    mainBranch: main.branch,
    when: host.now(),
  })
  const resultsContentId = keep(host, scope, null, 'checkResults', JSON.stringify(results))
  return { commit, checks: { status, tree, resultsContentId } }
}

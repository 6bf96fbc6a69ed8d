/** Integrates a verified tip: a merge commit whose tree is exactly the one the checks passed on. */
import { branchNames } from '../../config/branches.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent, LoopEventOf } from '../../domain/event.ts'
import { integrationCommit, isIntegrated } from '../../git/integrate.ts'
import { moveBranch } from '../../git/ref-write.ts'
import { branchRef, readRef } from '../../git/refs.ts'
import { type Host, loggedAt, scopeOf, taskOf } from '../host.ts'
import { eventsOf } from '../run-memory.ts'

export const integrate = async (host: Host, effect: EffectOf<'task.integrate'>): Promise<LoopEvent> => {
  const scope = scopeOf(host, effect.runId)
  const task = taskOf(host, effect.taskId)
  const { repository } = host.project
  const branch = branchNames(scope.config.branches).agent
  const ids = { runId: effect.runId, taskId: effect.taskId }
  const done = (commit: string): LoopEvent => ({
    type: 'task.integrated',
    ...ids,
    commit,
    agent: effect.agent,
    tip: effect.tip,
    tree: effect.tree,
  })
  const now = await readRef(repository, branchRef(branch))
  // Deleted by hand: nothing to continue, and nothing AgentLab should bring back unasked.
  if (now === null) return { type: 'integration.refused', ...ids, reason: 'agentMovedByHand' }
  // Where `agent` still is what the checks merged into, the tip can't be in it yet.
  if (now !== effect.agent) {
    const already = await isIntegrated(repository, now, effect.taskId, effect.tip)
    return already === null ? { type: 'agent.moved', ...ids } : done(already)
  }
  const verdict = verdictOn(host, effect)
  const commit = await integrationCommit(repository, {
    agentTip: effect.agent,
    taskTip: effect.tip,
    tree: effect.tree,
    taskId: effect.taskId,
    title: task.title,
    trailers: {
      Run: effect.runId,
      Worker: effect.worker,
      Lane: scope.lane,
      ...(verdict === null
        ? {}
        : { Verifier: verdict.verifier ?? 'none', Verdict: verdict.sameVendor ? 'pass (same vendor)' : 'pass' }),
      ...(scope.rehearsed ? { Rehearsed: 'yes' } : {}),
    },
    when: loggedAt(host, effect.runId, event => event.type === 'checks.finished' && event.taskId === effect.taskId),
  })
  const moved = await moveBranch(repository, { branch, to: commit, expectedOld: effect.agent })
  if (moved.status === 'moved') return done(commit)
  return moved.status === 'raced'
    ? { type: 'agent.moved', ...ids }
    : { type: 'integration.refused', ...ids, reason: 'branchCheckedOut' }
}

const verdictOn = (host: Host, effect: EffectOf<'task.integrate'>): LoopEventOf<'verdict.given'> | null => {
  const found = eventsOf(host.project.store, effect.runId)
    .map(({ event }) => event)
    .findLast(event => event.type === 'verdict.given' && event.taskId === effect.taskId && event.tip === effect.tip)
  return found?.type === 'verdict.given' && found.value === 'pass' ? found : null
}

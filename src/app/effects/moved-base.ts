/** Work whose base is no longer on the integration branch: carried over after a rebuild of ours, refused after a hand's. */
import { branchNames } from '../../config/branches.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import type { WorkerName } from '../../domain/lane.ts'
import { readCommit } from '../../git/commit-read.ts'
import { moveBranch } from '../../git/ref-write.ts'
import { isAncestor } from '../../git/refs.ts'
import { replayCommit } from '../../git/replay.ts'
import { type Host, keepFindings, type RunScope } from '../host.ts'
import { unmarkReady } from '../seats.ts'
import { workSeat } from './attempt.ts'

/**
 * Null where the tip stands on what `agent` holds. Otherwise merging would bring back what is gone from it: the answer
 * is the same change on the branch as it is now, or why that can't be.
 */
export const settleMovedBase = async (
  host: Host,
  scope: RunScope,
  effect: EffectOf<'merge.check'>,
  agent: Oid,
): Promise<LoopEvent | null> => {
  const { repository } = host.project
  const ids = { runId: effect.runId, taskId: effect.taskId }
  const [base] = (await readCommit(repository, effect.tip)).parents
  if (base === undefined || (await isAncestor(repository, base, agent))) return null
  if (!(await wasRebuilt(host, base, agent))) return { type: 'integration.refused', ...ids, reason: 'agentMovedByHand' }
  const worker = workerOf(host, effect.taskId)
  const replay = await replayCommit(repository, effect.tip, agent)
  if (replay.status === 'conflict') {
    await unmarkReady(workSeat(host, effect.taskId, worker))
    return {
      type: 'work.refused',
      ...ids,
      findingsContentId: keepFindings(host, scope, effect.taskId, replay.files.slice(0, 100).map(needsWhatIsGone)),
    }
  }
  const branch = branchNames(scope.config.branches).task(effect.taskId, worker)
  const moved = await moveBranch(repository, { branch, to: replay.commit, expectedOld: effect.tip })
  return moved.status === 'checkedOut'
    ? { type: 'integration.refused', ...ids, reason: 'branchCheckedOut' }
    : { type: 'work.rebased', ...ids, tip: replay.commit, base: agent }
}

const needsWhatIsGone = (file: string) => ({
  claim:
    'The operator took work out of the integration branch that this change was built on. The workspace is made anew without it: do the task on the code as it is now.',
  severity: 'blocking' as const,
  file: file.slice(0, 1_000),
})

/** Whether a rebuild of ours led from a branch with `base` to one that `agent` continues. */
const wasRebuilt = async (host: Host, base: Oid, agent: Oid): Promise<boolean> => {
  const { repository, store } = host.project
  for (const { event } of store.events.ofType('agent.rebuilt')) {
    if (event.type !== 'agent.rebuilt' || !(await isAncestor(repository, event.to, agent))) continue
    if (await isAncestor(repository, base, event.from)) return true
  }
  return false
}

const workerOf = (host: Host, taskId: string): WorkerName =>
  (host.project.store.machines.get(taskId)!.context as { fact: { worker: WorkerName } }).fact.worker

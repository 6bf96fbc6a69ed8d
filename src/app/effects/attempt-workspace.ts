/** The workspace of an attempt: made anew on what its task rests on, kept as it was left, or rebuilt with both sides. */
import { branchNames } from '../../config/branches.ts'
import type { EffectOf } from '../../domain/effect.ts'
import { type Oid, taskNumberOf } from '../../domain/ids.ts'
import type { PlannedTask } from '../../domain/plan.ts'
import { readCommit } from '../../git/commit-read.ts'
import { rebuildForConflict } from '../../git/conflict-workspace.ts'
import { pinCommit } from '../../git/ref-write.ts'
import { branchRef, isAncestor, readRef, treeOf } from '../../git/refs.ts'
import type { Repository } from '../../git/repository.ts'
import { unlockCommand } from '../../git/unlock-workspace.ts'
import { createWorkspace } from '../../git/workspace.ts'
import { runInBox } from '../box-command.ts'
import { environmentOf } from '../environment/environment.ts'
import type { Host, RunScope } from '../host.ts'
import { refuseStricterFiles } from '../lane-of-run.ts'
import { markReady, readReady, type Seat, unmarkReady } from '../seats.ts'
import { furnish } from '../workspace.ts'

/** The branch a worker stands on inside its quarantined workspace; nothing of the operator's. */
export const workspaceBranch = (task: PlannedTask): string => `task-${taskNumberOf(task.taskId)}`

const standsOn = async (repository: Repository, tip: Oid, base: Oid): Promise<boolean> => {
  const [parent] = (await readCommit(repository, tip)).parents
  return parent !== undefined && (await isAncestor(repository, parent, base))
}

/** An agent that was killed in the middle of a git command leaves a lock, on which each of its successor's would fail. */
const unlock = async (host: Host, scope: RunScope, seat: Seat, taskId: string, signal: AbortSignal): Promise<void> => {
  const errand = {
    seat,
    taskId,
    what: 'unlock',
    name: 'unlock',
    ...unlockCommand(seat.dirs),
    readable: [],
    isOurs: true as const,
  }
  await runInBox(host, scope, errand, signal)
}

/** Where the workspace stands: made anew on `agent`'s tip, kept as the worker left it, or rebuilt with both sides. */
export const workspaceFor = async (
  host: Host,
  scope: RunScope,
  task: PlannedTask,
  effect: EffectOf<'attempt.run'>,
  seat: Seat,
  signal: AbortSignal,
): Promise<{ base: Oid; conflictFiles: string[] }> => {
  const { repository } = host.project
  const branch = workspaceBranch(task)
  const standsOnBoth = effect.agent !== null && effect.tip !== null
  const purpose = standsOnBoth ? `conflict ${effect.agent} ${effect.tip}` : 'work'
  const agent = await readRef(repository, branchRef(branchNames(scope.config.branches).agent))
  // What it was sent back with may come from files that others have brought there meanwhile.
  if (agent !== null) await refuseStricterFiles(host, scope, agent)
  const ready = await readReady(seat)
  // What a researcher left behind is nobody's work: only the same conversation goes on with it.
  const isThrownAway = task.kind === 'research' && effect.sessionId === null
  if (ready !== null && !isThrownAway && (!standsOnBoth || ready.purpose === purpose)) {
    await unlock(host, scope, seat, effect.taskId, signal)
    return { base: ready.base, conflictFiles: [] }
  }
  await unmarkReady(seat)
  // A run that only asks is about its own base, and moves no branch to it.
  const asks = scope.request.purpose === 'ask'
  const base = standsOnBoth ? effect.agent! : asks ? scope.base! : (agent ?? scope.base!)
  await refuseStricterFiles(host, scope, base)
  // Work that comes back after its seat has gone is merged into the new workspace; what it stood on must still be there.
  const merged =
    standsOnBoth || (effect.tip !== null && (await standsOn(repository, effect.tip, base))) ? effect.tip : null
  await pinCommit(repository, effect.taskId, base)
  const common = { repository, dirs: seat.dirs, branch, identity: host.identity, commit: base, base }
  const tree = await treeOf(repository, base)
  const environment = await environmentOf(host, scope, tree, signal)
  const { made: conflictFiles, handedIn } = await furnish(host, scope, seat, {
    tree,
    environment,
    checkOut: async kept => {
      if (merged !== null) return (await rebuildForConflict({ ...common, ...kept, taskTip: merged })).conflicted
      await createWorkspace({ ...common, ...kept })
      return []
    },
  })
  await markReady(seat, { base, purpose, handedIn })
  return { base, conflictFiles }
}

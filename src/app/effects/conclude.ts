/** The end of a run: workers' branches moved to their last accepted tips, pins and seats of finished tasks let go. */
import { branchNames } from '../../config/branches.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent, LoopEventOf } from '../../domain/event.ts'
import { type Oid, runIdOf } from '../../domain/ids.ts'
import type { WorkerName } from '../../domain/lane.ts'
import { integrationsBetween } from '../../git/integrate.ts'
import { moveBranch, unpinCommit } from '../../git/ref-write.ts'
import { branchRef, isAncestor, readRef } from '../../git/refs.ts'
import type { Store } from '../../store/store.ts'
import { isIn, satisfiedTaskStates } from '../../supervisor/states.ts'
import { type Host, type RunScope, scopeOf } from '../host.ts'
import { mainStateOf, mainTip } from '../main-tip.ts'
import { removeSeat, removeSeatsWhere } from '../seats.ts'
import { workSeat } from './attempt.ts'
import { lateLandings } from './late-landings.ts'

export const conclude = async (host: Host, effect: EffectOf<'run.conclude'>): Promise<LoopEvent[]> => {
  const scope = scopeOf(host, effect.runId)
  const late = await lateLandings(host, scope)
  await moveWorkerBranches(host, scope)
  for (const machine of host.project.store.machines.ofRun(effect.runId)) {
    if (machine.kind !== 'task' || !isIn(satisfiedTaskStates, machine.state)) continue
    // Its work is on its branch and in `agent`: nothing in the seat is the only copy of anything.
    const { fact } = machine.context as { fact: { worker: WorkerName } }
    await removeSeat(workSeat(host, machine.id, fact.worker))
    await unpinCommit(host.project.repository, machine.id)
  }
  // No work lies in the seats of checks and verifiers.
  const isMeant = (name: string): boolean =>
    name.startsWith(`${effect.runId}.check-`) || (name.startsWith(`${effect.runId}-`) && name.endsWith('.verify'))
  await removeSeatsWhere(host.project.paths.seats, isMeant)
  if (effect.outcome !== 'awaitingOperator') await unpinCommit(host.project.repository, effect.runId)
  const agent = await readRef(host.project.repository, branchRef(branchNames(scope.config.branches).agent))
  const around = agent === null ? {} : await surroundings(host, agent, effect.runId)
  return [...late, { type: 'run.concluded', runId: effect.runId, ...around }]
}

/** How main stands to the integration branch, and whose work is on it besides this run's. */
const surroundings = async (
  host: Host,
  agent: Oid,
  runId: string,
): Promise<Pick<LoopEventOf<'run.concluded'>, 'main' | 'alongside'>> => {
  const main = await mainTip(host)
  const state = await mainStateOf(host, main, agent)
  if (main === null) return { main: state }
  const entries = await integrationsBetween(host.project.repository, main.commit, agent)
  const others = entries.flatMap(entry =>
    entry.kind === 'integration' && runIdOf(entry.taskId) !== runId ? [entry.taskId] : [],
  )
  // A trailer is somebody's word: what the log does not know is no task of ours.
  return { main: state, alongside: others.filter(id => host.project.store.machines.get(id) !== null) }
}

/** Every tip that was ever integrated: where we may have put a worker's branch. */
const integratedTips = ({ events }: Store): Set<string> =>
  new Set(
    [...events.ofType('task.integrated'), ...events.ofType('task.reintegrated')].flatMap(({ event }) =>
      'tip' in event ? [event.tip] : [],
    ),
  )

/** Task and tip of what is integrated still, in the order it came in. */
const acceptedTips = (events: readonly LoopEvent[]): { taskId: string; tip: string }[] => {
  const tips = new Map<string, string>()
  for (const event of events) {
    if (event.type === 'task.integrated' || event.type === 'task.reintegrated') {
      tips.delete(event.taskId)
      tips.set(event.taskId, event.tip)
    }
    if (event.type === 'agent.rebuilt') for (const taskId of event.tasks) tips.delete(taskId)
  }
  return [...tips].map(([taskId, tip]) => ({ taskId, tip }))
}

/**
 * Moved once, at the end. A branch that a worktree stands on is left where it is: it only serves for looking. So is one
 * with commits that are neither on the integration branch nor were ever a task's: somebody else's work, which moving it
 * would lose. A tip that the operator has taken out is no accepted one any more.
 */
const moveWorkerBranches = async (host: Host, scope: RunScope): Promise<void> => {
  const { repository, store } = host.project
  const tips = new Map<WorkerName, string>()
  const workerOf = new Map(
    store.machines
      .ofRun(scope.runId)
      .filter(machine => machine.kind === 'task')
      .map(machine => [machine.id, (machine.context as { fact: { worker: WorkerName } }).fact.worker]),
  )
  for (const { taskId, tip } of acceptedTips(store.events.ofRun(scope.runId).map(({ event }) => event))) {
    const worker = workerOf.get(taskId)
    if (worker !== undefined) tips.set(worker, tip)
  }
  const names = branchNames(scope.config.branches)
  const agent = await readRef(repository, branchRef(names.agent))
  const ours = integratedTips(store)
  for (const [worker, tip] of tips) {
    const branch = names.worker(worker)
    const expectedOld = await readRef(repository, branchRef(branch))
    const isKept = expectedOld === null || ours.has(expectedOld)
    if (!isKept && (agent === null || !(await isAncestor(repository, expectedOld, agent)))) {
      host.log(`branch ${branch} stays where it is: it holds commits of its own`)
      continue
    }
    const moved = await moveBranch(repository, { branch, to: tip, expectedOld })
    if (moved.status !== 'moved') host.log(`branch ${branch} stays where it is: ${moved.status}`)
  }
}

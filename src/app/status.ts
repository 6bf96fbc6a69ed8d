/** What `agentlab status` tells, as data: what waits, who is at work, what lies on disk, what cleaning would free. */
import type { CleaningItem } from '../domain/cleaning.ts'
import { mendableStates } from '../git/mend-worktree.ts'
import { branchRef, countCommits, readRef } from '../git/refs.ts'
import { listRescues, type RescueRef } from '../git/rescue-refs.ts'
import { worktreeName } from '../git/worktree-state.ts'
import { isLockHeld, type LockHolder, lockHolder } from '../store/lock.ts'
import { type DiskReport, reportDisk } from './cleaning/disk-report.ts'
import { layGround } from './cleaning/ground.ts'
import { planCleaning } from './cleaning/plan.ts'
import { reviewWorktrees } from './cleaning/worktrees.ts'
import type { Project } from './project.ts'

export interface Status {
  /** null: no supervisor is alive. */
  supervisor: LockHolder | null
  /** Ids of runs that wait for the operator, and of those at work. */
  waiting: string[]
  atWork: string[]
  /** Commits on `agent` that main lacks; null where one of the branches is not there. */
  unpromoted: { branch: string; commits: number } | null
  disk: DiskReport
  /** What `gc` would remove now. */
  toClean: CleaningItem[]
  rescues: RescueRef[]
  /** Names of review worktrees that need mending. */
  broken: string[]
}

const patienceMs = 5_000

export const readStatus = async (project: Project, now: number): Promise<Status> => {
  const ground = layGround(project, { isByHand: true, now, patienceMs })
  const open = project.store.machines.openRuns(['done', 'failed', 'cancelled']).map(run => run.id)
  const disk = await reportDisk(ground)
  const planned = await planCleaning(ground)
  const { ours } = await reviewWorktrees(project)
  return {
    supervisor: isLockHeld(project.paths.lock) ? lockHolder(project.paths.lock) : null,
    waiting: open.filter(runId => ground.standing(runId) === 'waiting'),
    atWork: open.filter(runId => ground.standing(runId) === 'atWork'),
    unpromoted: await unpromotedIn(project),
    disk,
    toClean: planned.flatMap(({ item, act }) => (act === null ? [] : [item])),
    rescues: await listRescues(project.repository),
    broken: ours.filter(({ state }) => mendableStates.includes(state)).map(worktreeName),
  }
}

const unpromotedIn = async ({ repository, config }: Project): Promise<Status['unpromoted']> => {
  const branch = config.effective.branches.agent
  const agent = await readRef(repository, branchRef(branch))
  const main = repository.mainBranch === null ? null : await readRef(repository, branchRef(repository.mainBranch))
  return agent === null || main === null ? null : { branch, commits: await countCommits(repository, main, agent) }
}

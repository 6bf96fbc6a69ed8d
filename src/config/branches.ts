/** Names of our branches, from the configuration. */
import type { TaskId } from '../domain/ids.ts'
import type { WorkerName } from '../domain/lane.ts'

export interface BranchNames {
  /** The integration branch. */
  agent: string
  /** A worker's last accepted tip. */
  worker(name: WorkerName): string
  /** One task's work by one worker: `task/k3m9q2x7-2/claude`. */
  task(taskId: TaskId, worker: WorkerName): string
}

/** `branches` as in the effective configuration: the whole name of `agent`, and the prefix of all others. */
export const branchNames = (branches: { agent: string; prefix: string }): BranchNames => ({
  agent: branches.agent,
  worker: name => `${branches.prefix}${name}`,
  task: (taskId, worker) => `${branches.prefix}task/${taskId}/${worker}`,
})

/**
 * Branches beside which git can't make ours: one that is a folder of a name of ours, or lies below it. `isCaseless`: the
 * file system takes `Agent` for `agent`.
 */
export const branchesBlocking = (
  existing: Iterable<string>,
  branches: { agent: string; prefix: string },
  workers: readonly WorkerName[],
  isCaseless: boolean,
): string[] => {
  const fold = (name: string): string => (isCaseless ? name.toLowerCase() : name)
  const names = branchNames(branches)
  const files = [names.agent, ...workers.map(names.worker)].map(fold)
  const all = [...files, fold(`${branches.prefix}task/`)]
  return [...existing].filter(branch => {
    const name = fold(branch)
    return all.some(ours => ours.startsWith(`${name}/`)) || files.some(ours => name.startsWith(`${ours}/`))
  })
}

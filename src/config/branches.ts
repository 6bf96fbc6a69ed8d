/** Names of our branches, from the configuration. */
import type { TaskId } from '../domain/ids.ts'
import type { WorkerName } from '../domain/lane.ts'

export interface BranchNames {
  /** The integration branch. */
  agent: string
  /** A worker's last accepted tip. */
  worker(name: WorkerName): string
  /** Below which all tasks' branches lie. */
  taskFolder: string
  /** One task's work by one worker: `task/k3m9q2x7-2/claude`. */
  task(taskId: TaskId, worker: WorkerName): string
}

/** `branches` as in the effective configuration: the whole name of `agent`, and the prefix of all others. */
export const branchNames = (branches: { agent: string; prefix: string }): BranchNames => ({
  agent: branches.agent,
  worker: name => `${branches.prefix}${name}`,
  taskFolder: `${branches.prefix}task`,
  task: (taskId, worker) => `${branches.prefix}task/${taskId}/${worker}`,
})

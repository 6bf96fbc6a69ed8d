/** Which verified tips set out together: everything that queued while the last train was under way. No timer, no wait. */
import type { LoopEventOf } from '../domain/event.ts'
import type { TaskContext } from './task-context.ts'

interface QueueingTask {
  state: string
  context: TaskContext
}

/** The next train in the plan's order, numbered after every earlier one of the run; null while one is under way or none waits. */
export const nextTrain = (
  tasks: readonly QueueingTask[],
): Pick<LoopEventOf<'train.formed'>, 'train' | 'members'> | null => {
  const queued = tasks.filter(task => task.state === 'queued')
  if (queued.length === 0 || tasks.some(task => task.state === 'integrating')) return null
  return {
    train: 1 + Math.max(...tasks.map(task => task.context.train)),
    members: queued.map(({ context: { taskId, fact, tip, agent, tree } }) => ({
      taskId,
      worker: fact.worker,
      tip: tip!,
      agent: agent!,
      tree: tree!,
    })),
  }
}

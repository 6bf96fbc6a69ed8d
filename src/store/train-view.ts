/** What a run's trains say about its tasks: checks of a stack, and who landed with whom. */
import type { LoopEventOf } from '../domain/event.ts'
import type { TaskView } from '../domain/run-view.ts'
import type { Words } from './words.ts'

/** Green checks of a stack hold for every tip in it; whom a red one is about, the train says when it ends. */
export const foldTrainChecks = (
  tasks: readonly TaskView[],
  { at, event }: { at: number; event: LoopEventOf<'train.checked'> },
  words: Words,
): void => {
  if (event.status === 'failed') return
  const { agent, tree, status, taskIds: stack } = event
  const results = words.checkResults(event.resultsContentId, tree)
  for (const { attempts, checks, tip } of tasks.filter(one => stack.includes(one.taskId))) {
    if (tip !== null) checks.push({ at, attempt: attempts.at(-1)?.n ?? 0, tip, agent, tree, status, results, stack })
  }
}

/** Known once all of a train has landed. */
export const nameCompanions = (tasks: readonly TaskView[]): void => {
  const stackOf = (task: TaskView) => task.integrated?.stack
  for (const task of tasks) {
    const stack = stackOf(task)
    if (stack === undefined) continue
    stack.with = tasks.filter(one => one !== task && stackOf(one)?.train === stack.train).map(one => one.taskId)
  }
}

/** What the prompts of a task are made of: its statement, its dependencies' answers, the repository's instructions. */
import type { Oid } from '../domain/ids.ts'
import type { PlannedTask } from '../domain/plan.ts'
import { readInstructionFiles } from '../git/instructions.ts'
import type { ResearchAnswer } from '../workers/prompt.ts'
import { type Host, planOf } from './host.ts'
import { eventsOf } from './run-memory.ts'

/** The same text for every agent, read by us at the base: the CLIs' own loading is off. */
export const instructionsAt = async (host: Host, commit: Oid): Promise<{ path: string; text: string }[]> =>
  (await readInstructionFiles(host.project.repository, commit)).map(({ path, text, isCut }) => ({
    path,
    text: isCut ? `${text}\n(the rest is left out)` : text,
  }))

/** Answers of the research tasks that this one depends on, directly or through others. */
export const researchFor = (host: Host, task: PlannedTask): ResearchAnswer[] => {
  const runId = task.taskId.slice(0, 8)
  const plan = planOf(host, runId)
  const needed = new Set<string>()
  const visit = (taskId: string): void => {
    for (const id of plan.tasks.find(one => one.taskId === taskId)?.dependsOn ?? []) {
      if (needed.has(id)) continue
      needed.add(id)
      visit(id)
    }
  }
  visit(task.taskId)
  return plan.tasks
    .filter(one => one.kind === 'research' && needed.has(one.taskId))
    .flatMap(one => {
      const answer = answerOf(host, runId, one.taskId)
      return answer === null ? [] : [{ title: one.title, answer }]
    })
}

const answerOf = (host: Host, runId: string, taskId: string): string | null => {
  const { store } = host.project
  const finished = eventsOf(store, runId)
    .map(({ event }) => event)
    .findLast(event => event.type === 'attempt.finished' && event.taskId === taskId && event.answerContentId !== null)
  return finished?.type === 'attempt.finished' && finished.answerContentId !== null
    ? store.content.text(finished.answerContentId)
    : null
}

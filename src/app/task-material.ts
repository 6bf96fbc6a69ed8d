/** What the prompts of a task are made of: its statement, its dependencies' answers, the repository's instructions. */
import type { Oid } from '../domain/ids.ts'
import type { Laned } from '../domain/laned.ts'
import type { PlannedTask } from '../domain/plan.ts'
import { ResearchRecord } from '../domain/research.ts'
import { recordText } from '../domain/research-text.ts'
import { cleanLine } from '../domain/text.ts'
import { readInstructionFiles } from '../git/instructions.ts'
import { largeFilesOf } from '../git/lfs.ts'
import { submodulesOf } from '../git/submodules.ts'
import { readJson } from '../store/words.ts'
import type { ResearchAnswer } from '../workers/prompt.ts'
import { type Host, planOf } from './host.ts'
import { eventsOf } from './run-memory.ts'

/** The same text for every agent, read by us at the base: the CLIs' own loading is off. */
export const instructionsAt = async (host: Host, commit: Oid): Promise<{ path: string; text: string }[]> =>
  (await readInstructionFiles(host.project.repository, commit)).map(({ path, text, isCut }) => ({
    path,
    text: isCut ? `${text}\n(the rest is left out)` : text,
  }))

/** What a worker has to know about its checkout, because it is not what a clone would be. */
export const particularsAt = async (host: Host, commit: Oid): Promise<string[]> => {
  const { repository } = host.project
  const submodules = await submodulesOf(repository, commit)
  const largeFiles = (await largeFilesOf(repository, commit)).map(file => file.path)
  return [
    ...(submodules.length === 0 ? [] : [submoduleWords(submodules)]),
    ...(largeFiles.length === 0 ? [] : [largeFileWords(largeFiles)]),
  ]
}

const named = (paths: readonly string[]): string => {
  const shown = paths.slice(0, 50).map(path => JSON.stringify(cleanLine(path, 300)))
  return `${shown.join(', ')}${paths.length > shown.length ? ` and ${paths.length - shown.length} more` : ''}`
}

const submoduleWords = (paths: readonly string[]): string =>
  `These folders are submodules and are left empty: ${named(paths)}. Put nothing into them, do not fetch or remove them: no change to a submodule is taken over.`

const largeFileWords = (paths: readonly string[]): string =>
  `These files are stored with Git LFS and are here with their contents: ${named(paths)}. Read them, but leave them as they are and add none: a change to one is not taken over. git shows pointers in their place; where git puts a pointer back, copy nothing over it.`

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
      return answer === null ? [] : [{ title: one.title, answer: answerText(answer.words), lane: answer.lane }]
    })
}

/** Older runs kept plain words. */
const answerText = (kept: string): string => {
  const record = readJson(kept, ResearchRecord)
  return record === null ? kept : recordText(record)
}

const answerOf = (host: Host, runId: string, taskId: string): Laned | null => {
  const { store } = host.project
  const finished = eventsOf(store, runId)
    .map(({ event }) => event)
    .findLast(event => event.type === 'attempt.finished' && event.taskId === taskId && event.answerContentId !== null)
  return finished?.type === 'attempt.finished' && finished.answerContentId !== null
    ? store.content.laned(finished.answerContentId)
    : null
}

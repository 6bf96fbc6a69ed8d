/** `agentlab review TASK|RUN`: a worktree with the work in it, and what to look at first. Nothing of AgentLab runs there. */
import { reviewOf, reviewText } from '../../domain/review.ts'
import type { ChangedPath } from '../../domain/risky-paths.ts'
import { cleanText } from '../../domain/text.ts'
import { lineCounts, rawChanges } from '../../git/changes.ts'
import { diffText } from '../../git/diff.ts'
import type { Repository } from '../../git/repository.ts'
import type { Answer, Call } from '../call.ts'
import { type ReviewPlace, reviewPlace } from '../review-place.ts'

export const review = async (call: Call, typed: string): Promise<Answer> => {
  const place = await reviewPlace(call, typed)
  const { project, view, task, range, worktree, id } = place
  const found = reviewOf(view, task, await changedPaths(project.repository, range))
  const stat = cleanText(await diffText(project.repository, range.from, range.to, { stat: true })).trimEnd()
  return {
    text: [worktree.path, '', reviewText(found), '', stat].join('\n'),
    json: { id, ...worktree, commit: range.to, base: range.from, ...found, stat },
    remarks: nextLines(place),
  }
}

const changedPaths = async (repository: Repository, { from, to }: ReviewPlace['range']): Promise<ChangedPath[]> => {
  const [changes, counts] = await Promise.all([rawChanges(repository, from, to), lineCounts(repository, from, to)])
  const byPath = new Map(counts.map(count => [count.path, count]))
  return changes.map(({ path, status, oldMode, newMode }) => {
    const count = byPath.get(path)
    return {
      path,
      status,
      oldMode,
      newMode,
      added: count?.added ?? null,
      isBinary: count !== undefined && count.added === null,
    }
  })
}

const nextLines = ({ id, view, task }: ReviewPlace): string[] => [
  `The whole change: agentlab diff ${id}. In your editor: agentlab open ${id}`,
  ...(task !== null && task.integrated === null
    ? []
    : [
        `Not like this? agentlab reject ${task?.taskId ?? `${view.runId}-<number>`} "<why>" --back`,
        'All good? At your terminal: promote <tag>',
      ]),
]

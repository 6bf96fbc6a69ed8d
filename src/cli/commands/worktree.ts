/** `agentlab worktree [--mend]`: the linked worktrees, what is wrong with each and how it is mended. */
import { mendWorktrees, reviewWorktrees } from '../../app.ts'
import { exitCode } from '../../domain/errors.ts'
import { short } from '../../domain/measures.ts'
import { cleanLine } from '../../domain/text.ts'
import { mendableStates } from '../../git/mend-worktree.ts'
import { type WorktreeRecord, worktreeName } from '../../git/worktree-state.ts'
import type { Answer, Call } from '../call.ts'
import { alignColumns } from '../columns.ts'
import { openIfAny } from '../project.ts'
import { cureOfOthers, rescueCure } from '../worktree-words.ts'

const none = 'No review worktrees. One is made for looking at a task: agentlab review <task>'

export const worktree = async (call: Call, options: { mend?: boolean }): Promise<Answer> => {
  const project = await openIfAny(call)
  if (project === null) return { text: '', json: { worktrees: [] }, remarks: [none] }
  try {
    if (options.mend === true) return mended(await mendWorktrees(project, Date.now()))
    const { ours, others } = await reviewWorktrees(project)
    const broken = ours.filter(isMendable)
    return {
      text: alignColumns([...ours.map(record => row(record, true)), ...others.map(record => row(record, false))]).join(
        '\n',
      ),
      json: { worktrees: [...ours.map(record => data(record, true)), ...others.map(record => data(record, false))] },
      remarks: [
        ...(ours.length + others.length === 0 ? [none] : []),
        ...(broken.length === 0 ? [] : ['What is unsaved in them is kept first: agentlab worktree --mend']),
        ...others.flatMap(cureOfOthers),
        ...[...ours, ...others].flatMap(({ locks }) =>
          locks.map(lock => `If no git runs in it: rm ${cleanLine(lock, 4_000)}`),
        ),
      ],
    }
  } finally {
    project.close()
  }
}

const isMendable = ({ state }: WorktreeRecord): boolean => mendableStates.includes(state)

const row = (record: WorktreeRecord, isOurs: boolean): string[] => [
  cleanLine(worktreeName(record)),
  isOurs ? 'review' : 'yours',
  record.state,
  record.head === null ? 'unknown' : short(record.head),
  cleanLine(record.why || (record.path ?? ''), 300),
]

const data = (record: WorktreeRecord, isReview: boolean) => ({ ...record, name: worktreeName(record), isReview })

const mended = (results: Awaited<ReturnType<typeof mendWorktrees>>): Answer => ({
  text: results
    .map(({ name, mending }) =>
      mending.status === 'mended'
        ? `mended  ${cleanLine(name)}: ${mending.did}`
        : `left    ${cleanLine(name)}: ${mending.why}`,
    )
    .join('\n'),
  json: { worktrees: results.map(({ name, mending }) => ({ name, ...mending })) },
  remarks: [
    ...(results.length === 0 ? ['Nothing is to be mended.'] : []),
    ...results.flatMap(({ mending }) => (mending.rescue === null ? [] : [rescueCure(mending.rescue)])),
  ],
  exit: results.some(({ mending }) => mending.status === 'left') ? exitCode.failed : exitCode.done,
})

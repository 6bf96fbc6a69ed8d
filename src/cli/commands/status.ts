/** `agentlab status`: what waits for the operator, who is at work, what lies on disk and what could go. */

import { readStatus, type Status } from '../../app.ts'
import { amountText } from '../../domain/cleaning.ts'
import { erasedWords } from '../../domain/erasure-words.ts'
import { fileSize, many, moment } from '../../domain/measures.ts'
import { nextSteps } from '../../domain/receipt-summary.ts'
import type { RunView } from '../../domain/run-view.ts'
import { cleanLine } from '../../domain/text.ts'
import { stateWord } from '../../tui/task-line.ts'
import { shortDuration } from '../../tui/units.ts'
import type { Answer, Call } from '../call.ts'
import { alignColumns } from '../columns.ts'
import type { Paint } from '../paint.ts'
import { openIfAny, viewOf } from '../project.ts'

export const status = async (call: Call): Promise<Answer> => {
  const project = await openIfAny(call)
  if (project === null)
    return { text: '', json: null, remarks: ['No runs yet. Start one with: agentlab task "<goal>"'] }
  try {
    const now = Date.now()
    const found = await readStatus(project, now)
    const waiting = found.waiting.map(runId => viewOf(project, runId)).toSorted((a, b) => restAt(a) - restAt(b))
    const atWork = found.atWork.map(runId => viewOf(project, runId))
    const parts = [
      waitingPart(waiting, found.supervisor === null ? atWork : [], found, now, call.paint),
      workPart(atWork, found, now, call.paint),
      diskPart(found, call.paint),
      rescuePart(found, call.paint),
    ]
    const json = { ...found, waiting: waiting.map(waitOf), atWork: atWork.map(({ runId }) => runId) }
    return { text: parts.filter(part => part !== '').join('\n\n'), json, remarks: remarks(found) }
  } finally {
    project.close()
  }
}

const restAt = (view: RunView): number => view.endedAt ?? view.requestedAt

const goalOf = (view: RunView): string =>
  view.goal === null ? `(${erasedWords(view.erasedAt)})` : cleanLine(view.goal, 100)

const waitOf = (view: RunView) => ({ runId: view.runId, since: restAt(view), next: nextSteps(view) })

/** `stranded`: under way, but nobody carries them on: their supervisor was killed. */
const waitingPart = (
  views: RunView[],
  stranded: RunView[],
  { unpromoted, broken }: Status,
  now: number,
  paint: Paint,
): string => {
  const lines = [
    ...stranded.flatMap(view => [`  ${view.runId}  interrupted  ${goalOf(view)}`, `    agentlab resume ${view.runId}`]),
    ...views.flatMap(view => [
      `  ${view.runId}  for ${shortDuration(now - restAt(view))}  ${goalOf(view)}`,
      ...nextSteps(view).map(line => `    ${line.trimStart()}`),
    ]),
    ...(unpromoted === null || unpromoted.commits === 0
      ? []
      : [`  ${unpromoted.branch} has ${many(unpromoted.commits, 'commit')} that main lacks`, '    promote <tag>']),
    ...(broken.length === 0
      ? []
      : [`  broken: ${many(broken.length, 'review worktree')}`, '    agentlab worktree --mend']),
  ]
  return [paint('bold', 'waits for you'), ...(lines.length === 0 ? ['  nothing'] : lines)].join('\n')
}

const workPart = (views: RunView[], { supervisor }: Status, now: number, paint: Paint): string => {
  const who =
    supervisor === null
      ? 'no supervisor is alive'
      : `supervisor: process ${supervisor.pid}, since ${moment(supervisor.since)}`
  return [
    paint('bold', 'at work'),
    `  ${who}`,
    ...views.map(
      view => `  ${view.runId}  ${stateWord(view.state)} for ${shortDuration(now - view.requestedAt)}  ${goalOf(view)}`,
    ),
  ].join('\n')
}

const runsShown = 10

const diskPart = ({ disk, toClean }: Status, paint: Paint): string => {
  const more = disk.runs.length - runsShown
  const runs = disk.runs
    .slice(0, runsShown)
    .map(run => [
      `  run ${run.runId} (${run.state === null ? 'not known here' : stateWord(run.state)})`,
      fileSize(run.seats === null || run.transcripts === null ? null : run.seats + run.transcripts + run.content),
      `seats ${fileSize(run.seats)}, transcripts ${fileSize(run.transcripts)}, words ${fileSize(run.content)}`,
    ])
  const rest = [
    ['  checks and set-ups', fileSize(disk.errands), ''],
    ['  environments', fileSize(disk.environments.bytes), many(disk.environments.count, 'environment')],
    ['  review worktrees', fileSize(disk.worktrees.bytes), many(disk.worktrees.count, 'worktree')],
    ['  store', fileSize(disk.store), 'words included'],
    ['  all together', fileSize(disk.total), ''],
  ]
  const table = alignColumns([...runs, ...rest], [1])
  const [shown, others] = [table.slice(0, runs.length), table.slice(runs.length)]
  return [
    paint('bold', 'on disk'),
    ...shown,
    ...(more > 0 ? [`  … and ${many(more, 'run')} with less`] : []),
    ...others,
    toClean.length === 0 ? '  nothing could go' : `  could go: ${amountText(toClean)}: agentlab gc --dry-run`,
  ].join('\n')
}

const rescuePart = ({ rescues }: Status, paint: Paint): string =>
  rescues.length === 0
    ? ''
    : [
        paint('bold', 'rescued work'),
        ...rescues.flatMap(({ ref, at, title }) => [
          `  ${ref}  ${moment(at)}  ${cleanLine(title, 100)}`,
          `    git show ${ref}`,
        ]),
        '  to work on: git worktree add ../rescued <ref>; to drop: git update-ref -d <ref>',
      ].join('\n')

const remarks = ({ disk }: Status): string[] =>
  disk.total === null ? ['Some of it could not be measured: it is not readable, or it took longer than 5 seconds.'] : []

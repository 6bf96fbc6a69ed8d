/** `agentlab diff TASK|RUN [--stat] [--tool CMD]`: a task's work against its base, or a run's against where `agent` stood. */
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { Oid } from '../../domain/ids.ts'
import { short } from '../../domain/measures.ts'
import type { RunView, TaskView } from '../../domain/run-view.ts'
import { cleanText, cutLines } from '../../domain/text.ts'
import { diffText } from '../../git/diff.ts'
import { hasObject } from '../../git/refs.ts'
import type { Answer, Call } from '../call.ts'
import { paintDiff } from '../diff-paint.ts'
import { showInTool } from '../diff-tool.ts'
import { type NearProject, openNear } from '../near-store.ts'
import { paged } from '../pager.ts'
import { runOrTaskNamed, viewOf } from '../project.ts'

export interface DiffOptions {
  stat?: boolean
  /** The operator's own program, as one string of plain words. */
  tool?: string
  /** false: --no-pager. */
  pager?: boolean
}

export const diff = async (call: Call, id: string, options: DiffOptions): Promise<Answer> => {
  const project = await openNear(call)
  const { runId, taskId } = runOrTaskNamed(project, id)
  const view = viewOf(project!, runId)
  const range = rangeOf(view, view.tasks.find(task => task.taskId === taskId) ?? null)
  if (range === null) return { text: '', json: { id: taskId ?? runId, diff: null }, remarks: [nothingYet(view)] }
  if (options.tool !== undefined) {
    await showInTool(call, project!, range, options.tool)
    return { text: '', json: { id: taskId ?? runId, ...range, tool: options.tool } }
  }
  await refuseLost(project!, taskId ?? runId, runId, range)
  const text = cleanText(await diffText(project!.repository, range.from, range.to, { stat: options.stat === true }))
  // A line of a megabyte would fill a terminal for minutes; a file or a pipe gets all of it.
  const shown = call.out.isTTY ? cutLines(text.trimEnd(), longestLine) : text.trimEnd()
  const isCut = shown.length < text.trimEnd().length
  const answer: Answer = {
    text: options.stat === true ? shown : paintDiff(shown, call.paint),
    json: { id: taskId ?? runId, ...range, diff: text },
    remarks: [
      ...(text === '' ? ['The two commits hold the same files.'] : []),
      ...(isCut ? [`Long lines were cut. All of it: agentlab diff ${taskId ?? runId} > FILE`] : []),
    ],
  }
  return paged(call, answer, options.pager !== false)
}

const longestLine = 2_000

/** Nothing of ours removes them as long as a branch holds them, but branches are the operator's. */
const refuseLost = async (
  { repository }: NearProject,
  id: string,
  runId: string,
  { from, to }: { from: Oid; to: Oid },
): Promise<void> => {
  for (const commit of [from, to]) {
    if (await hasObject(repository, commit)) continue
    throw new AgentLabError(`diff failed on ${id}: git has no commit ${short(commit)} any more`, {
      code: 'work-gone',
      cure: `What was judged is on the receipt: agentlab receipt ${runId}`,
    })
  }
}

/** From where to where; null when there is no work yet. */
export const rangeOf = (view: RunView, task: TaskView | null): { from: Oid; to: Oid } | null => {
  if (task !== null) {
    if (task.kind === 'research') throw noDiff(task)
    return task.base === null || task.tip === null ? null : { from: task.base, to: task.tip }
  }
  const integrated = view.tasks.flatMap(one => (one.integrated === null ? [] : [one.integrated]))
  const last = integrated.toSorted((a, b) => a.at - b.at).at(-1)
  return view.base === null || last === undefined ? null : { from: view.base, to: last.commit }
}

const noDiff = (task: TaskView): AgentLabError =>
  new AgentLabError(`diff failed on ${task.taskId}: it is a research task, which changes nothing`, {
    code: 'no-diff',
    cure: `Read its answer: agentlab show ${task.taskId}`,
    exit: exitCode.wrongUse,
  })

const nothingYet = (view: RunView): string => `No work to compare yet. Where it stands: agentlab show ${view.runId}`

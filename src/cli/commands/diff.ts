/** `agentlab diff TASK|RUN [--stat] [--tool CMD]`: a task's work against its base, or a run's against where `agent` stood. */
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { Oid } from '../../domain/ids.ts'
import type { RunView, TaskView } from '../../domain/run-view.ts'
import { cleanText } from '../../domain/text.ts'
import { diffText } from '../../git/diff.ts'
import type { Answer, Call } from '../call.ts'
import { paintDiff } from '../diff-paint.ts'
import { showInTool } from '../diff-tool.ts'
import { openNear } from '../near-store.ts'
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
  const text = cleanText(await diffText(project!.repository, range.from, range.to, { stat: options.stat === true }))
  const answer: Answer = {
    text: options.stat === true ? text.trimEnd() : paintDiff(text.trimEnd(), call.paint),
    json: { id: taskId ?? runId, ...range, diff: text },
    remarks: text === '' ? ['The two commits hold the same files.'] : [],
  }
  return paged(call, answer, options.pager !== false)
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

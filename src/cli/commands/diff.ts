/** `agentlab diff TASK|RUN [--stat]`: a task's work against its base, or a run's against where `agent` stood. */
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { Oid } from '../../domain/ids.ts'
import type { RunView, TaskView } from '../../domain/run-view.ts'
import { cleanText } from '../../domain/text.ts'
import { diffText } from '../../git/diff.ts'
import type { Answer, Call } from '../call.ts'
import type { Paint } from '../paint.ts'
import { openIfAny, runOrTaskNamed, viewOf } from '../project.ts'

export const diff = async (call: Call, id: string, options: { stat?: boolean }): Promise<Answer> => {
  const project = await openIfAny(call)
  const { runId, taskId } = runOrTaskNamed(project, id)
  const view = viewOf(project!, runId)
  const range = rangeOf(view, view.tasks.find(task => task.taskId === taskId) ?? null)
  if (range === null) return { text: '', json: { id: taskId ?? runId, diff: null }, remarks: [nothingYet(view)] }
  const text = cleanText(await diffText(project!.repository, range.from, range.to, { stat: options.stat === true }))
  return {
    text: options.stat === true ? text.trimEnd() : paintDiff(text.trimEnd(), call.paint),
    json: { id: taskId ?? runId, ...range, diff: text },
    remarks: text === '' ? ['The two commits hold the same files.'] : [],
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

const paintDiff = (text: string, paint: Paint): string =>
  text
    .split('\n')
    .map(line => {
      if (line.startsWith('@@')) return paint('cyan', line)
      if (/^(?:diff |index |--- |\+\+\+ )/.test(line)) return paint('bold', line)
      if (line.startsWith('+')) return paint('green', line)
      return line.startsWith('-') ? paint('red', line) : line
    })
    .join('\n')

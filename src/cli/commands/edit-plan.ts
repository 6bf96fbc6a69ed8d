/** `agentlab edit-plan RUN`: adds, drops, reorders, reassigns and rewords tasks that have not begun. */
import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Editing, editingOf, type Project, sendPlanEdit } from '../../app.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { RunId } from '../../domain/ids.ts'
import { editPlan } from '../../planner/edit-plan.ts'
import type { Answer, Call } from '../call.ts'
import { editInEditor, editorOf, keepText } from '../edited-text.ts'
import { readNamedFile, readStandardInput } from '../goal.ts'
import { planJson, planYaml } from '../plan-answer.ts'
import { openIfAny, runNamed, viewOf } from '../project.ts'

export interface EditPlanOptions {
  file?: string
  print?: boolean
}

export const editPlanOf = async (call: Call, id: string, options: EditPlanOptions): Promise<Answer> => {
  const opened = await openIfAny(call)
  const runId = runNamed(opened, id)
  const project = opened!
  const { outcome, state } = viewOf(project, runId)
  // Told before an editor opens: what is typed there would be for nothing.
  if (options.print !== true && outcome !== null && outcome !== 'awaitingOperator')
    throw refused(runId, 'run-ended', `it has ended (${state}), so there is nothing to edit`)
  const editing = editingOf(project.store, runId)
  if (editing === null) throw refused(runId, 'no-plan', 'it has no plan yet, or its words were erased')
  const now = planYaml(editing.current, remarks(runId), { withIds: true, fixed: editing.fixed })
  if (options.print === true) return { text: now.trimEnd(), json: planJson(runId, editing.current, now) }
  refuseEnded(project, runId)
  const { text, path } = await editedText(call, project, runId, now, options)
  try {
    return await handIn(project, runId, editing, text, path)
  } catch (error) {
    if (!(error instanceof AgentLabError)) throw error
    if (error.code !== 'plan-unchanged') throw withKeptText(error, runId, path)
    await removeOurs(project, path)
    throw error
  }
}

/** A file the operator named stays; one of ours has served. */
const removeOurs = async (project: Project, path: string): Promise<void> => {
  if (path.startsWith(project.dataDir)) await rm(path, { force: true })
}

/** Before an editor is opened: nobody should write in vain. */
const refuseEnded = ({ store }: Project, runId: RunId): void => {
  const state = store.machines.get(runId)?.state ?? ''
  if (['done', 'failed', 'cancelled'].includes(state))
    throw refused(runId, 'run-ended', `it has ended (${state}), so nothing of its plan can change any more`)
}

const remarks = (runId: RunId): string[] => [
  '',
  `The plan of run ${runId}. Tasks without a remark can be dropped, changed, reordered and given to another worker.`,
  'A task keeps its id; leave the id of a new one out. dependsOn names keys.',
]

const refused = (runId: RunId, code: string, why: string): AgentLabError =>
  new AgentLabError(`edit-plan failed on ${runId}: ${why}`, {
    code,
    cure: `See where it stands: agentlab show ${runId}`,
    exit: exitCode.wrongUse,
  })

/** The text and the file it lies in: the operator's own, or one of ours. */
const editedText = async (
  call: Call,
  project: Project,
  runId: RunId,
  now: string,
  { file }: EditPlanOptions,
): Promise<{ text: string; path: string }> => {
  if (file === '-') {
    const text = await readStandardInput(process.stdin)
    return { text, path: await keepText(project.dataDir, runId, text) }
  }
  if (file !== undefined)
    return { text: await readNamedFile(call.cwd, file, '--file', { who: 'edit-plan' }), path: resolve(call.cwd, file) }
  if (process.stdin.isTTY !== true || !call.out.isTTY) {
    throw new AgentLabError('edit-plan failed on opening an editor: this is no terminal', {
      code: 'no-terminal',
      cure: `Print it, edit it, give it back: agentlab edit-plan ${runId} --print > plan.yaml, then --file plan.yaml`,
      exit: exitCode.wrongUse,
    })
  }
  const editor = editorOf(call.env)
  const path = await keepText(project.dataDir, runId, now)
  const text = await editInEditor(call, editor, path).catch(async (error: unknown) => {
    if ((await readFile(path, 'utf8').catch(() => now)) === now) await rm(path, { force: true })
    throw error instanceof AgentLabError ? withKeptText(error, runId, path) : error
  })
  if (text !== now) return { text, path }
  await rm(path, { force: true })
  throw refused(runId, 'plan-unchanged', 'the text is as it was, so nothing is changed')
}

/** The same failure, with the line that gives the text once more; where the text is gone, for it was as before, as it is. */
const withKeptText = (error: AgentLabError, runId: RunId, path: string): AgentLabError => {
  if (!existsSync(path)) return error
  const { message, code, exit } = error
  const cure = `Your text is kept. Correct it and give it again: agentlab edit-plan ${runId} --file ${path}`
  return new AgentLabError(message, { code, exit, cure, cause: error })
}

/** What can be told here is told here; the supervisor looks once more, for the run goes on meanwhile. */
const handIn = async (
  project: Project,
  runId: RunId,
  editing: Editing,
  text: string,
  path: string,
): Promise<Answer> => {
  const edited = editPlan(text, path, editing)
  if (!edited.ok) throw refused(runId, 'plan-invalid', edited.problem)
  if (edited.isUnchanged) throw refused(runId, 'plan-unchanged', 'the plan is as it was, so nothing is changed')
  const view = viewOf(project, runId)
  const answer = await sendPlanEdit(project, view, { text, fromHash: editing.current.hash })
  if (!answer.accepted)
    throw new AgentLabError(`edit-plan failed on ${runId}: ${answer.text}`, { code: 'command-refused' })
  await removeOurs(project, path)
  const next = view.waitReason === 'planReview' ? [`It waits for your approval: agentlab approve ${runId}`] : []
  return { text: answer.text, json: { runId, ...answer, dropped: edited.dropped }, remarks: next }
}

/** The operator's commands about a plan, answered: approval, showing it anew, the answer to a question, an edit. */
import { AgentLabError } from '../domain/errors.ts'
import type { LoopEvent } from '../domain/event.ts'
import { many, moment } from '../domain/measures.ts'
import { type Edited, editPlan } from '../planner/edit-plan.ts'
import type { Command, CommandAnswer } from '../store/commands.ts'
import type { MachineRow } from '../store/machines.ts'
import type { RunContext } from '../supervisor/run-context.ts'
import { type Host, scopeOf } from './host.ts'
import { stricterPlan } from './lane-of-run.ts'
import { type Editing, editingOf } from './plan-editing.ts'
import { recordPlan } from './plan-record.ts'

export type PlanCommand = Extract<Command, { kind: 'approve' | 'renewPlan' | 'answer' | 'editPlan' }>

const kinds: readonly string[] = ['approve', 'renewPlan', 'answer', 'editPlan']

export const isPlanCommand = (command: Command): command is PlanCommand => kinds.includes(command.kind)

export interface Intake {
  host: Host
  /** Handles the event in the same transaction as the answer. */
  tell(event: LoopEvent): void
  commandId: string
  run: MachineRow
}

const refused = (text: string): CommandAnswer => ({ accepted: false, text })

export const decidePlanCommand = (intake: Intake, command: PlanCommand): CommandAnswer => {
  try {
    if (command.kind === 'answer') return answer(intake, command)
    const editing = editingOf(intake.host.project.store, command.runId)
    if (editing === null) return refused(`Run ${command.runId} has no plan yet, or its words were erased.`)
    if (command.kind === 'editPlan') return edit(intake, command, editing)
    return approveOrRenew(intake, command, editing)
  } catch (error) {
    // A text or a run that can't be read is the command's failure, not the supervisor's.
    if (error instanceof AgentLabError) return refused(error.message)
    throw error
  }
}

/** Until when what was made, edited or shown at `freshAt` can be approved; epoch milliseconds. */
export const approvableUntil = (freshAt: number, approvalHours: number): number => freshAt + approvalHours * 3_600_000

const waitsFor = ({ run }: Intake, reason: string): boolean =>
  run.state === 'awaitingOperator' && (run.context as RunContext).waitReason === reason

const answer = (intake: Intake, command: Extract<PlanCommand, { kind: 'answer' }>): CommandAnswer => {
  const { runId, answerContentId } = command
  if (!waitsFor(intake, 'plannerAsks')) return refused(`Run ${runId} asks nothing now (it is ${intake.run.state}).`)
  intake.tell({ type: 'operator.answered', runId, commandId: intake.commandId, answerContentId })
  return { accepted: true, text: `Run ${runId} has its answer and plans on.` }
}

const approveOrRenew = (
  intake: Intake,
  { kind, runId, hash }: Extract<PlanCommand, { kind: 'approve' | 'renewPlan' }>,
  { current }: Editing,
): CommandAnswer => {
  const { host, tell, commandId } = intake
  const show = `See it as it is now: agentlab approve ${runId}`
  if (!waitsFor(intake, 'planReview'))
    return refused(`No plan of run ${runId} waits for approval (it is ${intake.run.state}).`)
  if (!current.hash.startsWith(hash))
    return refused(`The plan is not the one you were shown: its hash is ${current.hash.slice(0, 12)}. ${show}`)
  if (kind === 'renewPlan') {
    tell({ type: 'plan.renewed', runId, commandId, hash: current.hash })
    return { accepted: true, text: `The plan of run ${runId} was shown anew.` }
  }
  const { approvalHours } = scopeOf(host, runId).config.planner
  const until = approvableUntil(current.freshAt, approvalHours)
  if (host.now() > until) return refused(`The time to approve this plan ended at ${moment(until)}. ${show}`)
  tell({ type: 'plan.approved', runId, commandId, hash: current.hash })
  return { accepted: true, text: `The plan ${current.hash.slice(0, 12)} is approved; run ${runId} begins.` }
}

const edit = (intake: Intake, command: Extract<PlanCommand, { kind: 'editPlan' }>, editing: Editing): CommandAnswer => {
  const { host, run } = intake
  const { runId } = command
  if (run.state === 'concluding') return refused(`Run ${runId} is just coming to rest; ask again once it has.`)
  if (!['working', 'awaitingOperator'].includes(run.state))
    return refused(`Run ${runId} has nothing to edit: it is ${run.state}.`)
  const text = host.project.store.content.text(command.textContentId)
  if (text === null) return refused('The edited text was erased.')
  if (editing.current.hash !== command.fromHash)
    return refused(
      `The plan was edited from elsewhere meanwhile. Bring both together: agentlab edit-plan ${runId} --print`,
    )
  const edited = editPlan(text, 'the edited plan', editing)
  if (!edited.ok) return refused(`${edited.problem}.`)
  if (edited.isUnchanged) return refused('The plan is as it was: nothing is changed.')
  const { dropped } = edited
  const scope = scopeOf(host, runId)
  const demand = stricterPlan(scope, edited.plan)
  if (demand !== null) return refused(demand)
  const facts = recordPlan(host, scope, edited.plan)
  intake.tell({ type: 'plan.edited', runId, commandId: intake.commandId, ...facts, dropped })
  return { accepted: true, text: `Run ${runId} goes by the edited plan: ${changeWords(edited, editing)}.` }
}

/** `3 tasks (1 added, 1 dropped)`. */
const changeWords = ({ plan, dropped }: Extract<Edited, { ok: true }>, { plan: before }: Editing): string => {
  const added = plan.tasks.filter(task => !before.tasks.some(one => one.taskId === task.taskId)).length
  const words = [added > 0 ? `${added} added` : '', dropped.length > 0 ? `${dropped.length} dropped` : '']
  const more = words.filter(word => word !== '').join(', ')
  return `${many(plan.tasks.length, 'task')}${more === '' ? '' : ` (${more})`}`
}

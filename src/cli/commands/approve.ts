/** `agentlab approve RUN`: shows the plan that waits, and approves exactly the one that was shown. */
import { approvableUntil, type Project, runConfig } from '../../app.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { RunId } from '../../domain/ids.ts'
import { moment } from '../../domain/measures.ts'
import type { CurrentPlan } from '../../store/current-plan.ts'
import { askLine, canAsk } from '../ask.ts'
import { askSupervisor } from '../ask-supervisor.ts'
import type { Answer, Call } from '../call.ts'
import { planJson, planOfRun, planYaml } from '../plan-answer.ts'
import { openIfAny, runNamed, viewOf } from '../project.ts'
import { watchRun } from '../watch-run.ts'

export interface ApproveOptions {
  hash?: string
  detach?: boolean
}

export const approve = async (call: Call, id: string, options: ApproveOptions): Promise<Answer> => {
  const given = options.hash === undefined ? null : checkedHash(options.hash)
  const opened = await openIfAny(call)
  const runId = runNamed(opened, id)
  const project = opened!
  const hash = given ?? (await shownAndAgreed(call, project, runId))
  if (typeof hash !== 'string') return hash
  const answer = await askSupervisor(project, { kind: 'approve', runId, hash }, 'approve')
  call.talk.write(`${answer.text}\n`)
  if (options.detach !== true) return watchRun(call, project, runId, false)
  return {
    text: runId,
    json: { runId, ...answer },
    remarks: ['It goes on in the background. Watch it: agentlab runs -f'],
  }
}

const checkedHash = (text: string): string => {
  const hash = text.trim().toLowerCase()
  if (/^[0-9a-f]{12,64}$/.test(hash)) return hash
  throw new AgentLabError(`approve failed on --hash ${JSON.stringify(text.slice(0, 80))}: it is no hash of a plan`, {
    code: 'wrong-use',
    cure: 'Give at least the first 12 digits of the hash that agentlab approve RUN shows.',
    exit: exitCode.wrongUse,
  })
}

/** Shows the plan; at a terminal asks for consent and gives the hash of what was shown, else says what to type. */
const shownAndAgreed = async (call: Call, project: Project, runId: RunId): Promise<string | Answer> => {
  const view = viewOf(project, runId)
  if (view.waitReason !== 'planReview') {
    throw new AgentLabError(`approve failed on ${runId}: no plan of it waits for approval`, {
      code: 'nothing-to-approve',
      cure: `See where it stands: agentlab show ${runId}`,
    })
  }
  const current = planOfRun(project, runId, 'approve')
  const until = await renewedUntil(project, runId, current)
  const short = current.hash.slice(0, 12)
  const shown = `${planYaml(current, [], { withIds: true })}\n# ${current.hash}`
  const facts = [`The plan's hash is ${short}; it can be approved until ${moment(until)}.`]
  const change = `Change it first: agentlab edit-plan ${runId}`
  if (!canAsk(call)) {
    const remarks = [...facts, `Approve exactly this plan: agentlab approve ${runId} --hash ${short}`, change]
    return {
      text: shown,
      json: { ...planJson(runId, current, planYaml(current, [], { withIds: true })), approvableUntil: until },
      remarks,
      exit: exitCode.awaitingOperator,
    }
  }
  call.out.write(`${shown}\n`)
  call.talk.write(`${facts.join('\n')}\n`)
  const said = await askLine(call, 'Approve this plan and begin? yes or no', 'no', text =>
    /^(?:y(?:es)?|no?)$/i.test(text),
  )
  if (/^y/i.test(said)) return current.hash
  return { text: '', json: null, remarks: ['Not approved; nothing begins.', change], exit: exitCode.awaitingOperator }
}

/** Until when what is shown now can be approved; where the time had passed, showing it begins it anew. */
const renewedUntil = async (project: Project, runId: RunId, { freshAt, hash }: CurrentPlan): Promise<number> => {
  const hours = runConfig(project.store, runId)?.planner.approvalHours ?? 0
  const until = approvableUntil(freshAt, hours)
  if (until > Date.now()) return until
  await askSupervisor(project, { kind: 'renewPlan', runId, hash }, 'approve')
  return approvableUntil(Date.now(), hours)
}

/** `agentlab reject TASK "<why>"`: takes integrated work out of the integration branch; closes it or gives it back. */
import { type Project, requestRejection } from '../../app.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { LoopEventOf } from '../../domain/event.ts'
import { runIdOf, type TaskId } from '../../domain/ids.ts'
import { short } from '../../domain/measures.ts'
import { explainRebuild } from '../../domain/outcome.ts'
import { cleanText } from '../../domain/text.ts'
import { removeReviewWorktree } from '../../git/review-worktree.ts'
import type { Answer, Call } from '../call.ts'
import { openIfAny, runOrTaskNamed } from '../project.ts'
import { watchRun } from '../watch-run.ts'

export interface RejectOptions {
  back?: boolean
  withDependents?: boolean
  detach?: boolean
}

const maxWhy = 4_000

export const reject = async (call: Call, id: string, why: string, options: RejectOptions): Promise<Answer> => {
  const reason = checkWhy(why)
  const project = await openIfAny(call)
  const { runId, taskId } = runOrTaskNamed(project, id)
  if (taskId === null) throw wrongUse(`${runId} is a run`, `Name one of its tasks: agentlab show ${runId}`)
  const back = options.back === true
  const wish = { taskId, why: reason, back, withDependents: options.withDependents === true }
  const { answer, outcome } = await requestRejection(project!, wish)
  if (outcome === null) {
    throw new AgentLabError(`reject failed on ${taskId}: ${answer.text}`, {
      code: 'command-refused',
      cure: `See where it stands: agentlab show ${taskId}`,
    })
  }
  if (outcome.type !== 'agent.rebuilt') throw notRebuilt(project!, taskId, outcome)
  const remarks = [
    ...(await letGo(project!, [...outcome.tasks, runId])),
    `The branch as it was before: refs/agentlab/before/${taskId}`,
  ]
  const said = `${outcome.tasks.join(', ')} ${outcome.tasks.length === 1 ? 'is' : 'are'} out: the integration branch went from ${short(outcome.from)} to ${short(outcome.to)}.`
  const json = { taskId, rejected: outcome.tasks, back: outcome.back, from: outcome.from, to: outcome.to }
  if (back && options.detach !== true) {
    call.talk.write(`${said}\n${remarks.join('\n')}\n${taskId} is back with its worker.\n`)
    return watchRun(call, project!, runIdOf(taskId), false)
  }
  return { text: said, json, remarks: [...remarks, whatNext(taskId, back)] }
}

const whatNext = (taskId: TaskId, back: boolean): string =>
  back
    ? `It is back with its worker. Watch it: agentlab runs -f`
    : `Its work stays on its task branch: agentlab diff ${taskId}`

const checkWhy = (why: string): string => {
  const reason = cleanText(why).trim()
  if (reason === '')
    throw wrongUse('it says no reason', 'Say why: agentlab reject TASK "The total is rounded the wrong way"')
  if (reason.length > maxWhy)
    throw wrongUse(`the reason has ${reason.length} characters, more than ${maxWhy}`, 'Say it in fewer words.')
  return reason
}

const wrongUse = (why: string, cure: string): AgentLabError =>
  new AgentLabError(`reject failed on its arguments: ${why}`, { code: 'wrong-use', cure, exit: exitCode.wrongUse })

/** Nothing has changed; what stands in the way is said by name. */
const notRebuilt = (
  { store }: Project,
  taskId: TaskId,
  event: LoopEventOf<'rebuild.refused'> | LoopEventOf<'effect.failed'>,
): AgentLabError => {
  const detail = event.contentId === null ? null : store.content.text(event.contentId)
  const named = detail === null ? '' : `\n${cleanText(detail)}`
  if (event.type === 'effect.failed')
    return new AgentLabError(`reject failed on ${taskId}: AgentLab itself failed; the task stays${named}`, {
      code: 'rebuild-failed',
      cure: 'Mend it, then ask again.',
    })
  const { sentence, cure } = explainRebuild(event.reason)
  return new AgentLabError(`reject failed on ${taskId}: it stays, because ${sentence}${named}`, {
    code: `rebuild-${event.reason.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`,
    cure,
  })
}

/** The worktrees for looking at what is gone: those that hold nothing of the operator's. */
const letGo = async ({ repository }: Project, ids: readonly string[]): Promise<string[]> => {
  const removed = await Promise.all(ids.map(id => removeReviewWorktree(repository, id)))
  return removed.flatMap(one => {
    if (one === null) return []
    return [one.status === 'removed' ? `Removed: ${one.path}` : `Kept: ${one.path}, because ${one.why}`]
  })
}

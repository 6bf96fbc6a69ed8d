/** The operator's no from a command's side: looks first, asks, and waits for what became of the integration branch. */
import { branchNames } from '../config/branches.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { LoopEventOf } from '../domain/event.ts'
import { newContentId, type Oid, runIdOf, type TaskId } from '../domain/ids.ts'
import { createRedactor } from '../domain/redaction/redactor.ts'
import { integrationsBetween } from '../git/integrate.ts'
import { branchRef, isAncestor, readRef } from '../git/refs.ts'
import type { CommandAnswer } from '../store/commands.ts'
import { contentRow } from '../store/content.ts'
import { readRunView } from '../store/run-view.ts'
import { type SendOptions, sendCommand } from './client.ts'
import { silentError, supervisorKeeper } from './keep-supervisor.ts'
import { ownSecrets } from './own-secrets.ts'
import type { Project } from './project.ts'

export interface Rejection {
  taskId: TaskId
  /** Why: a finding for the worker, and for whoever reads the receipt. */
  why: string
  back: boolean
  withDependents: boolean
}

type Outcome = LoopEventOf<'agent.rebuilt'> | LoopEventOf<'rebuild.refused'> | LoopEventOf<'effect.failed'>

/**
 * Asks for it and waits until the branch has been rebuilt or that was refused; `outcome` is null where the command was.
 * @throws AgentLabError `no-branch`, `not-integrated`, `promoted-already` (exit 2), `supervisor-silent`
 */
export const requestRejection = async (
  project: Project,
  { taskId, why, back, withDependents }: Rejection,
  options: SendOptions = { startSupervisor: true },
): Promise<{ answer: CommandAnswer; outcome: Outcome | null }> => {
  const { store } = project
  const runId = runIdOf(taskId)
  if (store.imports.of(runId) !== null)
    throw refused(
      taskId,
      'imported',
      `run ${runId} was imported: it is here to be read`,
      'Take it out where it was made.',
    )
  const agent = await standingAt(project, taskId)
  const view = readRunView(store, runId)!
  const findingsContentId = newContentId(Math.random)
  const since = store.events.lastSeq()
  const claim = createRedactor(await ownSecrets(project)).redact(why)
  const text = JSON.stringify([{ claim, severity: 'blocking' }])
  store.content.add(contentRow(view, { id: findingsContentId, taskId, kind: 'findings', at: Date.now(), text }))
  const command = { kind: 'reject' as const, runId, taskId, back, withDependents, agent, findingsContentId }
  const answer = await sendCommand(project, command, options)
  return { answer, outcome: answer.accepted ? await outcomeAfter(project, runId, since, options) : null }
}

const refused = (taskId: TaskId, code: string, why: string, cure: string): AgentLabError =>
  new AgentLabError(`reject failed on ${taskId}: ${why}`, { code, cure, exit: exitCode.wrongUse })

/** Where the integration branch stands, with the task on it and main without it. */
const standingAt = async (project: Project, taskId: TaskId): Promise<Oid> => {
  const { repository, config } = project
  const branch = branchNames(config.effective.branches).agent
  const agent = await readRef(repository, branchRef(branch))
  if (agent === null)
    throw refused(taskId, 'no-branch', `there is no branch ${branch}`, 'Start a run first: agentlab task "<goal>"')
  const task = readRunView(project.store, runIdOf(taskId))!.tasks.find(one => one.taskId === taskId)
  const main = repository.mainBranch === null ? null : await readRef(repository, branchRef(repository.mainBranch))
  if (task?.integrated == null || main === null) return agent
  const entries = await integrationsBetween(repository, main, agent)
  if (entries.some(entry => entry.kind === 'integration' && entry.taskId === taskId)) return agent
  if (await isAncestor(repository, task.integrated.commit, main))
    throw refused(
      taskId,
      'promoted-already',
      `${repository.mainBranch} holds it already, and what you promoted is yours`,
      `Take it back on ${repository.mainBranch} yourself: git revert -m 1 ${task.integrated.commit.slice(0, 10)}`,
    )
  throw refused(
    taskId,
    'not-integrated',
    `it is not on ${branch} any more: the branch was moved by hand`,
    `See what is on it: git log --first-parent ${branch}`,
  )
}

const pollMs = 40

/** What the log says next about this run's rebuild; the supervisor is kept running meanwhile. */
const outcomeAfter = async (project: Project, runId: string, since: number, options: SendOptions): Promise<Outcome> => {
  const keepAlive = supervisorKeeper(project)
  for (;;) {
    for (const { event } of project.store.events.ofRun(runId, since)) {
      if (event.type === 'agent.rebuilt' || event.type === 'rebuild.refused') return event
      if (event.type === 'effect.failed' && event.effect === 'agent.rebuild') return event
    }
    if (options.startSupervisor && !keepAlive(project.store.events.lastSeq()))
      throw await silentError(project, `See where it stands: agentlab show ${runId}`)
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}

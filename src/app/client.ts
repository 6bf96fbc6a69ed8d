/** The commands' side: appends a row, waits for the answering row while a supervisor is kept running, follows the store. */

import { newContentId, newRunId } from '../domain/ids.ts'
import { createRedactor } from '../domain/redaction/redactor.ts'
import type { RepositoryNote } from '../domain/repository-note.ts'
import type { RunRequest } from '../domain/run-request.ts'
import type { RunView } from '../domain/run-view.ts'
import type { Command, CommandAnswer } from '../store/commands.ts'
import { type ContentKind, contentRow } from '../store/content.ts'
import { readRunView } from '../store/run-view.ts'
import { newRowId } from '../store/store.ts'
import { isIn, restingRunStates } from '../supervisor/states.ts'
import { admitRun } from './admission.ts'
import { configContent } from './host.ts'
import { silentError, supervisorKeeper } from './keep-supervisor.ts'
import { planWithoutSecrets } from './kept-plan.ts'
import { ownSecrets } from './own-secrets.ts'
import { planRun, type RunWish } from './plan-run.ts'
import type { Project } from './project.ts'

/** Asks for a run and waits until a supervisor has taken it. What can be refused is refused before anything is written. */
export const requestRun = async (
  project: Project,
  wish: RunWish,
  options: SendOptions = { startSupervisor: true },
): Promise<{ runId: string; answer: CommandAnswer; notes: RepositoryNote[] }> => {
  const notes = await admitRun(project, wish.planText)
  const planned = await planRun(project, wish)
  const runId = newRunId(Math.random)
  const { content } = project.store
  const redactor = createRedactor(await ownSecrets(project))
  // What is carried out as it stands, configuration and scenario, is kept as it stands.
  const keep = (kind: ContentKind, text: string): string => {
    const id = newContentId(Math.random)
    content.add(contentRow({ runId, lane: planned.lane }, { id, taskId: null, kind, at: Date.now(), text }))
    return id
  }
  const command = project.store.write((): Command => {
    const request: RunRequest = {
      ...planned,
      goalContentId: keep('goal', redactor.redact(wish.goal)),
      configContentId: keep('config', configContent(project.config)),
      planContentId: wish.planText === null ? null : keep('planFile', planWithoutSecrets(redactor, wish.planText)),
      ...(wish.log !== undefined && {
        log: { contentId: keep('log', redactor.redact(wish.log.text)), leftOutBytes: wish.log.leftOutBytes },
      }),
      scenarioContentId: wish.scenarioText === null ? null : keep('scenario', wish.scenarioText),
    }
    return { kind: 'task', runId, request }
  })
  return { runId, answer: await sendCommand(project, command, options), notes }
}

/** The operator's words in the run's lane, then the command that names them. */
const sendWords = async (
  project: Project,
  view: Pick<RunView, 'runId' | 'lane'>,
  words: { kind: ContentKind; text: string },
  commandFor: (contentId: string) => Command,
  options?: SendOptions,
): Promise<CommandAnswer> => {
  const id = newContentId(Math.random)
  const redactor = createRedactor(await ownSecrets(project))
  const text = words.kind === 'planFile' ? planWithoutSecrets(redactor, words.text) : redactor.redact(words.text)
  const row = contentRow(view, { id, taskId: null, at: Date.now(), kind: words.kind, text })
  project.store.write(() => project.store.content.add(row))
  return sendCommand(project, commandFor(id), options)
}

/** Answers the planner's question; `text` is checked already. */
export const sendAnswer = (
  project: Project,
  view: Pick<RunView, 'runId' | 'lane'>,
  text: string,
  options?: SendOptions,
): Promise<CommandAnswer> =>
  sendWords(
    project,
    view,
    { kind: 'reply', text },
    answerContentId => ({ kind: 'answer', runId: view.runId, answerContentId }),
    options,
  )

/** Tells the agent at work on the task; `text` is checked already. */
export const sendMessage = (
  project: Project,
  view: Pick<RunView, 'runId' | 'lane'>,
  taskId: string,
  text: string,
  options?: SendOptions,
): Promise<CommandAnswer> =>
  sendWords(
    project,
    view,
    { kind: 'message', text },
    contentId => ({ kind: 'steer', runId: view.runId, taskId, contentId }),
    options,
  )

/** Hands in a whole plan, edited from the one of that hash. */
export const sendPlanEdit = (
  project: Project,
  view: Pick<RunView, 'runId' | 'lane'>,
  { text, fromHash }: { text: string; fromHash: string },
  options?: SendOptions,
): Promise<CommandAnswer> =>
  sendWords(
    project,
    view,
    { kind: 'planFile', text },
    textContentId => ({ kind: 'editPlan', runId: view.runId, textContentId, fromHash }),
    options,
  )

const pollMs = 40
const answerPatienceMs = 30_000

export interface SendOptions {
  /** false: somebody else sees to it that a supervisor runs. */
  startSupervisor: boolean
  /** How long to wait for an answer before the command is withdrawn; 30 seconds unless told. */
  patienceMs?: number
}

/**
 * Appends a command's row and waits for the row that answers it, starting a supervisor as long as none holds the lock.
 * What is not answered in time is withdrawn, so that asking again does not do it twice.
 * @throws AgentLabError `supervisor-silent` when none answered
 */
export const sendCommand = async (
  project: Project,
  command: Command,
  options: SendOptions = { startSupervisor: true },
): Promise<CommandAnswer> => {
  const { store } = project
  const id = newRowId()
  store.write(() => store.commands.append(id, command, Date.now()))
  const keepAlive = supervisorKeeper(project)
  const until = performance.now() + (options.patienceMs ?? answerPatienceMs)
  for (;;) {
    const answer = store.commands.answerOf(id)
    if (answer !== null) return answer
    const isInVain = options.startSupervisor && !keepAlive()
    if ((isInVain || performance.now() > until) && withdraw(project, id))
      throw await silentError(project, 'The request was withdrawn: ask again.')
    await new Promise(resolve => setTimeout(resolve, pollMs))
  }
}

/** False when the answer came in the very last moment: it counts. */
const withdraw = ({ store }: Project, id: string): boolean =>
  store.write(() => store.commands.answer(id, { accepted: false, text: 'Withdrawn: nobody answered.' }, Date.now()))

/** A view is put together from the whole log, so it is not made more often than a person sees a difference. */
const followMs = 200

/**
 * Calls `onChange` with each new view of the run until it rests or the signal is given. Never ends a run.
 * A supervisor that died meanwhile is started again, so that closing one terminal or killing a process strands nothing.
 * @throws AgentLabError `supervisor-silent` when supervisors die again and again
 */
export const followRun = async (
  project: Project,
  runId: string,
  onChange: (view: RunView) => void,
  signal: AbortSignal,
  options: { startSupervisor: boolean } = { startSupervisor: true },
): Promise<RunView> => {
  const keepAlive = supervisorKeeper(project)
  let seen = -1
  for (;;) {
    const version = project.store.dataVersion() + project.store.events.lastSeq() * 1e6
    const view = version === seen ? null : readRunView(project.store, runId)
    seen = version
    if (view !== null) {
      onChange(view)
      if (isIn(restingRunStates, view.state) || signal.aborted) return view
    }
    if (signal.aborted) return readRunView(project.store, runId)!
    if (options.startSupervisor && !keepAlive(project.store.events.lastSeq()))
      throw await silentError(project, `Then go on with: agentlab resume ${runId}`)
    await new Promise(resolve => setTimeout(resolve, followMs))
  }
}

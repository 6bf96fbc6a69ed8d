/** One attempt of a worker in its seat: agent started or resumed in its workspace, its end reported. */
import type { AttemptEnd } from '../../domain/attempt.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent, LoopEventOf } from '../../domain/event.ts'
import type { Laned } from '../../domain/laned.ts'
import { countClaims, type ResearchRecord } from '../../domain/research.ts'
import type { WorkerEvent } from '../../domain/worker-event.ts'
import { workerPrompt } from '../../workers/prompt.ts'
import { workers } from '../../workers/registry.ts'
import { researchJsonSchema, researchPrompt } from '../../workers/researcher-prompt.ts'
import { type AgentResult, runAgent, transcriptOf } from '../agent-run.ts'
import { handedLog } from '../handed-log.ts'
import { type Host, keep, type RunScope, readFindings, scopeOf, taskOf } from '../host.ts'
import { answererKept } from '../local-choice.ts'
import { answerResearch } from '../research.ts'
import { makeSeat, type Seat, seatAt } from '../seats.ts'
import { cutOffSession, type Inbox, openInbox } from '../steering.ts'
import { instructionsAt, particularsAt, researchFor } from '../task-material.ts'
import { readTranscript } from '../transcript.ts'
import { workspaceBranch, workspaceFor } from './attempt-workspace.ts'

export const workSeat = (host: Host, taskId: string, worker: string): Seat =>
  seatAt(host.project.paths.seats, `${taskId}.${worker}`)

export const runAttempt = async (
  host: Host,
  effect: EffectOf<'attempt.run'>,
  signal: AbortSignal,
  tell: (event: LoopEvent) => void,
): Promise<LoopEvent | null> => {
  const scope = scopeOf(host, effect.runId)
  const task = taskOf(host, effect.taskId)
  const seat = workSeat(host, effect.taskId, effect.worker)
  await makeSeat(seat)
  const ids = { runId: effect.runId, taskId: effect.taskId }
  const sessionId = effect.sessionId ?? cutOffSession(host.project.store, effect)
  const { base, conflictFiles } = await workspaceFor(host, scope, task, { ...effect, sessionId }, seat, signal)
  tell({
    type: 'attempt.started',
    ...ids,
    attempt: effect.attempt,
    worker: effect.worker,
    answerer: answererKept(effect.worker, scope.lane, scope.config),
    resumed: sessionId !== null,
  })

  const findings = readFindings(host, effect.findingsContentId)
  const material = {
    goal: scope.goal,
    lane: scope.lane,
    task,
    research: researchFor(host, task),
    instructions: await instructionsAt(host, base),
    particulars: await particularsAt(host, base),
  }
  const isResearch = task.kind === 'research'
  const log = isResearch ? await handedLog(host, scope, seat) : null
  const prompt = isResearch
    ? researchPrompt({ ...material, ...(log !== null && { log }) })
    : workerPrompt({
        ...material,
        mode: conflictFiles.length > 0 ? 'conflict' : effect.mode,
        findings,
        branch: workspaceBranch(task),
        conflictFiles,
      })
  const takesMessages = workers[effect.worker].takesMessages === true
  const inbox = takesMessages ? await openInbox(host, scope, { taskId: effect.taskId, seat }, tell) : null
  await inbox?.post()
  const role = isResearch ? 'researcher' : 'worker'
  const spoken = { role, worker: effect.worker, taskId: effect.taskId, attempt: effect.attempt } as const
  // A conversation that is taken up cites what it ran before.
  const heard = isResearch && sessionId !== null ? await readTranscript(transcriptOf(host, scope, spoken)) : []
  const ask = (resume: string | null, words: Laned = prompt, launch = effect.launch): Promise<AgentResult> =>
    runAgent(
      host,
      scope,
      {
        ...spoken,
        seat,
        taskKey: task.key,
        launch,
        prompt: words,
        schema: isResearch ? researchJsonSchema : null,
        resume,
        inbox,
        onSession: sessionId => tell({ type: 'session.known', ...ids, sessionId }),
        ...(isResearch && { onEvent: (event: WorkerEvent) => heard.push(event) }),
      },
      signal,
    )
  const begin = (): Promise<AgentResult> => askWithSession(ask, sessionId)
  const again = (words: Laned, resume: string | null): Promise<AgentResult> => ask(resume, words, effect.launch + 1)
  const ground = { host, scope, seat, taskId: effect.taskId, base, log: log?.text ?? null, events: heard }
  const answered = await closing(inbox, async () =>
    isResearch ? answerResearch(ground, { begin, again }, signal) : { ...(await begin()), record: null },
  )
  if (signal.aborted) return null
  const { end, dropped, record } = answered
  return {
    type: 'attempt.finished',
    ...ids,
    outcome: end.outcome,
    class: end.outcome === 'failed' ? end.class : null,
    retryInMs: end.outcome === 'failed' && end.retryAt !== null ? Math.max(0, end.retryAt - host.now()) : null,
    usage: end.usage,
    ...keepWords(host, scope, effect.taskId, end, record),
    dropped,
    ...(record !== null && { claims: countClaims(record) }),
  }
}

/** A conversation that can't be taken up again costs no attempt: once, a new one with the same statement and findings. */
const askWithSession = async (
  ask: (resume: string | null) => Promise<AgentResult>,
  sessionId: string | null,
): Promise<AgentResult> => {
  const first = await ask(sessionId)
  const isLost = first.end.outcome === 'failed' && first.end.class === 'sessionLost' && sessionId !== null
  return isLost ? ask(null) : first
}

const closing = async <T>(inbox: Inbox | null, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } finally {
    await inbox?.close()
  }
}

const keepWords = (
  host: Host,
  scope: RunScope,
  taskId: string,
  end: AttemptEnd,
  record: ResearchRecord | null,
): Pick<LoopEventOf<'attempt.finished'>, 'answerContentId' | 'errorContentId'> => {
  if (end.outcome === 'failed') {
    const errorContentId = keep(host, scope, taskId, 'error', `${end.class}: ${end.detail}`)
    return { answerContentId: null, errorContentId }
  }
  if (record !== null) return { answerContentId: keep(host, scope, taskId, 'answer', JSON.stringify(record)) }
  return { answerContentId: end.text.trim() === '' ? null : keep(host, scope, taskId, 'answer', end.text) }
}

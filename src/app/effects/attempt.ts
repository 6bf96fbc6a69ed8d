/** One attempt of a worker in its seat: workspace made or kept, agent started or resumed, its end reported. */
import { branchNames } from '../../config/branches.ts'
import type { AttemptEnd } from '../../domain/attempt.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent, LoopEventOf } from '../../domain/event.ts'
import { type Oid, taskNumberOf } from '../../domain/ids.ts'
import type { Laned } from '../../domain/laned.ts'
import type { PlannedTask } from '../../domain/plan.ts'
import { countClaims, type ResearchRecord } from '../../domain/research.ts'
import type { WorkerEvent } from '../../domain/worker-event.ts'
import { readCommit } from '../../git/commit-read.ts'
import { rebuildForConflict } from '../../git/conflict-workspace.ts'
import { pinCommit } from '../../git/ref-write.ts'
import { branchRef, isAncestor, readRef, treeOf } from '../../git/refs.ts'
import type { Repository } from '../../git/repository.ts'
import { unlockCommand } from '../../git/unlock-workspace.ts'
import { createWorkspace } from '../../git/workspace.ts'
import { workerPrompt } from '../../workers/prompt.ts'
import { workers } from '../../workers/registry.ts'
import { researchJsonSchema, researchPrompt } from '../../workers/researcher-prompt.ts'
import { type AgentResult, runAgent, transcriptOf } from '../agent-run.ts'
import { runInBox } from '../box-command.ts'
import { environmentOf } from '../environment/environment.ts'
import { handedLog } from '../handed-log.ts'
import { type Host, keep, type RunScope, readFindings, scopeOf, taskOf } from '../host.ts'
import { refuseStricterFiles } from '../lane-of-run.ts'
import { answererKept } from '../local-choice.ts'
import { answerResearch } from '../research.ts'
import { makeSeat, markReady, readReady, type Seat, seatAt, unmarkReady } from '../seats.ts'
import { cutOffSession, type Inbox, openInbox } from '../steering.ts'
import { instructionsAt, particularsAt, researchFor } from '../task-material.ts'
import { readTranscript } from '../transcript.ts'
import { furnish } from '../workspace.ts'

/** The branch a worker stands on inside its quarantined workspace; nothing of the operator's. */
export const workspaceBranch = (task: PlannedTask): string => `task-${taskNumberOf(task.taskId)}`

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

const standsOn = async (repository: Repository, tip: Oid, base: Oid): Promise<boolean> => {
  const [parent] = (await readCommit(repository, tip)).parents
  return parent !== undefined && (await isAncestor(repository, parent, base))
}

/** An agent that was killed in the middle of a git command leaves a lock, on which each of its successor's would fail. */
const unlock = async (host: Host, scope: RunScope, seat: Seat, taskId: string, signal: AbortSignal): Promise<void> => {
  const errand = {
    seat,
    taskId,
    what: 'unlock',
    name: 'unlock',
    ...unlockCommand(seat.dirs),
    readable: [],
    isOurs: true as const,
  }
  await runInBox(host, scope, errand, signal)
}

/** Where the workspace stands: made anew on `agent`'s tip, kept as the worker left it, or rebuilt with both sides. */
const workspaceFor = async (
  host: Host,
  scope: RunScope,
  task: PlannedTask,
  effect: EffectOf<'attempt.run'>,
  seat: Seat,
  signal: AbortSignal,
): Promise<{ base: Oid; conflictFiles: string[] }> => {
  const { repository } = host.project
  const branch = workspaceBranch(task)
  const standsOnBoth = effect.agent !== null && effect.tip !== null
  const purpose = standsOnBoth ? `conflict ${effect.agent} ${effect.tip}` : 'work'
  const agent = await readRef(repository, branchRef(branchNames(scope.config.branches).agent))
  // What it was sent back with may come from files that others have brought there meanwhile.
  if (agent !== null) await refuseStricterFiles(host, scope, agent)
  const ready = await readReady(seat)
  // What a researcher left behind is nobody's work: only the same conversation goes on with it.
  const isThrownAway = task.kind === 'research' && effect.sessionId === null
  if (ready !== null && !isThrownAway && (!standsOnBoth || ready.purpose === purpose)) {
    await unlock(host, scope, seat, effect.taskId, signal)
    return { base: ready.base, conflictFiles: [] }
  }
  await unmarkReady(seat)
  // A run that only asks is about its own base, and moves no branch to it.
  const asks = scope.request.purpose === 'ask'
  const base = standsOnBoth ? effect.agent! : asks ? scope.base! : (agent ?? scope.base!)
  await refuseStricterFiles(host, scope, base)
  // Work that comes back after its seat has gone is merged into the new workspace; what it stood on must still be there.
  const merged =
    standsOnBoth || (effect.tip !== null && (await standsOn(repository, effect.tip, base))) ? effect.tip : null
  await pinCommit(repository, effect.taskId, base)
  const common = { repository, dirs: seat.dirs, branch, identity: host.identity, commit: base, base }
  const tree = await treeOf(repository, base)
  const environment = await environmentOf(host, scope, tree, signal)
  const { made: conflictFiles, handedIn } = await furnish(host, scope, seat, {
    tree,
    environment,
    checkOut: async kept => {
      if (merged !== null) return (await rebuildForConflict({ ...common, ...kept, taskTip: merged })).conflicted
      await createWorkspace({ ...common, ...kept })
      return []
    },
  })
  await markReady(seat, { base, purpose, handedIn })
  return { base, conflictFiles }
}

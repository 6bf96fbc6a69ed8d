/**
 * The supervisor process of one repository: holds the lock, answers commands, runs the loop, and ends when idle. At most
 * one is alive; the kernel releases its lock with it, and its epoch makes a straggler's writes fail.
 */

import type { LoopEvent } from '../domain/event.ts'
import { newContentId } from '../domain/ids.ts'
import { cleanText } from '../domain/text.ts'
import { operatorIdentity } from '../git/operator-config.ts'
import { startGateway } from '../lanes/gateway/gateway.ts'
import { sweepMarked } from '../process/launch.ts'
import { parseScenario } from '../rehearsal/scenario.ts'
import { type Rehearsal, startRehearsal } from '../rehearsal/server.ts'
import { type SupervisorLock, takeLock } from '../store/lock.ts'
import { createLoop, type Loop } from '../supervisor/loop.ts'
import { isIn, restingRunStates } from '../supervisor/states.ts'
import { answerCommand } from './command-intake.ts'
import { perform } from './effects/perform.ts'
import type { Host, RunScope } from './host.ts'
import { permissionFor } from './limits.ts'
import { loopStoreOf } from './loop-store.ts'
import type { Project } from './project.ts'
import { createWireNotebook } from './wire-notes.ts'

export interface SupervisorOptions {
  /** Ends after this long without a run under way or a command; null: runs until stopped. */
  idleMs: number | null
  /** For people, one line; goes to the log file. */
  log: (line: string) => void
  /** Ends the supervisor; what is under way stays in the outbox for the next one. */
  signal: AbortSignal
  /** Called after each commit: tests end the process here. */
  onCommit?: (event: LoopEvent) => void
}

const pollMs = 50
const lockTries = 40

/** Runs until idle or stopped. Returns false when another supervisor holds the lock: there is nothing to do then. */
export const superviseProject = async (project: Project, options: SupervisorOptions): Promise<boolean> => {
  const lock = await patientLock(project)
  if (lock === null) return false
  try {
    const epoch = project.store.nextEpoch()
    options.log(`supervisor ${process.pid} begins epoch ${epoch}`)
    await runEpoch(project, epoch, options)
    return true
  } finally {
    lock.release()
  }
}

/** Somebody asking whether the lock is held takes it for a moment, so one refusal is no answer yet. */
const patientLock = async (project: Project): Promise<SupervisorLock | null> => {
  for (let tries = 0; tries < lockTries; tries++) {
    const lock = takeLock(project.paths.lock, Date.now())
    if (lock !== null) return lock
    await sleep(pollMs / 2)
  }
  return null
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

const runEpoch = async (project: Project, epoch: number, options: SupervisorOptions): Promise<void> => {
  const { store } = project
  const now = Date.now
  let fatal: unknown = null
  let loop: Loop | null = null
  const stopped = new Set<string>()
  const rehearsals = new Map<string, Promise<Rehearsal>>()

  const notebook = createWireNotebook()
  const gateway = await startGateway({
    allow: async (grant, inquiry) =>
      permissionFor(store, grant, inquiry.inputEstimate, now(), limit => {
        // Told once: the tasks stop, the run settles, everything is kept.
        if (stopped.has(grant.runId)) return
        stopped.add(grant.runId)
        setImmediate(() => loop?.dispatch({ type: 'limit.reached', runId: grant.runId, limit }))
      }),
    heard: grant => notebook.heard(grant, now()),
    meter: (grant, record) => {
      notebook.metered(grant, record)
      store.requests.add({
        runId: grant.runId,
        taskId: grant.taskId,
        attempt: grant.attempt,
        role: grant.role,
        worker: grant.worker ?? 'claude',
        provider: grant.provider,
        model: record.model,
        status: record.status,
        input: record.input,
        cached: record.cached,
        output: record.output,
        startedAt: record.startedAt,
        endedAt: record.endedAt,
      })
    },
    clock: now,
  })

  const host: Host = {
    project,
    gateway,
    wireNotesOf: notebook.of,
    identity: (await operatorIdentity(project.repository)) ?? {
      name: 'AgentLab operator',
      email: 'operator@localhost',
    },
    rehearsalOf: scope => {
      const started = rehearsals.get(scope.runId) ?? startScript(project, scope)
      rehearsals.set(scope.runId, started)
      return started
    },
    now,
    random: Math.random,
    log: options.log,
  }

  await sweepMarked(project.dataDir)
  loop = createLoop({
    store: loopStoreOf(store, epoch),
    runEffect: (effect, signal, tell) => perform(host, effect, signal, tell),
    reportFailure: (effect, error) => reportFailure(host, effect, error),
    now,
    onCommit: event => {
      if (event.type === 'operator.resumed') stopped.delete(event.runId)
      options.log(`${event.type} ${'taskId' in event && event.taskId !== null ? event.taskId : event.runId}`)
      options.onCommit?.(event)
    },
    onFatal: error => {
      fatal ??= error
    },
  })
  try {
    loop.recover()
    await serveUntilIdle(host, loop, options, () => fatal !== null)
  } finally {
    await loop.stop()
    await gateway.close()
    for (const rehearsal of rehearsals.values()) await rehearsal.then(started => started.close()).catch(() => undefined)
  }
  if (fatal !== null) throw fatal
}

const startScript = async (project: Project, scope: RunScope): Promise<Rehearsal> => {
  const text = project.store.content.text(scope.request.scenarioContentId ?? '') ?? ''
  return startRehearsal(parseScenario(text, 'the scenario'))
}

/** Answers commands as they come; polls one pragma, which changes whenever another process has committed. */
const serveUntilIdle = async (
  host: Host,
  loop: Loop,
  options: SupervisorOptions,
  isFatal: () => boolean,
): Promise<void> => {
  const { store } = host.project
  let idleSince = host.now()
  let seen = -1
  while (!options.signal.aborted && !isFatal()) {
    const version = store.dataVersion()
    if (version !== seen) {
      seen = version
      for (const { id, command } of store.commands.unanswered()) answerCommand(host, loop, id, command)
    }
    const isBusy = !loop.isIdle() || store.machines.openRuns(restingRunStates).length > 0
    if (isBusy) idleSince = host.now()
    else if (options.idleMs !== null && host.now() - idleSince > options.idleMs) return
    await sleep(pollMs)
  }
}

const reportFailure = (host: Host, effect: Parameters<typeof perform>[1], error: unknown): LoopEvent => {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  host.log(`${effect.name} failed: ${text}`)
  const taskId = 'taskId' in effect ? effect.taskId : null
  const machine = host.project.store.events.first(effect.runId)
  const lane = machine?.event.type === 'run.requested' ? machine.event.request.lane : 'private'
  const contentId = keepError(host, effect.runId, taskId, lane, text)
  return { type: 'effect.failed', runId: effect.runId, taskId, effect: effect.name, contentId }
}

const keepError = (host: Host, runId: string, taskId: string | null, lane: RunScope['lane'], text: string): string => {
  const id = newContentId(host.random)
  host.project.store.content.add({ id, runId, taskId, lane, kind: 'error', at: host.now(), text: cleanText(text) })
  return id
}

/** Whether a run has come to rest. */
export const isAtRest = (state: string): boolean => isIn(restingRunStates, state)

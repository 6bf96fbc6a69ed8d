/**
 * The supervisor process of one repository: holds the lock, answers commands, runs the loop, and ends when idle. At most
 * one is alive; the kernel releases its lock with it, and its epoch makes a straggler's writes fail.
 */
import type { LoopEvent } from '../domain/event.ts'
import { sweepMarked } from '../process/launch.ts'
import { type SupervisorLock, takeLock } from '../store/lock.ts'
import { createLoop, type Loop } from '../supervisor/loop.ts'
import { restingRunStates } from '../supervisor/states.ts'
import { type Cleaner, createCleaner } from './cleaning/cleaner.ts'
import { answerCommand } from './command-intake.ts'
import { perform } from './effects/perform.ts'
import type { Host } from './host.ts'
import type { LimitName } from './limits.ts'
import { loopStoreOf } from './loop-store.ts'
import { openHost } from './open-host.ts'
import type { Project } from './project.ts'
import { reportFailure } from './report-failure.ts'

export interface SupervisorOptions {
  /** Ends after this long without a run under way or a command; null: runs until stopped. */
  idleMs: number | null
  /** For people, one line; goes to the log file. */
  log: (line: string) => void
  /** Ends the supervisor; what is under way stays in the outbox for the next one. */
  signal: AbortSignal
  /** Called after each commit: tests end the process here. */
  onCommit?: (event: LoopEvent) => void
  /** The time of day in epoch milliseconds; the machine's unless told. */
  wall?: () => number
}

const pollMs = 50

/** After these a run that had stopped at a limit may stop at one again. */
const goesOn: readonly LoopEvent['type'][] = ['operator.resumed', 'operator.answered', 'plan.approved']
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
  let fatal: unknown = null
  const onFatal = (error: unknown): void => {
    fatal ??= error
  }
  // Told once a grant: the tasks stop, the run settles, everything is kept.
  const stopped = new Set<string>()
  const onLimit = (runId: string, limit: LimitName): void => {
    if (stopped.has(runId)) return
    stopped.add(runId)
    setImmediate(() => loop.dispatch({ type: 'limit.reached', runId, limit }))
  }
  await sweepMarked(project.dataDir)
  const { host, close } = await openHost(project, { log: options.log, onLimit, onFatal, wall: options.wall })
  const loop = createLoop({
    store: loopStoreOf(store, epoch),
    runEffect: (effect, signal, tell) => perform(host, effect, signal, tell),
    reportFailure: (effect, error) => reportFailure(host, effect, error),
    now: host.now,
    onCommit: event => {
      if (goesOn.includes(event.type)) stopped.delete(event.runId)
      options.log(`${event.type} ${'taskId' in event && event.taskId !== null ? event.taskId : event.runId}`)
      options.onCommit?.(event)
    },
    onFatal,
  })
  const cleaner = createCleaner(host, epoch)
  try {
    loop.recover()
    await serveUntilIdle({ host, loop, cleaner, epoch }, options, () => fatal !== null)
  } catch (error) {
    onFatal(error)
  } finally {
    await cleaner.stop()
    await loop.stop()
    await close()
  }
  if (fatal !== null) throw fatal
}

/** Answers commands as they come; polls one pragma, which changes whenever another process has committed. */
const serveUntilIdle = async (
  { host, loop, cleaner, epoch }: { host: Host; loop: Loop; cleaner: Cleaner; epoch: number },
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
      for (const { id, command } of store.commands.unanswered())
        if (command.kind === 'gc' || command.kind === 'purge') cleaner.ask(id, command)
        else answerCommand(host, loop, epoch, { id, command })
    }
    const isAtWork = !loop.isIdle() || store.machines.openRuns(restingRunStates).length > 0
    if (isAtWork) cleaner.stir()
    else cleaner.rest()
    if (isAtWork || cleaner.isBusy()) idleSince = host.now()
    else if (options.idleMs !== null && host.now() - idleSince > options.idleMs) return
    await sleep(pollMs)
  }
}

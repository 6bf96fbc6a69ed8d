/** The one way a foreign process (agent, set-up, check) starts: contained by a policy, bounded, and gone when it has ended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import type { ProcessEnd } from '../domain/attempt.ts'
import { AgentLabError } from '../domain/errors.ts'
import type { Containment, LaunchCommand, LaunchPolicy } from '../domain/launch.ts'
import type { Backend, Prepared } from './backend.ts'
import { boxed } from './boxed.ts'
import { seatVariable } from './descendants.ts'
import { closeInheritedDescriptors } from './descriptors.ts'
import { openStandardFiles } from './output-files.ts'
import { openOwnStreams } from './own-streams.ts'
import { recentProcessTable } from './process-table.ts'
import { seatbeltBoxed } from './seatbelt-box.ts'
import type { DroppedBytes, StandardStreams } from './standard-streams.ts'
import { ownTurn } from './turn.ts'
import { unboxed } from './unboxed.ts'
import { watchUsage } from './usage-watch.ts'

export { sweepMarked } from './descendants.ts'

export interface LaunchEnd extends ProcessEnd {
  /** Output removed because it outgrew the policy's bound. */
  dropped: DroppedBytes
  /** What the containment said when it could not be built and the command never ran; else null. */
  failedToStart: string | null
  /** Pids that would not die within ten seconds: in an uninterruptible call, or another user's. Empty but for disasters. */
  survivors: number[]
}

export interface LaunchedProcess {
  /** Of the containment's outermost process; it leads a process group and session of its own. */
  pid: number
  startedAt: number
  /** Resolves once nothing of the process is alive, however it ended. Never rejects. */
  ended: Promise<LaunchEnd>
  /**
   * Sends `signal` to the command, and after `graceMs` ends all that came of it. The first reason given stands; a second
   * call may only shorten the grace. Resolves with the end.
   */
  stop(
    reason: NonNullable<ProcessEnd['stopped']>,
    how: { signal: 'SIGINT' | 'SIGTERM'; graceMs: number },
  ): Promise<void>
  /** As Ctrl-C at its terminal would: SIGINT to the command and what it started beside itself. It may well go on. */
  interrupt(): Promise<void>
  /** Bytes of output removed so far because it outgrew the policy's bound: of one stream, or of both together. */
  droppedBytes(stream?: keyof DroppedBytes): number
}

/**
 * Starts `command` under `policy`. A box reports the exit by signal N of the command as exit code 128 + N.
 * @throws AgentLabError `no-wall` (exit 5): nothing was started; `launch-file`, `program-missing`, `launch-failed`
 */
export const launch = async (policy: LaunchPolicy, command: LaunchCommand): Promise<LaunchedProcess> => {
  if (!isMainThread) throw new Error('launch must run in the main thread: a box dies with the thread that started it')
  closeInheritedDescriptors()
  checkPlaces(command)
  const streams = 'streams' in command ? await openOwnStreams() : openStandardFiles(command)
  try {
    const prepared = await backendFor(policy.containment)(policy, behind(streams.words, command))
    await ownTurn()
    const child = await started(prepared, policy, command, streams)
    return supervise(child, prepared, policy, streams)
  } catch (error) {
    await streams.close()
    throw error
  }
}

const behind = ([file, ...words]: string[], command: LaunchCommand): LaunchCommand =>
  file === undefined ? command : { ...command, file, args: [...words, command.file, ...command.args] }

const backendFor = (containment: Containment): Backend =>
  containment === 'unboxed' ? unboxed : process.platform === 'darwin' ? seatbeltBoxed : boxed

const checkPlaces = ({ file, cwd }: LaunchCommand): void => {
  const missing = !existsSync(cwd)
    ? `${cwd}: the working directory does not exist`
    : isExecutable(file)
      ? null
      : `${file}: it is not an executable file`
  if (missing !== null) throw new AgentLabError(`launch failed on ${missing}`, { code: 'program-missing' })
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return file.startsWith('/')
  } catch {
    return false
  }
}

const started = (prepared: Prepared, policy: LaunchPolicy, command: LaunchCommand, streams: StandardStreams) =>
  new Promise<ChildProcess & { pid: number }>((resolve, reject) => {
    const child = spawn(prepared.file, prepared.args, {
      cwd: prepared.cwd,
      env: { ...command.env, ...prepared.env, [seatVariable]: policy.seat },
      stdio: [...streams.stdio, ...Array.from({ length: prepared.pipes }, () => 'pipe' as const)],
      detached: true,
    })
    child.once('spawn', () => resolve(child as ChildProcess & { pid: number }))
    child.once('error', error =>
      reject(
        new AgentLabError(`launch failed on ${command.file}: ${error.message}`, {
          code: 'launch-failed',
          cause: error,
        }),
      ),
    )
  })

const supervise = (
  child: ChildProcess & { pid: number },
  prepared: Prepared,
  policy: LaunchPolicy,
  streams: StandardStreams,
): LaunchedProcess => {
  const startedAt = Date.now()
  streams.attach(child)
  const contained = prepared.attach(child, child.pid)
  let stopped: ProcessEnd['stopped'] = null
  let isOver = false

  const stop: LaunchedProcess['stop'] = async (reason, { signal, graceMs }) => {
    if (!isOver) {
      stopped ??= reason
      if (graceMs > 0) await attempt(() => contained.signal(signal))
      await Promise.race([ended, delay(graceMs, undefined, { ref: false })])
      if (!isOver) await attempt(() => contained.kill())
    }
    await ended
  }

  const wall = setTimeout(
    () => void stop('timedOut', { signal: 'SIGTERM', graceMs: 2_000 }),
    Math.min(policy.limits.wallMs, 2 ** 31 - 1),
  )
  const usage = watchUsage(policy)
  const watch = setInterval(() => {
    streams.enforce(policy.limits.outputBytes)
    void attempt(async () => {
      const outgrown = await usage(contained.watch(await recentProcessTable()))
      if (outgrown !== null) await stop(outgrown, { signal: 'SIGTERM', graceMs: 0 })
    })
  }, 1_000)

  const ended = exitOf(child).then(async ({ exitCode, signal }): Promise<LaunchEnd> => {
    isOver = true
    clearTimeout(wall)
    clearInterval(watch)
    const endedAt = Date.now()
    const survivors = await contained.settle().catch(() => [child.pid])
    const dropped = streams.dropped()
    await streams.close()
    const failedToStart = stopped === null && !contained.hasRun() ? streams.complaint() : null
    return { exitCode, signal, stopped, startedAt, endedAt, dropped, failedToStart, survivors }
  })
  return {
    pid: child.pid,
    startedAt,
    ended,
    stop,
    interrupt: () => attempt(() => contained.interrupt()),
    droppedBytes: stream => droppedFrom(streams.dropped(), stream),
  }
}

const exitOf = (child: ChildProcess): Promise<{ exitCode: number | null; signal: string | null }> =>
  new Promise(resolve => {
    // `close` comes after the status pipe was read to its end.
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }))
  })

const droppedFrom = (dropped: DroppedBytes, stream?: keyof DroppedBytes): number =>
  stream === undefined ? dropped.stdout + dropped.stderr : dropped[stream]

// The process may be gone by the time it is signalled; that is what was wanted.
const attempt = async (act: () => void | Promise<void>): Promise<void> => {
  try {
    await act()
  } catch {}
}

/** Starts one foreign command in the box of a seat, on record: the only road from AgentLab to `launch`. */
import { rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ProcessEnd } from '../domain/attempt.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { FileStreams, LaunchLimits, Network, OwnStreams } from '../domain/launch.ts'
import type { RunRequest } from '../domain/run-request.ts'
import { findGit } from '../git/exec.ts'
import { boxPolicy } from '../lanes/box.ts'
import { type LaunchedProcess, launch } from '../process/launch.ts'
import { toolNeeds } from '../process/programs.ts'
import { mostProcesses, roomFor, watchedBounds } from './box-bounds.ts'
import type { Host } from './host.ts'
import type { Seat } from './seats.ts'

/** What starting a box needs of a host, and of the run it is on record for. */
export type BoxHost = Pick<Host, 'project' | 'now' | 'log'>
export interface BoxScope {
  runId: string
  request: Pick<RunRequest, 'containment'> & Partial<Pick<RunRequest, 'limits'>>
}

export type BoxErrand = Errand & (FileStreams | OwnStreams)

interface Errand {
  seat: Seat
  taskId: string | null
  /** For the time line: `worker claude`, `check test`. */
  what: string
  file: string
  args: string[]
  env: Record<string, string>
  cwd: string
  /** Paths that can be read beside the system, the objects and git. */
  readable: string[]
  /** Files with logins in it that stay shut, beside those in their usual places. */
  logins?: string[]
  /** Left out: none. */
  userNamespaces?: boolean
  /** Left out: none. */
  network?: Network
  limits?: Partial<LaunchLimits>
  /** It may not read the repository's object store, in which the whole history lies. */
  withoutObjects?: boolean
  /** A command of ours on what lies in a seat already: only the machine's free space bounds what it uses. */
  isOurs?: true
}

const defaultLimits: LaunchLimits = {
  wallMs: 60 * 60_000,
  outputBytes: 64 * 1024 * 1024,
  processes: mostProcesses,
  fileBytes: 4 * 1024 ** 3,
  openFiles: 8_192,
}

export const startInBox = async (host: BoxHost, scope: BoxScope, errand: BoxErrand): Promise<LaunchedProcess> => {
  const { repository, dataDir, env } = host.project
  await roomFor(host.project)
  const home = env.HOME ?? homedir()
  const policy = boxPolicy({
    containment: scope.request.containment,
    seatRoot: errand.seat.root,
    dataDir,
    home,
    repoRoot: repository.root,
    objectDirs: errand.withoutObjects ? [] : repository.objectDirs,
    toolPrefixes: [...(await toolNeeds(findGit(env), { home, env })).prefixes, ...errand.readable],
    extraReadable: [],
    logins: errand.logins ?? [],
    userNamespaces: errand.userNamespaces ?? false,
    network: errand.network ?? 'none',
    limits: { ...defaultLimits, watched: watchedBounds(host.project, errand.isOurs ? null : scope), ...errand.limits },
  })
  const startedAt = host.now()
  const id = host.project.store.launches.started({
    runId: scope.runId,
    taskId: errand.taskId,
    what: errand.what,
    startedAt,
  })
  const process = await launch(policy, errand)
  void process.ended
    .then(end =>
      host.project.store.launches.ended(id, { endedAt: host.now(), exitCode: end.exitCode, signal: end.signal }),
    )
    .catch(error => host.log(`the end of ${errand.what} is not on record: ${String(error)}`))
  return process
}

/**
 * Runs a command in the box to its end; an abort stops it. Output goes to new files `<name>.stdout|stderr` beside the seat, made anew:
 * launched processes append, and what an earlier one said must never be read as this one's word.
 */
export const runInBox = async (
  host: BoxHost,
  scope: BoxScope,
  errand: Errand & { name: string },
  signal: AbortSignal,
): Promise<{ end: ProcessEnd; stdoutPath: string; stderrPath: string }> => {
  signal.throwIfAborted()
  const stdoutPath = join(errand.seat.io, `${errand.name}.stdout`)
  const stderrPath = join(errand.seat.io, `${errand.name}.stderr`)
  await rm(stdoutPath, { force: true })
  await rm(stderrPath, { force: true })
  const process = await startInBox(host, scope, { ...errand, stdinPath: null, stdoutPath, stderrPath })
  const stop = (): void => void process.stop('cancelled', { signal: 'SIGTERM', graceMs: 2_000 })
  signal.addEventListener('abort', stop, { once: true })
  const end = await process.ended
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  if (end.failedToStart !== null) {
    throw new AgentLabError(`${errand.what} failed to start: ${end.failedToStart}`, {
      code: 'no-wall',
      cure: 'See what is missing with agentlab doctor.',
      exit: exitCode.noWall,
    })
  }
  return { end, stdoutPath, stderrPath }
}

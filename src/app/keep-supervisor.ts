/** Sees to it, from a command's side, that a supervisor process runs; says what is wrong when none will. */
import { readFile } from 'node:fs/promises'
import { AgentLabError } from '../domain/errors.ts'
import { cleanLine } from '../domain/text.ts'
import { spawnDetached } from '../process/detached.ts'
import { isLockHeld, lockHolder } from '../store/lock.ts'
import type { Project } from './project.ts'

const restartMs = 2_000
const startsInVain = 15

/**
 * To be called often: starts a supervisor when none holds the lock. `progress` is anything that changes as the work goes
 * on. False when supervisors died again and again without any: no reason to wait for ever.
 */
export const supervisorKeeper = (project: Project): ((progress?: number) => boolean) => {
  // Not the time of day, which may be set back.
  let [startedAt, starts, seen] = [Number.NEGATIVE_INFINITY, 0, -1]
  return (progress = 0) => {
    if (progress !== seen) starts = 0
    seen = progress
    if (performance.now() - startedAt < restartMs || isLockHeld(project.paths.lock)) return true
    if (starts >= startsInVain) return false
    startSupervisor(project)
    startedAt = performance.now()
    starts += 1
    return true
  }
}

/** Says who holds the lock and what the log says last. */
export const silentError = async (project: Project, whatNow: string): Promise<AgentLabError> => {
  const log = await readFile(project.paths.log, 'utf8').catch(() => '')
  const last = log.trimEnd().split('\n').at(-1) ?? ''
  const holder = lockHolder(project.paths.lock)
  const who = holder === null ? 'none' : `process ${holder.pid}, since ${new Date(holder.since).toISOString()}`
  const why = isLockHeld(project.paths.lock)
    ? `the supervisor (${who}) holds the lock and does not answer`
    : `no supervisor took the lock (the last holder: ${who})`
  return new AgentLabError(
    `agentlab failed on its supervisor: ${why}; its last words: ${last === '' ? 'none' : cleanLine(last, 500)}`,
    { code: 'supervisor-silent', cure: `Read ${project.paths.log}; where that process hangs, end it. ${whatNow}` },
  )
}

/**
 * What node is told for a supervisor. Young objects get megabytes instead of Node's tens of them: what fifty workers say
 * is dropped as soon as it is kept, and each process we start costs the more the more memory we hold.
 */
export const supervisorFlags: readonly string[] = ['--max-semi-space-size=2']

/** Starts a supervisor of its own session; if another one is quicker, it ends at once. */
export const startSupervisor = (project: Project): void => {
  const entry = process.argv[1] ?? ''
  spawnDetached(process.execPath, [...supervisorFlags, entry, 'supervise', '--repo', project.repository.root], {
    cwd: project.dataDir,
    env: project.env,
    logPath: project.paths.log,
  })
}

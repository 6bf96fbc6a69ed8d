/** --foreground: the supervisor lives in this process, and ends with it. */
import { appendFileSync } from 'node:fs'
import { type Project, superviseProject } from '../app.ts'
import type { Call } from './call.ts'
import { openFor } from './project.ts'

/**
 * Runs `work` while a supervisor runs beside it; stops that one when `work` has ended or the operator interrupts.
 * Where another process supervises already, `work` simply uses that.
 */
export const withSupervisor = async <T>(call: Call, project: Project, work: () => Promise<T>): Promise<T> => {
  // A connection of its own: SQLite tells one connection only of the others' commits.
  const own = await openFor(call, true)
  const ended = new AbortController()
  const supervising = superviseProject(own, {
    idleMs: null,
    log: line => appendFileSync(project.paths.log, logLine(line), { mode: 0o600 }),
    signal: AbortSignal.any([ended.signal, call.signal]),
  })
  const failed = supervising.then(() => new Promise<never>(() => undefined))
  try {
    return await Promise.race([work(), failed])
  } finally {
    ended.abort()
    await supervising.finally(() => own.close())
  }
}

/** A line of the supervisor's log. */
export const logLine = (line: string): string => `${new Date().toISOString()} ${line}\n`

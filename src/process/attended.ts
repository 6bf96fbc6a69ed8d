/** Runs the operator's own program at the operator's terminal: a pager, a diff tool. Never for anything an agent names. */
import { execa } from 'execa'

export interface AttendedRun {
  /** null where it was ended by a signal or never started. */
  exitCode: number | null
  /** Why it never ran (`ENOENT: …`), or null. */
  failedToStart: string | null
}

/**
 * Runs `file` with `args`, never through a shell, with the terminal as its output; with `input` that is its standard
 * input, else the terminal. Ended by `signal`. Resolves for every end; leaving a pager early is no error.
 */
export const runAttended = async (
  file: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; signal: AbortSignal; input?: string },
): Promise<AttendedRun> => {
  const result = await execa(file, args, {
    cwd: options.cwd,
    env: options.env,
    extendEnv: false,
    reject: false,
    buffer: false,
    cancelSignal: options.signal,
    stdout: 'inherit',
    stderr: 'inherit',
    ...(options.input === undefined ? { stdin: 'inherit' as const } : { input: options.input }),
  })
  const neverRan = result.failed && !result.isCanceled && result.exitCode === undefined && result.signal === undefined
  return {
    exitCode: result.exitCode ?? null,
    failedToStart: neverRan ? (result.originalMessage ?? 'unknown reason') : null,
  }
}

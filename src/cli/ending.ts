/** What ends a command before its time: signals, and a reader of its output that has left. */
import { type ExitCode, exitCode } from '../domain/errors.ts'

export interface Ending {
  /** Given by the first signal, or when nobody takes the output any more. */
  signal: AbortSignal
  /** By a signal; a pipe that was closed (`agentlab show … | head`) is no interruption. */
  isInterrupted(): boolean
  /** Ctrl-C is not for us while `work` runs: a program of the operator's has the terminal. */
  attended<T>(work: () => Promise<T>): Promise<T>
}

/**
 * The first SIGINT, SIGTERM or SIGHUP lets the command end in order; a second one, or `patienceMs` later, `exit` is
 * called. Call once.
 */
export const watchForEnding = (patienceMs: number | null, exit: (code: ExitCode) => void): Ending => {
  const controller = new AbortController()
  let [isInterrupted, atWork] = [false, 0]
  const begin = (code: ExitCode): void => {
    controller.abort()
    if (patienceMs !== null) setTimeout(() => exit(code), patienceMs).unref()
  }
  const onSignal = (name: NodeJS.Signals): void => {
    if (name === 'SIGINT' && atWork > 0) return
    if (isInterrupted) exit(exitCode.interrupted)
    isInterrupted = true
    begin(exitCode.interrupted)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!isLeft(error)) {
        process.stderr.write(`error: agentlab failed on printing: ${error.code ?? error.message}\n`)
        exit(exitCode.failed)
      } else if (!controller.signal.aborted) begin(exitCode.done)
    })
  }
  return {
    signal: controller.signal,
    isInterrupted: () => isInterrupted,
    attended: async work => {
      atWork += 1
      try {
        return await work()
      } finally {
        atWork -= 1
      }
    },
  }
}

/** The reader of a pipe has gone, or the terminal has. */
const isLeft = ({ code }: NodeJS.ErrnoException): boolean => code === 'EPIPE' || code === 'EIO' || code === 'ENXIO'

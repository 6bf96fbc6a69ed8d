/** What ends a command before its time: signals, and a reader of its output that has left. */
import { type ExitCode, exitCode } from '../domain/errors.ts'

export interface Ending {
  /** Given by the first signal, or when nobody takes the output any more. */
  signal: AbortSignal
  /** By a signal; a pipe that was closed (`agentlab show … | head`) is no interruption. */
  isInterrupted(): boolean
  /**
   * Ctrl-C is not for us while `work` runs: a program of the operator's has the terminal. Where it has not, because it
   * runs in a box, `onInterrupt` takes it there.
   */
  attended<T>(work: () => Promise<T>, onInterrupt?: () => void): Promise<T>
}

/**
 * The first SIGINT, SIGTERM or SIGHUP lets the command end in order; a second one, or `patienceMs` later, `exit` is
 * called. Call once.
 */
export const watchForEnding = (patienceMs: number | null, exit: (code: ExitCode) => void): Ending => {
  const controller = new AbortController()
  let isInterrupted = false
  const atWork = new Set<() => void>()
  const begin = (code: ExitCode): void => {
    controller.abort()
    if (patienceMs !== null) setTimeout(() => exit(code), patienceMs).unref()
  }
  const onSignal = (name: NodeJS.Signals): void => {
    if (name === 'SIGINT' && atWork.size > 0) {
      for (const interrupt of atWork) interrupt()
      return
    }
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
    attended: async (work, onInterrupt) => {
      const interrupt = (): void => onInterrupt?.()
      atWork.add(interrupt)
      try {
        return await work()
      } finally {
        atWork.delete(interrupt)
      }
    },
  }
}

/** The reader of a pipe has gone, or the terminal has. */
const isLeft = ({ code }: NodeJS.ErrnoException): boolean => code === 'EPIPE' || code === 'EIO' || code === 'ENXIO'

/** Waits for the end of the operator's command in its box, and takes there what the operator does meanwhile: Ctrl-C, an end. */
import type { LaunchEnd, LaunchedProcess } from '../../process/launch.ts'

export interface BoxHands {
  /** Ends the command in order, then by force. */
  signal: AbortSignal
  /** Where Ctrl-C goes while the command runs. */
  attended<T>(work: () => Promise<T>, onInterrupt: () => void): Promise<T>
  /** A person types into the command, who may want to interrupt it more than once. */
  isInteractive: boolean
}

const graceMs = 10_000
/** Two Ctrl-C within this time are meant for the box, not for the command. */
const twiceMs = 2_000

/** Until the command has ended; what ends AgentLab ends the command, within a bound. */
export const attend = async (launched: LaunchedProcess, hands: BoxHands): Promise<LaunchEnd> => {
  const { signal, attended, isInteractive } = hands
  const stop = (ms: number): void => void launched.stop('cancelled', { signal: 'SIGTERM', graceMs: ms })
  let last = Number.NEGATIVE_INFINITY
  const onInterrupt = (): void => {
    const sinceMs = performance.now() - last
    last = performance.now()
    if (sinceMs < (isInteractive ? twiceMs : Number.POSITIVE_INFINITY)) stop(0)
    else void launched.interrupt()
    if (!isInteractive) setTimeout(stop, graceMs, 0).unref()
  }
  const onAbort = (): void => stop(graceMs / 2)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await attended(() => launched.ended, onInterrupt)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

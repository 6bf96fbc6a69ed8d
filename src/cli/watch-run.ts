/** Follows a run to its rest with live progress, then prints the receipt's summary, which ends in the next step. */
import { followRun, type Project } from '../app.ts'
import { type ExitCode, exitCode } from '../domain/errors.ts'
import type { RunOutcome } from '../domain/event.ts'
import type { RunId } from '../domain/ids.ts'
import { renderSummary } from '../domain/receipt-summary.ts'
import type { RunView } from '../domain/run-view.ts'
import type { Answer, Call } from './call.ts'
import { startLive } from './live.ts'

const exits: Record<RunOutcome, ExitCode> = {
  done: exitCode.done,
  failed: exitCode.failed,
  awaitingOperator: exitCode.awaitingOperator,
  cancelled: exitCode.failed,
}

/** Resolves when the run has come to rest, or with exit 130 when the operator interrupts the watching. */
export const watchRun = async (call: Call, project: Project, runId: RunId, foreground: boolean): Promise<Answer> => {
  const live = startLive(call.talk, call.env)
  try {
    const view = await followRun(project, runId, live.show, call.signal, { startSupervisor: !foreground })
    live.end()
    return call.signal.aborted ? interrupted(runId, foreground) : concluded(view)
  } catch (error) {
    live.end()
    if (call.signal.aborted) return interrupted(runId, foreground)
    throw error
  }
}

const concluded = (view: RunView): Answer => ({
  text: renderSummary(view),
  json: view,
  exit: view.outcome === null ? exitCode.failed : exits[view.outcome],
})

const interrupted = (runId: RunId, foreground: boolean): Answer => ({
  text: '',
  json: { runId, interrupted: true },
  remarks: foreground
    ? [`Interrupted. Nothing is lost; go on with: agentlab resume ${runId}`]
    : [`Run ${runId} goes on in the background. Watch it: agentlab runs -f. Stop it: agentlab cancel ${runId}`],
  exit: exitCode.interrupted,
})

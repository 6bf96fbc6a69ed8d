/** Follows a run to its rest with live progress, then prints what it came to, which ends in the next step. */
import { followRun, type Project } from '../app.ts'
import { type ExitCode, exitCode } from '../domain/errors.ts'
import type { RunId } from '../domain/ids.ts'
import type { RunOutcome } from '../domain/reasons.ts'
import { renderSummary } from '../domain/receipt-summary.ts'
import type { RunView } from '../domain/run-view.ts'
import { answerOnTheSpot } from './answer-on-the-spot.ts'
import { answered } from './answered.ts'
import type { Answer, Call } from './call.ts'
import { startLive } from './live.ts'
import { planJson, planOfRun, planYaml } from './plan-answer.ts'

const exits: Record<RunOutcome, ExitCode> = {
  done: exitCode.done,
  failed: exitCode.failed,
  awaitingOperator: exitCode.awaitingOperator,
  cancelled: exitCode.failed,
}

/**
 * Resolves when the run has come to rest, or with exit 130 when the operator interrupts the watching. At a terminal a
 * question of the planner's is asked at once, and the run goes on with the answer.
 */
export const watchRun = async (call: Call, project: Project, runId: RunId, foreground: boolean): Promise<Answer> => {
  try {
    for (;;) {
      const view = await follow(call, project, runId, foreground)
      if (call.signal.aborted) return interrupted(runId, foreground)
      if (!(await answerOnTheSpot(call, project, view, foreground))) return concluded(call, project, view)
    }
  } catch (error) {
    if (call.signal.aborted) return interrupted(runId, foreground)
    throw error
  }
}

const follow = async (call: Call, project: Project, runId: RunId, foreground: boolean): Promise<RunView> => {
  const live = startLive(call.talk, call.env)
  try {
    return await followRun(project, runId, live.show, call.signal, { startSupervisor: !foreground })
  } finally {
    live.end()
  }
}

const concluded = (call: Call, project: Project, view: RunView): Answer =>
  view.planning.purpose === 'ask' && view.outcome === 'done' ? answered(view, call.paint) : ended(project, view)

const ended = (project: Project, view: RunView): Answer =>
  view.planning.purpose === 'plan' && view.outcome === 'done'
    ? planned(project, view.runId)
    : {
        text: renderSummary(view),
        json: view,
        exit: view.outcome === null ? exitCode.failed : exits[view.outcome],
      }

/** A run that was to make a plan: the plan is its result. */
const planned = (project: Project, runId: RunId): Answer => {
  const current = planOfRun(project, runId, 'plan')
  const yaml = planYaml(current, ['Edit it, then: agentlab task --plan FILE "<goal>"'], { withIds: false })
  return {
    text: yaml.trimEnd(),
    json: planJson(runId, current, yaml),
    remarks: [`Print it again: agentlab edit-plan ${runId} --print`],
  }
}

const interrupted = (runId: RunId, foreground: boolean): Answer => ({
  text: '',
  json: { runId, interrupted: true },
  remarks: foreground
    ? [`Interrupted. Nothing is lost; go on with: agentlab resume ${runId}`]
    : [`Run ${runId} goes on in the background. Watch it: agentlab runs -f. Stop it: agentlab cancel ${runId}`],
  exit: exitCode.interrupted,
})

/** `agentlab runs [-f]`: the repository's runs, newest first; with -f a screen that keeps itself up to date. */

import { many } from '../../domain/measures.ts'
import type { RunView } from '../../domain/run-view.ts'
import { cleanLine } from '../../domain/text.ts'
import { cutToWidth, padToWidth } from '../../domain/text-width.ts'
import { stateWord } from '../../tui/task-line.ts'
import { shortDuration, spentTokens } from '../../tui/units.ts'
import type { Answer, Call } from '../call.ts'
import { followRuns } from '../follow-runs.ts'
import { openFor, openIfAny, runIds, viewOf } from '../project.ts'

export interface RunsOptions {
  follow?: boolean
  limit?: number
}

const noRuns = 'No runs yet. Start one with: agentlab task "<goal>"'

export const runs = async (call: Call, options: RunsOptions): Promise<Answer> => {
  if (options.follow === true) return followRuns(call, await openFor(call, true))
  const project = await openIfAny(call)
  const views =
    project === null
      ? []
      : runIds(project)
          .slice(0, options.limit ?? 20)
          .map(id => viewOf(project, id))
  const width = call.out.isTTY ? call.out.columns : 200
  return {
    text: views.map(view => runLine(view, width, Date.now())).join('\n'),
    json: views.map(summaryOf),
    remarks: views.length === 0 ? [noRuns] : [],
  }
}

/** One run in one line. */
export const runLine = (view: RunView, width: number, now: number): string => {
  const settled = view.tasks.filter(task => task.integrated !== null || task.state === 'recorded').length
  const columns: [string, number][] = [
    [view.runId, 8],
    [stateWord(view.state), 16],
    [`${settled}/${view.tasks.length} tasks`, 11],
    [shortDuration((view.endedAt ?? now) - view.requestedAt), 8],
    [many(view.spending.requests, 'request'), 14],
    [`${spentTokens(view.spending.tokens, view.spending.unmeasured)} tok`, 12],
  ]
  const marks = `${view.rehearsed ? '[rehearsed] ' : ''}${view.containment === 'unboxed' ? '[unboxed] ' : ''}`
  const goal = view.goal === null ? '(goal erased)' : cleanLine(view.goal, 120)
  return cutToWidth(`${columns.map(([text, wide]) => padToWidth(text, wide)).join(' ')} ${marks}${goal}`, width)
}

const summaryOf = (view: RunView) => ({
  runId: view.runId,
  state: view.state,
  outcome: view.outcome,
  lane: view.lane,
  rehearsed: view.rehearsed,
  containment: view.containment,
  goal: view.goal,
  requestedAt: view.requestedAt,
  endedAt: view.endedAt,
  waitReason: view.waitReason,
  spending: view.spending,
  tasks: view.tasks.map(({ taskId, title, state, worker }) => ({ taskId, title, state, worker })),
})

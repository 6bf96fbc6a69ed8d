/** `agentlab runs [-f]`: the repository's runs, newest first; with -f a screen that keeps itself up to date. */
import { erasedWords } from '../../domain/erasure-words.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { many } from '../../domain/measures.ts'
import type { RunView } from '../../domain/run-view.ts'
import { cleanLine } from '../../domain/text.ts'
import { cutToWidth, padToWidth } from '../../domain/text-width.ts'
import { listRuns, type RunListFilter, type RunListRow, restingStates } from '../../store/run-list.ts'
import { stateWord } from '../../tui/task-line.ts'
import { shortDuration, spentTokens } from '../../tui/units.ts'
import type { Answer, Call } from '../call.ts'
import { withNearStore } from '../near-store.ts'
import { parseSince } from '../since.ts'

export interface RunsOptions {
  follow?: boolean
  limit?: number
  state?: RunsState
  lane?: string
  since?: string
}

/** What --state takes: an outcome, or `active` for all that goes on. */
export const runsStates = ['active', 'waiting', 'done', 'failed', 'cancelled'] as const
export type RunsState = (typeof runsStates)[number]

const underWay = ['preparing', 'planning', 'planBackingOff', 'working', 'concluding']

const noRuns = 'No runs yet. Start one with: agentlab task "<goal>"'
const noneSuch = 'No run is like that. All of them: agentlab runs'

export const runs = async (call: Call, options: RunsOptions): Promise<Answer> => {
  if (options.follow === true) {
    if (options.state !== undefined || options.lane !== undefined || options.since !== undefined) throw allFollowed()
    return follow(call)
  }
  const filter = filterOf(options, Date.now())
  const rows = (await withNearStore(call, db => listRuns(db, filter))) ?? []
  const isFiltered = filter.states !== null || filter.lane !== null || filter.since !== null
  const width = call.out.isTTY ? call.out.columns : 200
  return {
    text: rows.map(row => runLine(row, width, Date.now())).join('\n'),
    json: call.json ? await summaries(call, rows) : null,
    remarks: rows.length === 0 ? [isFiltered ? noneSuch : noRuns] : [],
  }
}

// What follows a run brings the whole of AgentLab along; a plain listing must not wait for it.
const follow = async (call: Call): Promise<Answer> => {
  const { openFor } = await import('../project.ts')
  const { followRuns } = await import('../follow-runs.ts')
  return followRuns(call, await openFor(call, true))
}

const allFollowed = (): AgentLabError =>
  new AgentLabError('runs failed on its options: --follow shows all runs and takes no filter', {
    code: 'wrong-use',
    cure: 'Leave --follow or the filters away.',
    exit: exitCode.wrongUse,
  })

const filterOf = ({ state, lane, since, limit }: RunsOptions, now: number): RunListFilter => ({
  states:
    state === undefined ? null : state === 'active' ? underWay : [state === 'waiting' ? 'awaitingOperator' : state],
  lane: lane ?? null,
  since: since === undefined ? null : parseSince(since, now),
  limit: limit ?? 20,
})

/** One run in one line. */
export const runLine = (run: RunListRow, width: number, now: number): string => {
  const settled = run.tasks.filter(task => task.state === 'integrated' || task.state === 'recorded').length
  const planned = run.tasks.filter(task => task.state !== 'dropped').length
  const isOver = restingStates.includes(run.state)
  const columns: [string, number][] = [
    [run.runId, 8],
    [stateWord(run.state), 16],
    [`${settled}/${planned} tasks`, 11],
    [shortDuration((isOver ? (run.endedAt ?? now) : now) - run.requestedAt), 8],
    [many(run.spending.requests, 'request'), 14],
    [`${spentTokens(run.spending.tokens, run.spending.unmeasured)} tok`, 12],
  ]
  const marks = `${run.rehearsed ? '[rehearsed] ' : ''}${run.containment === 'unboxed' ? '[unboxed] ' : ''}${run.imported ? '[imported] ' : ''}`
  const goal = run.goal === null ? `(${erasedWords(run.erasedAt)})` : cleanLine(run.goal, 120)
  return cutToWidth(`${columns.map(([text, wide]) => padToWidth(text, wide)).join(' ')} ${marks}${goal}`, width)
}

const summaries = async (call: Call, rows: readonly RunListRow[]): Promise<unknown[]> => {
  if (rows.length === 0) return []
  const { openFor, viewOf } = await import('../project.ts')
  const project = await openFor(call, false)
  return rows.map(row => summaryOf(viewOf(project, row.runId)))
}

const summaryOf = (view: RunView) => ({
  runId: view.runId,
  state: view.state,
  outcome: view.outcome,
  lane: view.lane,
  rehearsed: view.rehearsed,
  imported: view.imported !== undefined,
  containment: view.containment,
  goal: view.goal,
  requestedAt: view.requestedAt,
  endedAt: view.endedAt,
  waitReason: view.waitReason,
  spending: view.spending,
  tasks: view.tasks.map(({ taskId, title, state, worker }) => ({ taskId, title, state, worker })),
})

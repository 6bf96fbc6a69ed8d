/** What of an export's rows counts: one run, its own ids, a log that leads by itself to the states it claims. Pure. */
import type { LoopEvent } from '../../domain/event.ts'
import type { FactRow, FactRowOf, Manifest, WordRow } from '../../domain/export-file.ts'
import { isLooser, type Lane } from '../../domain/lane.ts'
import { type RunStates, react } from '../../supervisor/brain.ts'

export interface Judged {
  /** In the order of the log; the request is the first. */
  log: { at: number; event: LoopEvent }[]
  /** The lane the log's request names. */
  lane: Lane
  requests: FactRowOf<'request'>[]
  launches: FactRowOf<'launch'>[]
  checks: FactRowOf<'check'>[]
}

const endedStates = ['done', 'failed', 'cancelled']
const dayMs = 24 * 3_600_000

/** Why the rows are no run that has ended, or what they are. Never throws. */
export const judgeRows = (
  manifest: Manifest,
  facts: readonly FactRow[],
  words: readonly WordRow[] | null,
  now: number,
): Judged | string => {
  const of = <R extends FactRow['row']>(row: R) => facts.filter((fact): fact is FactRowOf<R> => fact.row === row)
  const log = of('event').map(({ at, event }) => ({ at, event }))
  const [first, ...rest] = log
  if (first?.event.type !== 'run.requested') return 'its log does not begin with a request'
  if (rest.some(({ event }) => event.type === 'run.requested')) return 'its log has more than one request'
  const { runId } = manifest
  const isOwn = (id: string | null): boolean => id === null || id === runId || id.startsWith(`${runId}-`)
  const ids = [
    ...log.flatMap(({ event }) => [event.runId, 'taskId' in event ? event.taskId : null]),
    ...log.flatMap(({ event }) => ('tasks' in event ? event.tasks.map(taskOf) : [])),
    ...facts.flatMap(row => (row.row === 'request' || row.row === 'launch' ? [row.taskId] : [])),
    ...of('state').map(row => row.id),
    ...(words ?? []).map(row => (row.row === 'content' ? row.taskId : row.id)),
  ]
  if (!ids.every(isOwn)) return `it has rows of another run than ${runId}`
  // A time to come would keep its words beyond their lane's days.
  if (log.some(({ at }) => at > now + dayMs || at < 0)) return 'its log names times that are still to come'
  const { lane } = first.event.request
  if (isLooser(manifest.lane, lane)) return `its log is of lane ${lane}, and it says lane ${manifest.lane}`
  const contents = (words ?? []).flatMap(row => (row.row === 'content' ? [row.id] : []))
  if (new Set(contents).size !== contents.length) return 'it has two contents of one id'
  if (manifest.counts.events !== log.length) return 'it has fewer or more events than its manifest says'
  const states = statesOf(log.map(({ event }) => event))
  if (states === null) return 'its log can not be replayed'
  const replayed = [states.run, ...states.tasks].flatMap(one => (one === null ? [] : [`${one.id} ${one.state}`]))
  const claimed = of('state').map(({ id, state }) => `${id} ${state}`)
  if (JSON.stringify(replayed.toSorted()) !== JSON.stringify(claimed.toSorted()))
    return 'its states are not those its log leads to'
  if (!endedStates.includes(states.run?.state ?? '')) return `its run has not ended (${states.run?.state ?? 'unknown'})`
  return { log, lane, requests: of('request'), launches: of('launch'), checks: of('check') }
}

const taskOf = (entry: string | { taskId: string }): string => (typeof entry === 'string' ? entry : entry.taskId)

/** The states the log alone gives; null where the machines can't follow it. */
export const statesOf = (events: readonly LoopEvent[]): RunStates | null => {
  try {
    let states: RunStates = { run: null, tasks: [] }
    for (const event of events) states = react(states, event).states
    return states
  } catch {
    return null
  }
}

/** The same log, its request in another lane. */
export const inLane = (log: Judged['log'], lane: Lane): Judged['log'] =>
  log.map(({ at, event }) => ({
    at,
    event: event.type === 'run.requested' ? { ...event, request: { ...event.request, lane } } : event,
  }))

/** What says whether two logs are of the same run: all but the lane, and what was erased since. */
export const gist = (log: Judged['log']): string =>
  JSON.stringify(inLane(log, 'private').filter(({ event }) => event.type !== 'content.erased'))

/** Ids of contents that the log names. */
export const contentIdsIn = (log: Judged['log']): string[] => [
  ...new Set(JSON.stringify(log).match(/(?<=")c-[a-z0-9]{16}(?=")/g) ?? []),
]

/** Work with what it was begun from. */
export const worksIn = (log: Judged['log']): { tip: string; base: string }[] =>
  log.flatMap(({ event }) =>
    event.type === 'work.harvested' || event.type === 'work.rebased' ? [{ tip: event.tip, base: event.base }] : [],
  )

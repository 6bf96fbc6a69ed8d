/** What cleaning goes by: the project, the bounds, and where each run stands at this moment. */
import { type KeepBounds, keepBounds } from '../../config/keep.ts'
import { RunId } from '../../domain/ids.ts'
import { isIn, restingRunStates } from '../../supervisor/states.ts'
import type { Project } from '../project.ts'
import { createMeter, type Meter } from './disk-usage.ts'

/** `waiting` goes on when the operator says so; `unknown`: no such run is in the store. */
export type Standing = 'atWork' | 'waiting' | 'ended' | 'unknown'

export interface Ground {
  project: Project
  now: number
  /** The operator asked: seats of ended runs go at once. By itself, only those past their days. */
  isByHand: boolean
  bounds: KeepBounds
  meter: Meter
  standing(runId: string): Standing
  /** Some run is at work, so what belongs to no run in particular may be in use. */
  isAnyAtWork: boolean
  /** Epoch milliseconds at which the oldest run that has not ended was asked for; null: all have ended. */
  oldestOpenAt: number | null
  /** No run has come to life since this was laid out. Synchronous, so that nothing can begin in between. */
  isStillSo(): boolean
}

const endedStates = ['done', 'failed', 'cancelled']

/** How long the disk is measured before the rest is "not measured". */
const patienceMs = 20_000

export const layGround = (
  project: Project,
  options: { isByHand: boolean; now: number; patienceMs?: number },
): Ground => {
  const { machines, events } = project.store
  const atWork = (): string[] => machines.openRuns(restingRunStates).map(run => run.id)
  const open = (): string[] => machines.openRuns(endedStates).map(run => run.id)
  const [workingThen, openThen] = [new Set(atWork()), new Set(open())]
  const asked = [...openThen].map(runId => events.first(runId)?.at ?? 0)
  return {
    project,
    now: options.now,
    isByHand: options.isByHand,
    bounds: keepBounds(project.config.operator.keep),
    meter: options.isByHand ? createMeter(options.patienceMs ?? patienceMs) : onlyBelow(project.paths.environments),
    standing: runId => standingOf(machines.get(runId)?.state ?? null),
    isAnyAtWork: workingThen.size > 0,
    oldestOpenAt: asked.length === 0 ? null : Math.min(...asked),
    isStillSo: () => atWork().every(runId => workingThen.has(runId)) && open().every(runId => openThen.has(runId)),
  }
}

/** By itself, cleaning measures what has a bound, and nothing that is only said to people. */
const onlyBelow = (folder: string): Meter => {
  const meter = createMeter(patienceMs)
  return { measure: async path => (path.startsWith(`${folder}/`) ? meter.measure(path) : null) }
}

const standingOf = (state: string | null): Standing => {
  if (state === null) return 'unknown'
  if (endedStates.includes(state)) return 'ended'
  return isIn(restingRunStates, state) ? 'waiting' : 'atWork'
}

/** The run an id or a name of ours begins with, or null where it begins with none. */
export const runIdIn = (name: string): string | null => {
  const start = /^([a-z0-9]{8})(?:-[1-9][0-9]?)?(?:\.|$)/.exec(name)?.[1]
  return start !== undefined && RunId.safeParse(start).success ? start : null
}

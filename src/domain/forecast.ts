/**
 * What carrying a plan out in parallel is expected to gain and cost against one worker: from the plan's graph and from
 * tasks that were finished in this repository before. Pure; what has no source is null, "not measured".
 */
import { z } from 'zod'
import type { WorkerName } from './lane.ts'
import { likelyConflicts } from './likely-conflicts.ts'
import type { PlannedTask, Risk, TaskKind } from './plan.ts'
import { makespanOf, unorderedPairs } from './plan-graph.ts'

/** One finished task of an earlier run, measured. */
export interface TaskSample {
  worker: WorkerName
  kind: TaskKind
  risk: Risk
  /** Milliseconds its worker's processes were alive, and those of its checks and verifiers. */
  workMs: number
  restMs: number
  /** Tokens in and out; null where a request was not measured. */
  workTokens: number | null
  restTokens: number | null
  /** Input of its worker's first request: prompt, statement and instructions, which each task pays anew. */
  openingTokens: number | null
}

export const Forecast = z.object({
  tasks: z.number().int(),
  /** Most tasks at work at the same time, and the run's places. */
  atOnce: z.number().int(),
  places: z.number().int(),
  /** How many tasks one after another the longest way takes, were all equally long. */
  rounds: z.number().int(),
  parallelMs: z.number().nullable(),
  oneWorkerMs: z.number().nullable(),
  parallelTokens: z.number().nullable(),
  oneWorkerTokens: z.number().nullable(),
  /** Finished tasks the figures come from. */
  samples: z.number().int(),
  /** They were rehearsed, as this run is. */
  rehearsed: z.boolean(),
  conflicts: z.array(z.object({ one: z.string(), other: z.string(), path: z.string() })),
  /** Tasks that name no path: nothing can be said about their conflicts. */
  withoutPaths: z.number().int(),
  advice: z.enum(['parallel', 'oneWorker', 'order']),
  reason: z.enum(['oneTask', 'chain', 'samePaths', 'overlap', 'savesLittle', 'saves', 'notMeasured']),
})
export type Forecast = z.infer<typeof Forecast>

export interface ForecastInput {
  tasks: readonly PlannedTask[]
  /** The run's places. */
  places: number
  samples: readonly TaskSample[]
  rehearsed: boolean
}

/** Fewer say too little to prefer them to a wider group. */
const fewestAlike = 3

/** Parallel work has to save at least this part of one worker's time to be worth its tokens. */
const worthwhile = 0.1

export const forecastOf = ({ tasks, places, samples, rehearsed }: ForecastInput): Forecast => {
  const expected = new Map(tasks.map(task => [task.taskId, expect(task, samples)]))
  const all = [...expected.values()]
  const isMeasured = samples.length > 0 && all.every(one => one !== null)
  const known = isMeasured ? (all as Expected[]) : null
  const equal = makespanOf(tasks, () => 1, places)
  const conflicts = likelyConflicts(tasks)
  const figures = {
    parallelMs: known && makespanOf(tasks, id => expected.get(id)!.workMs + expected.get(id)!.restMs, places).total,
    oneWorkerMs: known && sum(known, one => one.workMs)! + Math.max(...known.map(one => one.restMs)),
    parallelTokens: known && sum(known, one => plus(one.workTokens, one.restTokens)),
    oneWorkerTokens: known && tokensOfOne(known),
  }
  return {
    tasks: tasks.length,
    atOnce: equal.atOnce,
    places,
    rounds: equal.total,
    ...figures,
    samples: samples.length,
    rehearsed,
    conflicts,
    withoutPaths: tasks.filter(task => task.kind === 'change' && task.paths.length === 0).length,
    ...adviceFor(tasks, equal.atOnce, conflicts.length, figures),
  }
}

type Expected = Pick<TaskSample, 'workMs' | 'restMs' | 'workTokens' | 'restTokens' | 'openingTokens'>

/** The medians of the most alike group that is large enough; null where no task of this kind was ever finished. */
const expect = (task: PlannedTask, samples: readonly TaskSample[]): Expected | null => {
  const ofKind = samples.filter(sample => sample.kind === task.kind)
  const ofWorker = ofKind.filter(sample => sample.worker === task.worker)
  const alike = ofWorker.filter(sample => sample.risk === task.risk)
  const group = [alike, ofWorker].find(one => one.length >= fewestAlike) ?? ofKind
  if (group.length === 0) return null
  return {
    workMs: median(group.map(sample => sample.workMs))!,
    restMs: median(group.map(sample => sample.restMs))!,
    workTokens: median(group.map(sample => sample.workTokens)),
    restTokens: median(group.map(sample => sample.restTokens)),
    openingTokens: median(group.map(sample => sample.openingTokens)),
  }
}

/** One conversation pays its opening once, and is verified once. */
const tokensOfOne = (tasks: readonly Expected[]): number | null => {
  const work = sum(tasks, one => one.workTokens)
  const openings = tasks.map(one => one.openingTokens)
  const rests = tasks.map(one => one.restTokens)
  if (work === null || openings.includes(null) || rests.includes(null)) return null
  const opening = openings as number[]
  const saved = opening.reduce((total, one) => total + one, 0) - Math.max(...opening)
  return Math.max(0, work - saved) + Math.max(...(rests as number[]))
}

const adviceFor = (
  tasks: readonly PlannedTask[],
  atOnce: number,
  conflicts: number,
  { parallelMs, oneWorkerMs }: Pick<Forecast, 'parallelMs' | 'oneWorkerMs'>,
): Pick<Forecast, 'advice' | 'reason'> => {
  if (tasks.length === 1) return { advice: 'oneWorker', reason: 'oneTask' }
  if (atOnce === 1) return { advice: 'oneWorker', reason: 'chain' }
  if (conflicts > 0) {
    const isEveryPair = conflicts === unorderedPairs(tasks).length
    return isEveryPair && conflicts > 1
      ? { advice: 'oneWorker', reason: 'samePaths' }
      : { advice: 'order', reason: 'overlap' }
  }
  if (parallelMs === null || oneWorkerMs === null) return { advice: 'parallel', reason: 'notMeasured' }
  return parallelMs > oneWorkerMs * (1 - worthwhile)
    ? { advice: 'oneWorker', reason: 'savesLittle' }
    : { advice: 'parallel', reason: 'saves' }
}

const plus = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? null : one + other

const sum = <T>(values: readonly T[], of: (value: T) => number | null): number | null =>
  values.reduce<number | null>((total, value) => plus(total, of(value)), 0)

/** Of what is known; null when nothing is. */
const median = (values: readonly (number | null)[]): number | null => {
  const known = values.filter(value => value !== null).toSorted((a, b) => a - b)
  if (known.length === 0) return null
  const middle = Math.floor(known.length / 2)
  return known.length % 2 === 1 ? known[middle]! : Math.round((known[middle - 1]! + known[middle]!) / 2)
}

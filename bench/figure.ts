/** A figure: what was measured, beside its baseline of the same run, and the bound it must keep. */
import { availableParallelism, loadavg } from 'node:os'

export interface Figure {
  name: string
  /** Of what is measured: milliseconds, megabytes (2^20 bytes), or how many. */
  unit: 'ms' | 'MB' | 'count'
  /** The median of all rounds. */
  measured: number
  baseline: { what: string; value: number }
  /** At most this many times the baseline, or this much. */
  bound: { ratio: number } | { atMost: number }
  /** Where the time goes: name and milliseconds, in order. */
  stages: [string, number][]
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Milliseconds that `work` takes. */
export const timed = async (work: () => unknown): Promise<number> => {
  const since = performance.now()
  await work()
  return performance.now() - since
}

/** Rounds of every figure: five, or what BENCH_ROUNDS says. */
export const rounds = Number(process.env.BENCH_ROUNDS ?? 5)

export const isHeld = ({ measured, baseline, bound }: Figure): boolean =>
  'atMost' in bound ? measured <= bound.atMost : measured <= bound.ratio * baseline.value

const amount = (value: number, unit: Figure['unit']): string => {
  const number = value < 100 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value))
  return unit === 'count' ? number : `${number} ${unit}`
}

/** One Markdown table; each bound is held or broken. */
export const tableOf = (figures: readonly Figure[]): string => {
  const rows = figures.map(figure => {
    const { name, unit, measured, baseline, bound } = figure
    const ratio = `${(measured / baseline.value).toFixed(2)} ×`
    const allowed = 'atMost' in bound ? `≤ ${amount(bound.atMost, unit)}` : `≤ ${bound.ratio} ×`
    const beside = `${baseline.what}: ${amount(baseline.value, unit)}`
    return `| ${name} | ${amount(measured, unit)} | ${beside} | ${ratio} | ${allowed} | ${isHeld(figure) ? 'held' : 'BROKEN'} |`
  })
  return ['| figure | measured | baseline | ratio | bound | |', '|---|---|---|---|---|---|', ...rows].join('\n')
}

export const stagesOf = ({ name, stages }: Figure): string =>
  [`${name}, by stage:`, ...stages.map(([stage, value]) => `  ${amount(value, 'ms').padStart(10)}  ${stage}`)].join(
    '\n',
  )

/** How busy the machine is: a figure that is broken on a busy one says little. */
export const loadNow = (): string => `${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} processors`

/** A figure: what was measured, beside its baseline of the same run, and the bound it must keep. */

export interface Figure {
  name: string
  /** Milliseconds, median. */
  measuredMs: number
  baseline: { what: string; ms: number }
  /** At most this many times the baseline, or this many milliseconds. */
  bound: { ratio: number } | { ms: number }
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

export const isKept = ({ measuredMs, baseline, bound }: Figure): boolean =>
  'ms' in bound ? measuredMs <= bound.ms : measuredMs <= bound.ratio * baseline.ms

const ms = (value: number): string => (value < 100 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`)

/** One Markdown table; a bound that is missed is marked. */
export const tableOf = (figures: readonly Figure[]): string => {
  const rows = figures.map(figure => {
    const { name, measuredMs, baseline, bound } = figure
    const ratio = `${(measuredMs / baseline.ms).toFixed(2)} ×`
    const allowed = 'ms' in bound ? `≤ ${bound.ms} ms` : `≤ ${bound.ratio} ×`
    const kept = isKept(figure) ? '' : ' MISSED'
    return `| ${name} | ${ms(measuredMs)} | ${baseline.what}: ${ms(baseline.ms)} | ${ratio} | ${allowed}${kept} |`
  })
  return ['| figure | measured | baseline | ratio | bound |', '|---|---|---|---|---|', ...rows].join('\n')
}

export const stagesOf = ({ name, stages }: Figure): string =>
  [`${name}, by stage:`, ...stages.map(([stage, value]) => `  ${ms(value).padStart(10)}  ${stage}`)].join('\n')

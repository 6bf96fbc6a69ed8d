/**
 * Sees a model going round in circles: the same call that fails, one tool that only fails, the same look at the same
 * thing, a round of up to four calls again and again. Warns first, then stops. A pure reducer over tool events.
 */
import type { ToolKind } from './tools/tool.ts'

/** One call and what came of it; `input` and `output` are texts that are equal where the things are. */
export interface Step {
  tool: string
  kind: ToolKind
  input: string
  output: string
  ok: boolean
}

export interface Guard {
  /** Failures of exactly this call since anything succeeded with it, by `tool input`. */
  exact: Readonly<Record<string, number>>
  /** Failures of a tool in a row, by tool. */
  failures: Readonly<Record<string, number>>
  /** The last result of a reading call and how often it has come again, by `tool input`. */
  looks: Readonly<Record<string, { output: string; again: number }>>
  /** The last calls with their results, oldest first. */
  recent: readonly string[]
}

export const calm: Guard = { exact: {}, failures: {}, looks: {}, recent: [] }

export type Verdict = { kind: 'go' } | { kind: 'warn' | 'stop'; why: string }

/** From how many on it warns, and stops. `look` counts the times after the first. */
const limits = {
  exact: { warn: 2, stop: 5 },
  tool: { warn: 3, stop: 8 },
  look: { warn: 2, stop: 5 },
  /** Times a round of calls has come, the first included. */
  cycle: { warn: 3, stop: 5 },
} as const

const longestPeriod = 4

export const guard = (before: Guard, step: Step): { guard: Guard; verdict: Verdict } => {
  const after = seen(before, step)
  return { guard: after, verdict: judge(after, step) }
}

const keyOf = ({ tool, input }: Step): string => `${tool} ${input}`

const seen = (before: Guard, step: Step): Guard => {
  const key = keyOf(step)
  const recent = [...before.recent, `${key}\n${step.output}`].slice(-longestPeriod * limits.cycle.stop)
  // After a change that worked, the same command is a new experiment, and the same look may show something else.
  if (step.ok && step.kind === 'changes') return { ...calm, recent: [] }
  const { [key]: _, ...others } = before.exact
  return {
    exact: step.ok ? others : { ...before.exact, [key]: (before.exact[key] ?? 0) + 1 },
    failures: { ...before.failures, [step.tool]: step.ok ? 0 : (before.failures[step.tool] ?? 0) + 1 },
    looks: step.kind === 'reads' && step.ok ? looked(before, step) : before.looks,
    recent,
  }
}

const looked = (before: Guard, step: Step): Guard['looks'] => {
  const key = keyOf(step)
  const last = before.looks[key]
  return { ...before.looks, [key]: { output: step.output, again: last?.output === step.output ? last.again + 1 : 0 } }
}

const judge = (state: Guard, step: Step): Verdict => {
  const key = keyOf(step)
  const found = [
    level('exact', state.exact[key] ?? 0, n => `this very call has failed ${n} times`),
    // Different commands that fail are how one finds out; only the same one is no progress.
    step.kind === 'runs'
      ? null
      : level('tool', state.failures[step.tool] ?? 0, n => `${step.tool} has failed ${n} times in a row`),
    level('look', state.looks[key]?.again ?? 0, n => `this call gave the same result ${n + 1} times`),
    level('cycle', rounds(state.recent), n => `the same round of calls came ${n} times, with the same results`),
  ].filter(one => one !== null)
  return found.find(one => one.kind === 'stop') ?? found[0] ?? { kind: 'go' }
}

const level = (
  name: keyof typeof limits,
  count: number,
  say: (count: number) => string,
): Exclude<Verdict, { kind: 'go' }> | null =>
  count >= limits[name].stop
    ? { kind: 'stop', why: say(count) }
    : count >= limits[name].warn
      ? { kind: 'warn', why: say(count) }
      : null

/** How often the calls at the end are the same round of two to four; a round of one is the other rules' matter. */
const rounds = (recent: readonly string[]): number => {
  let most = 0
  for (let period = 2; period <= longestPeriod; period++) {
    const round = recent.slice(-period)
    if (round.length < period || new Set(round).size === 1) continue
    let times = 1
    while (sameRound(recent, round, recent.length - period * (times + 1))) times++
    most = Math.max(most, times)
  }
  return most
}

const sameRound = (recent: readonly string[], round: readonly string[], from: number): boolean =>
  from >= 0 && round.every((one, offset) => recent[from + offset] === one)

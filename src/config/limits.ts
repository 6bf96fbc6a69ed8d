/** What a run may cost before it stops and asks: settings in people's units, merged so that a repository only tightens. */
import { z } from 'zod'
import type { RunLimits } from '../domain/run-request.ts'

const positive = z.number().positive()
const count = z.number().int().positive()

/**
 * All optional; units are in the names (MB: 1,024² bytes). `wallMinutes`, `silenceMinutes` and `toolMinutes` are per
 * attempt, `diskMB` and `memoryMB` per seat, the rest per run.
 */
export const LimitSettings = z.strictObject({
  requests: count.max(1_000_000).optional(),
  tokens: count.max(100_000_000_000).optional(),
  minutes: positive.max(100_000).optional(),
  wallMinutes: positive.max(10_000).optional(),
  silenceMinutes: positive.max(10_000).optional(),
  toolMinutes: positive.max(10_000).optional(),
  maxParallel: count.max(64).optional(),
  maxAttempts: count.max(10).optional(),
  diskMB: count.max(100_000_000).optional(),
  memoryMB: count.max(100_000_000).optional(),
})
export type LimitSettings = z.infer<typeof LimitSettings>
export type LimitName = keyof LimitSettings
export type Limits = Required<LimitSettings>

export const defaultLimits: Limits = {
  requests: 2_000,
  tokens: 20_000_000,
  minutes: 240,
  wallMinutes: 60,
  silenceMinutes: 10,
  toolMinutes: 30,
  maxParallel: 3,
  maxAttempts: 3,
  diskMB: 20_480,
  memoryMB: 8_192,
}

export const limitNames = Object.keys(defaultLimits) as LimitName[]

/** The limits with `settings` put over them; a setting that is absent leaves what was. */
export const overLimits = (limits: Limits, settings: LimitSettings): Limits => {
  const merged = { ...limits }
  for (const name of limitNames) merged[name] = settings[name] ?? merged[name]
  return merged
}

/** The settings that would loosen `limits`. */
export const loosenedBy = (limits: Limits, settings: LimitSettings): LimitName[] =>
  limitNames.filter(name => (settings[name] ?? 0) > limits[name])

const minuteMs = 60_000
const megabyte = 1_024 ** 2

/** The limits in the shape the log keeps. */
export const runLimitsOf = (limits: Limits): RunLimits => ({
  requests: limits.requests,
  tokens: limits.tokens,
  minutes: limits.minutes,
  attemptWallMs: Math.round(limits.wallMinutes * minuteMs),
  modelSilenceMs: Math.round(limits.silenceMinutes * minuteMs),
  toolSilenceMs: Math.round(limits.toolMinutes * minuteMs),
  diskBytes: limits.diskMB * megabyte,
  memoryBytes: limits.memoryMB * megabyte,
})

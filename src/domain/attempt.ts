/** How an attempt of an agent ended, in words that mean the same for every CLI. */
import { z } from 'zod'

/**
 * Each class has its own recovery (supervisor/task-machine.ts). `auth`: the operator must log in. `rateLimit`,
 * `overloaded`, `network`: wait, costs no attempt. `refused`: the model declined. `outOfTurns`: the CLI's own bound.
 * `stalled`: silent past its limit. `timedOut`: past its wall time. `crashed`: died, or ended without its closing event.
 * `malformed`: the provider's answer could not be read. `denied`: tool calls were denied by the CLI's permissions.
 * `limit`: the run's own limit stopped it. `sessionLost`: the session to resume is gone. `interrupted`: we stopped it.
 * `disk`, `memory`, `processes`: it outgrew what a seat may use. `noSpace`: the machine's disk was nearly full.
 */
export const FailureClass = z.enum([
  'auth',
  'rateLimit',
  'overloaded',
  'network',
  'refused',
  'outOfTurns',
  'stalled',
  'timedOut',
  'crashed',
  'malformed',
  'denied',
  'limit',
  'sessionLost',
  'interrupted',
  'disk',
  'memory',
  'processes',
  'noSpace',
])
export type FailureClass = z.infer<typeof FailureClass>

/** Tokens. null means not measured, never 0. `input` includes what was read from the provider's cache. */
export const Usage = z.object({
  input: z.number().int().nonnegative().nullable(),
  cached: z.number().int().nonnegative().nullable(),
  output: z.number().int().nonnegative().nullable(),
})
export type Usage = z.infer<typeof Usage>

export const unmeasured: Usage = { input: null, cached: null, output: null }

/** Which of the watched bounds (domain/launch.ts) a process was ended for. */
export type Outgrown = 'disk' | 'memory' | 'processes' | 'noSpace'

/** What a foreign process's end looked like from outside. Exactly one of exitCode and signal is set. */
export interface ProcessEnd {
  exitCode: number | null
  signal: string | null
  /** Set when we ended it, and why. */
  stopped: 'stalled' | 'timedOut' | 'cancelled' | 'limit' | Outgrown | null
  startedAt: number
  endedAt: number
}

/** What an adapter concludes from the stream and the process's end. Never "success" from exit 0 alone. */
export type AttemptEnd =
  | { outcome: 'answered'; text: string; structured?: unknown; sessionId: string | null; usage: Usage }
  | {
      outcome: 'failed'
      class: FailureClass
      /** Short, for people; content, never a fact. */
      detail: string
      /** What it said instead, where words came and not the JSON that was asked for. */
      text?: string
      /** Epoch milliseconds before which a retry is pointless, where the provider said so. */
      retryAt: number | null
      sessionId: string | null
      usage: Usage
    }

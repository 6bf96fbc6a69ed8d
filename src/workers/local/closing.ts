/** How the local loop can end: the last line it prints, and what each reason means for the attempt. */
import { z } from 'zod'
import { type FailureClass, Usage } from '../../domain/attempt.ts'

/**
 * `turns`, `time`, `output`: the loop's own bounds. `noProgress`: the guardrails stopped it. `repetition`: the model said
 * the same without end. `empty`: it said nothing. `talk`: it described what it would do and did nothing. `shape`: its
 * answer did not fit the schema. `context`: what it was asked does not fit into the model. The others are the server's.
 */
export const EndReason = z.enum([
  'turns',
  'time',
  'output',
  'noProgress',
  'repetition',
  'empty',
  'talk',
  'shape',
  'context',
  'refused',
  'sessionLost',
  'auth',
  'rateLimit',
  'overloaded',
  'network',
  'malformed',
])
export type EndReason = z.infer<typeof EndReason>

/** What a failure of each reason is in the words all agents share. */
export const classOf: Record<EndReason, FailureClass> = {
  turns: 'outOfTurns',
  time: 'outOfTurns',
  output: 'outOfTurns',
  noProgress: 'outOfTurns',
  repetition: 'malformed',
  empty: 'malformed',
  talk: 'malformed',
  shape: 'malformed',
  context: 'refused',
  refused: 'refused',
  sessionLost: 'sessionLost',
  auth: 'auth',
  rateLimit: 'rateLimit',
  overloaded: 'overloaded',
  network: 'network',
  malformed: 'malformed',
}

export const Closing = z.discriminatedUnion('end', [
  z.object({
    type: z.literal('closed'),
    end: z.literal('answered'),
    text: z.string(),
    structured: z.unknown().optional(),
    usage: Usage,
  }),
  z.object({
    type: z.literal('closed'),
    end: z.literal('failed'),
    reason: EndReason,
    detail: z.string(),
    retryInMs: z.number().nonnegative().nullable(),
    usage: Usage,
  }),
])
export type Closing = z.infer<typeof Closing>

/** A line that explains a silence and is no sign of life. */
export const Waiting = z.object({ type: z.literal('waiting'), detail: z.string().nullable() })
export type Waiting = z.infer<typeof Waiting>

/** Ends the loop from anywhere inside it. */
export class Ended extends Error {
  readonly reason: EndReason
  readonly retryInMs: number | null

  constructor(reason: EndReason, detail: string, retryInMs: number | null = null) {
    super(detail)
    this.reason = reason
    this.retryInMs = retryInMs
  }
}

/** What both wires offer the loop: a question, a whole answer, or why there is none. */
import { type Usage, unmeasured } from '../../../domain/attempt.ts'
import type { ToolSpec } from '../tools/tool.ts'
import type { Turn } from '../turns.ts'

export interface Question {
  system: string
  turns: readonly Turn[]
  /** Empty: the model can only talk. */
  tools: readonly ToolSpec[]
  maxTokens: number
  signal: AbortSignal
  /** Told each piece of text, thinking or arguments as it comes; what it throws ends the request. */
  onPiece: (piece: string) => void
}

/** A call as the model wrote it: `input` is text that should be JSON. */
export interface RawCall {
  id: string
  name: string
  input: string
}

export interface Reply {
  text: string
  thinking: string
  calls: RawCall[]
  stop: 'end' | 'length' | 'refusal'
  usage: Usage
}

/** What nothing has been heard of yet. */
export const emptyReply = (): Reply => ({
  text: '',
  thinking: '',
  calls: [],
  stop: 'end',
  usage: { ...unmeasured },
})

/** Throws WireFailure for all that server and network do, and what `onPiece` throws. */
export type Ask = (question: Question) => Promise<Reply>

export interface Server {
  /** Without a trailing slash. */
  baseUrl: string
  token: string
  model: string
}

export class WireFailure extends Error {
  /** HTTP status; null: no whole answer came (`network`), or one of another kind (`malformed`). */
  readonly status: number | null
  readonly kind: 'http' | 'network' | 'malformed'
  readonly retryInMs: number | null

  constructor(
    kind: WireFailure['kind'],
    message: string,
    { status = null, retryInMs = null }: { status?: number | null; retryInMs?: number | null } = {},
  ) {
    super(message)
    this.kind = kind
    this.status = status
    this.retryInMs = retryInMs
  }
}

/** `retry-after` in seconds or as a date, as milliseconds from now; null where it says nothing. */
export const retryInMs = (value: string | null | undefined, now: number): number | null => {
  if (value === null || value === undefined || value.trim() === '') return null
  const ms = Number.isFinite(Number(value)) ? Number(value) * 1_000 : Date.parse(value) - now
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : null
}

/** A broken connection's own words, and what lies behind them. */
export const networkFailure = (error: unknown): WireFailure => {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : ''
  return new WireFailure('network', `${error instanceof Error ? error.message : String(error)}${cause}`)
}

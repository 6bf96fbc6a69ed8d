/** Reads token counts from an answer as it passes, for the three wires, streamed or not. */
import { z } from 'zod'
import type { Wire } from './routes.ts'
import { BoundedText, EventSplitter, type Piece } from './sse.ts'

/** As domain/attempt.ts `Usage`: null means not measured. */
export interface Counted {
  input: number | null
  cached: number | null
  output: number | null
}

const count = z.number().int().nonnegative()
const optional = count.nullish().catch(null)

const AnthropicUsage = z.object({
  input_tokens: optional,
  output_tokens: optional,
  cache_read_input_tokens: optional,
  cache_creation_input_tokens: optional,
})
const OpenaiUsage = z.object({
  input_tokens: count,
  output_tokens: count,
  input_tokens_details: z.object({ cached_tokens: optional }).nullish(),
})
const GoogleUsage = z.object({
  promptTokenCount: count,
  candidatesTokenCount: optional,
  thoughtsTokenCount: optional,
  cachedContentTokenCount: optional,
})

/** Takes the answer's bytes and knows, at any moment, what has been counted so far. */
export interface UsageReader {
  push(chunk: Buffer): void
  /** Call once, at the end of the answer; also after a broken one. */
  finish(): Counted
}

/** `contentType` tells a stream of events from one JSON body. */
export const usageReader = (wire: Wire, contentType: string | undefined): UsageReader => {
  const counted: Counted = { input: null, cached: null, output: null }
  const read = (piece: Piece) => absorb(wire, counted, findUsage(wire, piece))
  if (contentType?.toLowerCase().startsWith('text/event-stream')) {
    const events = new EventSplitter(read)
    return { push: chunk => events.push(chunk), finish: () => counted }
  }
  const body = new BoundedText()
  return {
    push: chunk => body.push(chunk),
    finish: () => {
      read(body.take())
      return counted
    },
  }
}

const usageKey: Record<Wire, string> = { anthropic: 'usage', openai: 'usage', google: 'usageMetadata' }

/** Where a usage object may stand: at the top, in an event's message or response, or in each part of a JSON array. */
const findUsage = (wire: Wire, piece: Piece): unknown => {
  const key = usageKey[wire]
  if (!piece.data.includes(`"${key}"`)) return null
  if (piece.cut) return lastObjectAfter(piece.data, `"${key}":`)
  const value = parse(piece.data)
  const candidates = Array.isArray(value) ? value.slice(-1) : [value]
  for (const candidate of candidates) {
    const top = z.looseObject({}).safeParse(candidate).data
    for (const place of [top, top?.message, top?.response]) {
      const found = z.looseObject({ [key]: z.looseObject({}) }).safeParse(place)
      if (found.success) return found.data[key]
    }
  }
  return null
}

/** Later events correct earlier ones: Anthropic's start gives the input, its deltas the output so far. */
const absorb = (wire: Wire, counted: Counted, usage: unknown): void => {
  if (usage === null) return
  if (wire === 'anthropic') {
    const { data } = AnthropicUsage.safeParse(usage)
    if (!data) return
    const { input_tokens: fresh, cache_read_input_tokens: read, cache_creation_input_tokens: written } = data
    if (typeof fresh === 'number' && (fresh > 0 || counted.input === null)) {
      counted.input = fresh + (read ?? 0) + (written ?? 0)
      counted.cached = read ?? 0
    }
    counted.output = data.output_tokens ?? counted.output
  } else if (wire === 'openai') {
    const { data } = OpenaiUsage.safeParse(usage)
    if (!data) return
    counted.input = data.input_tokens
    counted.cached = data.input_tokens_details?.cached_tokens ?? 0
    counted.output = data.output_tokens
  } else {
    const { data } = GoogleUsage.safeParse(usage)
    if (!data) return
    counted.input = data.promptTokenCount
    counted.cached = data.cachedContentTokenCount ?? 0
    counted.output = (data.candidatesTokenCount ?? 0) + (data.thoughtsTokenCount ?? 0)
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The JSON object after the last `marker`. A model's own text can't fake it: quotes inside a JSON string are escaped. */
const lastObjectAfter = (text: string, marker: string): unknown => {
  const start = text.indexOf('{', text.lastIndexOf(marker))
  if (start < 0 || !text.includes(marker)) return null
  for (let end = text.indexOf('}', start); end > 0; end = text.indexOf('}', end + 1)) {
    const value = parse(text.slice(start, end + 1))
    if (value !== null) return value
  }
  return null
}

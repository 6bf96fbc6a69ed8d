/** Reads token counts from an answer as it passes: a stream of events, a line an object (Ollama), or one JSON body. */
import { z } from 'zod'
import { MarkedEvents } from './marked-events.ts'
import type { Wire } from './route-table.ts'
import { BoundedText, type Piece } from './sse.ts'
import { absorb, type Counted } from './usage-shapes.ts'

/** Takes the answer's bytes and knows, at any moment, what has been counted so far. */
export interface UsageReader {
  push(chunk: Buffer): void
  /** Call once, at the end of the answer; also after a broken one. */
  finish(): Counted
}

/** `contentType` tells how the answer is made up. */
export const usageReader = (wire: Wire, contentType: string | undefined): UsageReader => {
  const counted: Counted = { input: null, cached: null, output: null }
  const read = (piece: Piece): void => {
    const usage = wire === 'ollama' ? ollamaUsage(piece) : findUsage(wire, piece)
    if (usage !== null) absorb[wire](counted, usage)
  }
  const type = contentType?.toLowerCase() ?? ''
  if (type.startsWith('text/event-stream')) {
    const events = new MarkedEvents(wire === 'ollama' ? 'eval_count"' : `${usageKey[wire]}"`, read)
    return { push: chunk => events.push(chunk), finish: () => counted }
  }
  const body = new BoundedText()
  const takeAll = (): Counted => {
    read(body.take())
    return counted
  }
  if (!type.startsWith('application/x-ndjson')) return { push: chunk => body.push(chunk), finish: takeAll }
  return {
    push: chunk => {
      let rest = chunk
      for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline)) {
        body.push(rest.subarray(0, end))
        read(body.take())
        rest = rest.subarray(end + 1)
      }
      body.push(rest)
    },
    finish: takeAll,
  }
}

const newline = 0x0a

const usageKey: Record<Exclude<Wire, 'ollama'>, string> = {
  anthropic: 'usage',
  openai: 'usage',
  google: 'usageMetadata',
  chat: 'usage',
}

/** Where a usage object may stand: at the top, in an event's message or response, or in each part of a JSON array. */
const findUsage = (wire: keyof typeof usageKey, piece: Piece): unknown => {
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

/** Ollama counts at the top of its last object, where in a piece that was cut only the end is left. */
const ollamaUsage = (piece: Piece): unknown => {
  if (!/"(?:prompt_)?eval_count"/.test(piece.data)) return null
  if (!piece.cut) return parse(piece.data)
  const last = (name: string): number | undefined => {
    const found = [...piece.data.matchAll(new RegExp(`(?<!\\\\)"${name}":(\\d{1,15})`, 'g'))].at(-1)
    return found === undefined ? undefined : Number(found[1])
  }
  return { prompt_eval_count: last('prompt_eval_count'), eval_count: last('eval_count'), done: true }
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

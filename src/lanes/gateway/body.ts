/** Reads a request's body whole, bounded, and as JSON once: what leaves is what was understood. */
import type { IncomingMessage } from 'node:http'
import type { Refusal } from './refusal.ts'
import type { Route } from './route-table.ts'

export type Body = { ok: true; value: Record<string, unknown> } | { ok: false; refusal: Refusal; message: string }

const invalid = (message: string): Body => ({ ok: false, refusal: 'invalid', message })

/** `hold` is asked for each part whether there is room for it; `atMost` is in bytes. */
export interface Room {
  atMost: number
  hold(bytes: number): boolean
}

/** The body as a JSON object: duplicate keys and odd encodings do not survive. A client that leaves midway is invalid. */
export const readBody = async (request: IncomingMessage, room: Room): Promise<Body> => {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return invalid(`the body must not be encoded (content-encoding: ${encoding})`)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > room.atMost)
        return { ok: false, refusal: 'tooLarge', message: `the body is over ${room.atMost} bytes` }
      if (!room.hold(chunk.length))
        return { ok: false, refusal: 'busy', message: 'too much is under way for this token' }
      chunks.push(chunk)
    }
  } catch {
    return invalid('the body broke off')
  }
  return asObject(Buffer.concat(chunks).toString('utf8'))
}

const asObject = (text: string): Body => {
  try {
    const value: unknown = JSON.parse(text)
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      return invalid('the body must be a JSON object')
    return { ok: true, value: value as Record<string, unknown> }
  } catch {
    return invalid('the body must be JSON')
  }
}

/** Written anew, so that the provider reads what was checked. null: nested too deep to be written. */
export const rewritten = (route: Route, body: Record<string, unknown>): Buffer | null => {
  try {
    return Buffer.from(JSON.stringify({ ...body, ...addedTo(route, body) }))
  } catch {
    return null
  }
}

const addedTo = ({ provider, wire }: Route, body: Record<string, unknown>): Record<string, unknown> => {
  // Left out it may be true: the answer would be kept, and could be read back with the operator's key.
  const unkept = provider === 'openai' ? { store: false } : {}
  // A stream of this shape tells its usage only when asked to.
  const counted =
    wire === 'chat' && body.stream === true
      ? { stream_options: { ...(body.stream_options as object | null), include_usage: true } }
      : {}
  return { ...unkept, ...counted }
}

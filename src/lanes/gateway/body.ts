/** Reads a request's body whole, bounded, and as JSON once: what leaves is what was understood. */
import type { IncomingMessage } from 'node:http'

export const maxBodyBytes = 32 * 1024 * 1024

export type Body =
  | { ok: true; value: Record<string, unknown>; bytes: Buffer }
  | { ok: false; reason: 'tooLarge' | 'invalid'; message: string }

const invalid = (message: string): Body => ({ ok: false, reason: 'invalid', message })

/**
 * The body as a JSON object, written anew (duplicate keys and odd encodings do not survive). Rejects only when the client
 * leaves midway.
 */
export const readBody = async (request: IncomingMessage): Promise<Body> => {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return invalid(`the body must not be encoded (content-encoding: ${encoding})`)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) return { ok: false, reason: 'tooLarge', message: `the body is over ${maxBodyBytes} bytes` }
    chunks.push(chunk)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      return invalid('the body must be a JSON object')
    return { ok: true, value: value as Record<string, unknown>, bytes: Buffer.from(JSON.stringify(value)) }
  } catch {
    return invalid('the body must be JSON')
  }
}

/**
 * `fetch` as far as both wires need it, without the five minutes after which Node's own takes a silent server for dead: a
 * slow machine reads a long prompt for longer. How long a silence may last is judged outside the box.
 */
import http from 'node:http'
import https from 'node:https'
import { ReadableStream } from 'node:stream/web'

/** Follows no redirect. Rejects with a TypeError, as fetch does, where no answer came. */
export const patientFetch = (
  address: string | URL | Request,
  { method = 'GET', headers, body, signal }: RequestInit = {},
): Promise<Response> => {
  const url = new URL(address instanceof Request ? address.url : address)
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const request = (url.protocol === 'https:' ? https : http).request(url, {
    method,
    headers: Object.fromEntries(new Headers(headers)),
    // Each question has a connection of its own: one that was kept may have been closed while a tool ran.
    agent: false,
    ...(signal ? { signal } : {}),
  })
  request.on('response', answer => {
    const held = new Headers()
    for (const [name, value] of Object.entries(answer.headers)) held.set(name, [value ?? ''].flat().join(', '))
    const status = answer.statusCode ?? 502
    const isBare = status === 204 || status === 304
    resolve(new Response(isBare ? null : ReadableStream.from(partsOf(answer)), { status, headers: held }))
  })
  request.on('error', error => reject(signal?.aborted ? error : new TypeError('fetch failed', { cause: error })))
  request.end(typeof body === 'string' ? body : undefined)
  return promise
}

/** An answer that breaks off fails as fetch's does. */
async function* partsOf(answer: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* answer
  } catch (error) {
    throw new TypeError('terminated', { cause: error })
  }
}

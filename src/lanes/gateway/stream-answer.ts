/** Carries an answer's bytes to the client as they come: never held back, never faster than the client reads. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { headersForClient } from './headers.ts'

/**
 * True when the answer went through whole. The head does not wait for a first part, nor that for a second. `see` is shown
 * each part before it is sent. A model's server writes each event by itself; what is there to be read at once goes on as
 * one part, which is what keeps a gate almost as fast as no gate.
 */
export const streamAnswer = (
  answer: IncomingMessage,
  response: ServerResponse,
  see: (part: Buffer) => void,
): Promise<boolean> => {
  if (response.destroyed) {
    answer.destroy()
    return Promise.resolve(false)
  }
  response.writeHead(answer.statusCode ?? 502, headersForClient(answer.headers))
  // At once, but together with a first part that came with it.
  let isHeadGone = false
  const sendHead = (): void => {
    if (!isHeadGone && !response.destroyed) response.flushHeaders()
    isHeadGone = true
  }
  setImmediate(sendHead)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let parts: Buffer[] = []
  const pass = (): void => {
    if (parts.length === 0) return
    const part = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    parts = []
    isHeadGone = true
    see(part)
    if (!response.write(part)) answer.pause()
  }
  answer.on('data', (part: Buffer) => {
    // By then all that was there to be read has been told, however many records and chunks it came in.
    if (parts.push(part) === 1) setImmediate(pass)
  })
  response.on('drain', () => answer.resume())
  answer.on('end', () => {
    pass()
    isHeadGone = true
    if (answer.complete) response.end()
  })
  answer.on('error', () => response.destroy())
  answer.on('close', () => {
    pass()
    if (!answer.complete) response.destroy()
  })
  response.on('error', () => {})
  response.on('close', () => {
    answer.destroy()
    resolve(response.writableFinished && answer.complete)
  })
  return promise
}

/** A slow model: the same answer, piece by piece, as long as its tokens take. */
import type { ServerResponse } from 'node:http'
import { eventsOf } from './fault.ts'
import type { Answer } from './wire/wire.ts'

export interface Pace {
  tokens: number
  tokensPerS: number
  /** Milliseconds. */
  wait: (ms: number) => Promise<unknown>
}

export const sendSlowly = async (response: ServerResponse, answer: Answer, pace: Pace): Promise<void> => {
  const events = eventsOf(answer)
  const eachMs = ((pace.tokens / pace.tokensPerS) * 1_000) / events.length
  response.writeHead(200, { 'content-type': answer.contentType })
  response.flushHeaders()
  for (const event of events) {
    await pace.wait(eachMs)
    if (response.destroyed) return
    response.write(event)
  }
  response.end()
}

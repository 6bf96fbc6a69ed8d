/** Asks one server, and takes its answer to the client unless another server may do better. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { answerClient } from './answer-client.ts'
import type { Errand } from './errand.ts'
import type { MeterRecord, Upstream } from './grant.ts'
import { noteAnswer, noteFailure } from './note-health.ts'
import { type PassedOver, whyPassOver } from './pass-over.ts'
import { restMs, retryAfterMs } from './rate-limit.ts'
import { reachServer } from './reach-server.ts'
import { type Counted, free, unmeasured } from './usage-shapes.ts'

/** `done`: the client was answered or dropped. Otherwise another server may be asked. `record`: to be metered. */
export type Outcome = { record: MeterRecord | null } & ({ done: true } | { done: false; passedOver: PassedOver })

/**
 * Asks one server. `isLast`: nobody else can be asked, so what it says is passed on as it is. A stream the server drops
 * is dropped for the client too, never ended cleanly, and never asked for again here. Does not throw.
 */
export const askServer = async (errand: Errand, upstream: Upstream, isLast: boolean): Promise<Outcome> => {
  const { match, response, signal } = errand
  const { clock } = errand.desk
  const startedAt = clock()
  const record = (status: number | null, counted: Counted, wait: number | null, aborted: boolean): MeterRecord => ({
    requestId: randomUUID(),
    model: errand.model,
    status,
    ...counted,
    startedAt,
    endedAt: clock(),
    retryAfterMs: wait,
    aborted,
  })
  const passOver = (reason: Omit<PassedOver, 'upstream'>, met: MeterRecord | null = null): Outcome => ({
    done: false,
    record: met,
    passedOver: { ...reason, upstream },
  })

  const reached = await reachServer(errand, upstream)
  if (!reached.ok) {
    if (!reached.isSent && !signal.aborted) return passOver(reached)
    if (!signal.aborted) noteFailure(errand, upstream, 'it cut the connection')
    response.destroy()
    return { done: true, record: reached.isSent ? record(null, unmeasured, null, true) : null }
  }
  const { answer, key } = reached
  const status = answer.statusCode ?? 502
  if (!isLast) {
    const over = await whyPassOver(errand, answer, key)
    if (over === 'answered') return { done: true, record: record(status, unmeasured, null, false) }
    if (over !== null) return passOver(over, record(status, unmeasured, null, false))
  }
  errand.rest(restMs(status, answer.headers, clock()))
  const said = retryAfterMs(status, answer.headers, clock())
  const isBrokenOff = watchEnd(answer, signal)
  const { whole, counted, waitMs } = await answerClient(errand, upstream, answer, key)
  if (waitMs !== null) errand.rest(waitMs)
  if (status >= 500) noteFailure(errand, upstream, `it answered with ${status}`)
  else if (isBrokenOff()) noteFailure(errand, upstream, 'it broke off its answer')
  else noteAnswer(errand, upstream)
  return { done: true, record: record(status, match.route.generates ? counted : free, said ?? waitMs, !whole) }
}

/** Whether the server ended an answer before its time: seen before the client is dropped for it. */
const watchEnd = (answer: IncomingMessage, signal: AbortSignal): (() => boolean) => {
  let isBroken = false
  const look = (): void => {
    if (!answer.complete && !signal.aborted) isBroken = true
  }
  answer.once('error', look)
  answer.once('close', look)
  return () => isBroken
}

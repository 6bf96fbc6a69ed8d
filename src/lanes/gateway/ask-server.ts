/** Asks one server, and takes its answer to the client unless another server may do better. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { answerClient } from './answer-client.ts'
import { credentialHeaders } from './credentials.ts'
import type { Errand } from './errand.ts'
import { failureWords, isTlsFailure } from './failure-words.ts'
import type { MeterRecord, Upstream } from './grant.ts'
import { headersForUpstream } from './headers.ts'
import { type PassedOver, whyPassOver } from './pass-over.ts'
import { restMs, retryAfterMs } from './rate-limit.ts'
import { send } from './send.ts'
import { hostOf, isOwnUpstream, type ServerFailure } from './server-address.ts'
import { type Counted, free, unmeasured } from './usage-shapes.ts'

/** `done`: the client was answered or dropped. Otherwise another server may be asked. `record`: to be metered. */
export type Outcome = { record: MeterRecord | null } & ({ done: true } | { done: false; passedOver: PassedOver })

/**
 * Asks one server. `isLast`: nobody else can be asked, so what it says is passed on as it is. A stream the server drops
 * is dropped for the client too, never ended cleanly, and never asked for again here. Does not throw.
 */
export const askServer = async (errand: Errand, upstream: Upstream, isLast: boolean): Promise<Outcome> => {
  const { desk, match, response, signal } = errand
  const { clock, health } = desk
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

  const way = await desk.connections.to(upstream)
  if (!way.ok) return passOver(way)
  const key = keyFor(errand, upstream)
  if (key === null) return passOver(withoutKey(upstream))
  const sent = await send(way, {
    method: match.route.method,
    path: match.target,
    headers: headersFor(errand, upstream, key),
    body: errand.body,
    signal,
    connectMs: desk.bounds.connectMs,
  })
  if (!sent.ok) {
    if (!sent.reached && !signal.aborted) return passOver(await unreached(errand, upstream, sent.code))
    if (!signal.aborted) health.failed(upstream.url)
    response.destroy()
    return { done: true, record: sent.reached ? record(null, unmeasured, null, true) : null }
  }
  const { answer } = sent
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
  if (status >= 500 || isBrokenOff()) health.failed(upstream.url)
  else if (health.answered(upstream.url)) desk.told?.(errand.grant, `server ${upstream.name} answers again`)
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

/** The key that goes to a server: its own, or the provider's login. null: it wants one, and there is none. */
const keyFor = ({ desk, secret }: Errand, { own }: Upstream): string | null => {
  if (own === undefined || own.keyVariable === null) return secret
  const key = desk.env[own.keyVariable] ?? ''
  return /^[\x21-\x7e]+$/.test(key) ? key : null
}

const withoutKey = ({ own }: Upstream): ServerFailure => ({
  why: `its key is not in ${own?.keyVariable}`,
  cure: `Set ${own?.keyVariable} where agentlab is started.`,
})

const headersFor = ({ grant, match, request, body, secret }: Errand, { own }: Upstream, key: string) => ({
  ...headersForUpstream(request.headers),
  ...grant.headers,
  ...(own?.keyVariable ? { authorization: `Bearer ${key}` } : credentialHeaders(grant, match.route, secret)),
  'accept-encoding': 'identity',
  ...(body === null ? {} : { 'content-length': body.length }),
})

/** A name that leads elsewhere by now is not followed, and that is said. */
const unreached = async ({ desk }: Errand, upstream: Upstream, code: string): Promise<ServerFailure> => {
  if (isTlsFailure(code)) desk.connections.forget(upstream)
  const failure = failureWords(upstream, code)
  const elsewhere = isOwnUpstream(upstream) ? await desk.connections.book.leadsElsewhere(upstream) : null
  if (elsewhere === null) return failure
  return {
    why: `${failure.why}; ${hostOf(upstream)} leads to ${elsewhere} now, which is not followed`,
    cure: 'If it has moved, start the supervisor anew when its runs are done.',
  }
}

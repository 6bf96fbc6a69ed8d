/** Carries one request to its upstream and the answer back, unbuffered, and counts what passes. */
import { randomUUID } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { credentialHeaders } from './credentials.ts'
import type { Desk } from './desk.ts'
import { isErrorStatus, sendErrorAnswer } from './error-answer.ts'
import type { Grant, MeterRecord, Upstream } from './grant.ts'
import { headersForUpstream } from './headers.ts'
import { sendModelList } from './model-list.ts'
import { restMs, retryAfterMs, retryInfoMs } from './rate-limit.ts'
import { refuse } from './refusal.ts'
import type { Match } from './routes.ts'
import { sendTold } from './server-told.ts'
import { streamAnswer } from './stream-answer.ts'
import { usageReader } from './usage.ts'
import type { Counted } from './usage-shapes.ts'

export interface Errand {
  desk: Desk
  grant: Grant
  upstream: Upstream
  match: Match
  model: string | null
  /** null for GET. */
  body: Buffer | null
  /** The operator's credential; empty where none is needed. */
  secret: string
  request: IncomingMessage
  response: ServerResponse
  /** Aborted when the token is revoked, the client leaves or the gateway closes. */
  signal: AbortSignal
  /** Told when the provider wants to be left alone. */
  rest(waitMs: number): void
}

const free: Counted = { input: 0, cached: 0, output: 0 }
const unmeasured: Counted = { input: null, cached: null, output: null }

/**
 * Resolves with what is to be metered, or null when the request never reached the upstream (it was then answered here).
 * A stream the upstream drops is dropped for the client too, never ended cleanly. Does not throw.
 */
export const forward = async (errand: Errand): Promise<MeterRecord | null> => {
  const { match, response } = errand
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

  const sent = await send(errand)
  if (!sent.ok) {
    if (sent.reached) response.destroy()
    else
      refuse(
        response,
        match.route.wire,
        'unreachable',
        `AgentLab: could not reach ${hostOf(errand.upstream)}: ${sent.reason}`,
      )
    return sent.reached ? record(null, unmeasured, null, true) : null
  }
  const { answer } = sent
  const status = answer.statusCode ?? 502
  errand.rest(restMs(status, answer.headers, clock()))
  const said = retryAfterMs(status, answer.headers, clock())
  const { whole, counted, waitMs } = await answerClient(errand, answer, status)
  if (waitMs !== null) errand.rest(waitMs)
  return record(status, match.route.generates ? counted : free, said ?? waitMs, !whole)
}

/** What became of an answer. `whole`: it went through to its end. `waitMs`: what its body asks to wait. */
interface Answered {
  whole: boolean
  counted: Counted
  waitMs: number | null
}

const answerClient = async (errand: Errand, answer: IncomingMessage, status: number): Promise<Answered> => {
  const { grant, match, response } = errand
  const { route } = match
  if (status >= 300 && status < 400) {
    answer.destroy()
    const message = `AgentLab: ${hostOf(errand.upstream)} answered with a redirect, and none is followed`
    refuse(response, route.wire, 'unreachable', message)
    return { whole: true, counted: unmeasured, waitMs: null }
  }
  if (isErrorStatus(status)) {
    const text = await sendErrorAnswer(answer, response, errand.secret)
    const waitMs = route.wire === 'google' && status === 429 ? retryInfoMs(text ?? '') : null
    return { whole: text !== null, counted: unmeasured, waitMs }
  }
  if (route.listsModels)
    return { whole: await sendModelList(answer, response, route, grant), counted: free, waitMs: null }
  if (route.shows !== null)
    return { whole: await sendTold(answer, response, route, route.shows, grant), counted: free, waitMs: null }
  const reader = usageReader(route.wire, answer.headers['content-type'])
  const whole = await streamAnswer(answer, response, part => {
    reader.push(part)
    errand.desk.heard?.(grant)
  })
  return { whole, counted: reader.finish(), waitMs: null }
}

const hostOf = ({ url }: Upstream): string => new URL(url).host

type Sent = { ok: true; answer: IncomingMessage } | { ok: false; reached: boolean; reason: string }

const send = (errand: Errand): Promise<Sent> => {
  const { grant, match, body, request, signal, secret } = errand
  const { agents } = errand.desk
  const base = new URL(errand.upstream.url)
  const secure = base.protocol === 'https:'
  const { promise, resolve } = Promise.withResolvers<Sent>()
  let reached = false
  const outgoing = (secure ? https : http).request({
    protocol: base.protocol,
    hostname: base.hostname.replace(/^\[|\]$/g, ''),
    port: base.port === '' ? undefined : base.port,
    path: base.pathname.replace(/\/$/, '') + match.target,
    method: match.route.method,
    agent: secure ? agents.https : agents.http,
    signal,
    headers: {
      ...headersForUpstream(request.headers),
      ...grant.headers,
      ...credentialHeaders(grant, match.route, secret),
      'accept-encoding': 'identity',
      ...(body === null ? {} : { 'content-length': body.length }),
    },
  })
  outgoing.on('socket', socket => {
    if (!socket.connecting) reached = true
    else socket.once(secure ? 'secureConnect' : 'connect', () => (reached = true))
  })
  outgoing.on('response', answer => resolve({ ok: true, answer }))
  outgoing.on('error', (error: NodeJS.ErrnoException) =>
    resolve({ ok: false, reached, reason: error.code ?? 'failed' }),
  )
  outgoing.end(body ?? undefined)
  return promise
}

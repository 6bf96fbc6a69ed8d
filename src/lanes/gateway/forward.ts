/** Carries one request to its upstream and the answer back, unbuffered, and counts what passes. */
import { randomUUID } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { credentialHeaders } from './credentials.ts'
import { isErrorStatus, sendErrorAnswer } from './error-answer.ts'
import type { Grant, MeterRecord } from './grant.ts'
import { headersForClient, headersForUpstream } from './headers.ts'
import { retryAfterMs } from './rate-limit.ts'
import { refuse } from './refusal.ts'
import type { Match } from './routes.ts'
import { type Counted, usageReader } from './usage.ts'

export interface Errand {
  grant: Grant
  match: Match
  model: string | null
  /** null for GET. */
  body: Buffer | null
  request: IncomingMessage
  response: ServerResponse
  /** Aborted when the token is revoked, the client leaves or the gateway closes. */
  signal: AbortSignal
  clock: () => number
  /** Called as parts of an answer pass: the provider is alive. */
  onBytes: () => void
  agents: { http: http.Agent; https: https.Agent }
}

const free: Counted = { input: 0, cached: 0, output: 0 }
const unmeasured: Counted = { input: null, cached: null, output: null }

/**
 * Resolves with what is to be metered, or null when the request never reached the upstream (it was then answered here).
 * A stream the upstream drops is dropped for the client too, never ended cleanly. Does not throw.
 */
export const forward = async (errand: Errand): Promise<MeterRecord | null> => {
  const { grant, match, response, clock } = errand
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

  const secret = grant.credential.kind === 'none' ? '' : await readCredential(grant)
  if (secret === null) {
    refuse(
      response,
      match.route.wire,
      'unauthorized',
      `AgentLab: the operator's ${grant.provider} login could not be read`,
    )
    return null
  }
  const sent = await send(errand, secret)
  if (!sent.ok) {
    if (sent.reached) response.destroy()
    else refuse(response, match.route.wire, 'unreachable', `AgentLab: could not reach ${hostOf(grant)}: ${sent.reason}`)
    return sent.reached ? record(null, unmeasured, null, true) : null
  }
  const { answer } = sent
  const status = answer.statusCode ?? 502
  const wait = retryAfterMs(status, answer.headers, clock())
  if (isErrorStatus(status)) {
    const whole = await sendErrorAnswer(answer, response, secret)
    return record(status, match.route.generates ? unmeasured : free, wait, !whole)
  }
  const reader = usageReader(match.route.wire, answer.headers['content-type'])
  const whole = await stream(answer, response, chunk => {
    reader.push(chunk)
    errand.onBytes()
  })
  return record(status, match.route.generates ? reader.finish() : free, wait, !whole)
}

const hostOf = (grant: Grant): string => new URL(grant.upstream).host

const readCredential = async (grant: Grant): Promise<string | null> => {
  try {
    const secret = await grant.credential.read()
    return /^[\x21-\x7e]+$/.test(secret) ? secret : null
  } catch {
    return null
  }
}

type Sent = { ok: true; answer: IncomingMessage } | { ok: false; reached: boolean; reason: string }

const send = (errand: Errand, secret: string): Promise<Sent> => {
  const { grant, match, body, request, signal, agents } = errand
  const base = new URL(grant.upstream)
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
      ...credentialHeaders(grant, match.route.wire, secret),
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

/** True when the answer went through whole. The head is sent at once, so the first byte is not held back. */
const stream = async (
  answer: IncomingMessage,
  response: ServerResponse,
  see: (chunk: Buffer) => void,
): Promise<boolean> => {
  response.writeHead(answer.statusCode ?? 502, headersForClient(answer.headers))
  response.flushHeaders()
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      see(chunk)
      done(null, chunk)
    },
  })
  try {
    await pipeline(answer, tap, response)
    return answer.complete
  } catch {
    response.destroy()
    return false
  }
}

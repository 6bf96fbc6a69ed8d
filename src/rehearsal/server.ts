/** The scripted model as a server on loopback: the providers' wires in, scripted answers out, and a record of what was asked. */
import { createHash } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { prettifyError, ZodError } from 'zod'
import { Identity, identityHeader, readIdentity } from './identity.ts'
import { type Played, play } from './play.ts'
import type { Fault } from './reply.ts'
import type { Scenario } from './scenario.ts'
import { anthropic } from './wire/anthropic.ts'
import { chat } from './wire/chat.ts'
import { gemini } from './wire/gemini.ts'
import { responses } from './wire/responses.ts'
import type { Answer, Wire, WireRequest } from './wire/wire.ts'

/** What came in and what became of it; never its content. */
export interface RecordedRequest {
  path: string
  identity: Identity | null
  model: string | null
  /** Step of the script that was played, from 1; null when the request is not part of one. */
  step: number | null
  outcome: 'answered' | 'side' | 'count' | 'fault' | 'unscripted'
  /** Of an unscripted request: who asked for what. */
  detail: string | null
}

export interface Rehearsal {
  /** `http://127.0.0.1:<port>`: the upstream of every grant, whatever the provider. */
  origin: string
  requests(): RecordedRequest[]
  close(): Promise<void>
}

export interface RehearsalOptions {
  /** Who is taken to ask when a request does not say: for clients that reach the rehearsal without the gateway. */
  identity?: Partial<Identity>
}

interface Endpoint {
  pattern: RegExp
  wire: Wire
  counts: boolean
}

const endpoints: readonly Endpoint[] = [
  { pattern: /^\/v1\/messages$/, wire: anthropic, counts: false },
  { pattern: /^\/v1\/messages\/count_tokens$/, wire: anthropic, counts: true },
  { pattern: /^\/v1\/chat\/completions$/, wire: chat, counts: false },
  { pattern: /^\/v1\/responses$/, wire: responses, counts: false },
  { pattern: /^\/v1beta\/models\/[^:/]+:(?:streamG|g)enerateContent$/, wire: gemini, counts: false },
  { pattern: /^\/v1beta\/models\/[^:/]+:countTokens$/, wire: gemini, counts: true },
]

/** Listens on a free port of 127.0.0.1. It keeps no state but the record: every answer follows from its request. */
export const startRehearsal = async (scenario: Scenario, options: RehearsalOptions = {}): Promise<Rehearsal> => {
  const recorded: RecordedRequest[] = []
  const fallback = options.identity ? Identity.parse({ role: 'worker', ...options.identity }) : null

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.sendDate = false
    const url = (request.url ?? '').replace(/^\/(?:anthropic|openai|google|local)(?=\/)/, '')
    const path = url.split('?')[0]!
    if (path === '/') {
      response.writeHead(200).end()
      return
    }
    const endpoint = request.method === 'POST' ? endpoints.find(({ pattern }) => pattern.test(path)) : undefined
    if (!endpoint) {
      response.writeHead(404).end()
      return
    }
    const { wire } = endpoint
    const body = await bodyOf(request)
    const wireRequest: WireRequest = { url, userAgent: request.headers['user-agent'] ?? '', bytes: body.length }
    const identity = readIdentity(request.headers[identityHeader]) ?? fallback
    const record = (entry: Pick<RecordedRequest, 'model' | 'step' | 'outcome'>, detail: string | null = null) =>
      recorded.push({ path, identity, ...entry, detail })

    if (endpoint.counts) {
      record({ model: null, step: null, outcome: 'count' })
      return send(response, 200, wire.count(Math.ceil(body.length / 4)))
    }
    let conversation: ReturnType<Wire['read']>
    try {
      conversation = wire.read(JSON.parse(body.toString('utf8')), wireRequest)
    } catch (error) {
      const why = error instanceof ZodError ? prettifyError(error).slice(0, 500) : String(error)
      record({ model: null, step: null, outcome: 'unscripted' }, why)
      return send(response, 400, wire.error(400, `Rehearsal: the request can't be read: ${why}`, null))
    }
    const { model, stream } = conversation
    const seed = seedOf(body, identity)
    const played: Played = play(scenario, identity, conversation, seed)
    if (played.kind === 'unscripted') {
      record({ model, step: played.step, outcome: 'unscripted' }, played.why)
      return send(response, 400, wire.error(400, `Rehearsal: unscripted request: ${played.why}`, null))
    }
    if (played.kind === 'fault') {
      record({ model, step: played.step, outcome: 'fault' })
      return fail(response, played.fault, wire, wire.write(played.reply, wireRequest, stream))
    }
    record({ model, step: played.step, outcome: played.side ? 'side' : 'answered' })
    send(response, 200, wire.write(played.reply, wireRequest, stream))
  }

  const server = http.createServer((request, response) => {
    // Only a client that leaves in the middle of its own request makes this fail.
    serve(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => structuredClone(recorded),
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The same for the same request of the same attempt, different for any other. */
const seedOf = (body: Buffer, identity: Identity | null): string =>
  createHash('sha256').update(JSON.stringify(identity)).update(body).digest('hex').slice(0, 24)

const send = (response: ServerResponse, status: number, answer: Answer, headers: Record<string, string> = {}): void => {
  const body = Buffer.from(answer.body)
  response.writeHead(status, { 'content-type': answer.contentType, 'content-length': body.length, ...headers })
  response.end(body)
}

const fail = (response: ServerResponse, fault: Fault, wire: Wire, whole: Answer): void => {
  if (fault.kind === 'status') {
    const { code, retryAfterS } = fault
    const message = fault.message ?? `Rehearsal: scripted error ${code}`
    const headers: Record<string, string> = retryAfterS === null ? {} : { 'retry-after': String(retryAfterS) }
    send(response, code, wire.error(code, message, retryAfterS), headers)
  } else if (fault.kind === 'garbage') {
    const body = '<!doctype html><html><body><h1>Not the API you are looking for</h1></body></html>\n'
    send(response, 200, { contentType: 'text/html; charset=utf-8', body })
  } else if (fault.kind === 'drop') {
    sendPart(response, whole, fault.afterBytes ?? whole.body.length >> 1, () => response.destroy())
  } else {
    sendPart(response, whole, fault.afterBytes ?? 0, () => {})
  }
}

/** Sends the first bytes and then calls back; the answer is never ended here. */
const sendPart = (response: ServerResponse, whole: Answer, bytes: number, then: () => void): void => {
  const part = Buffer.from(whole.body).subarray(0, bytes)
  if (part.length === 0) {
    then()
    return
  }
  response.writeHead(200, { 'content-type': whole.contentType })
  response.write(part, then)
}

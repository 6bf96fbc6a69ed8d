/** The scripted model as a server on loopback: the providers' wires in, scripted answers out, and a record of what was asked. */
import { createHash } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { prettifyError, ZodError } from 'zod'
import type { Conversation } from './conversation.ts'
import { fail, send } from './fault.ts'
import { Identity, identityHeader, readIdentity } from './identity.ts'
import { answerAbout, modelNamed } from './model-server.ts'
import { sendSlowly } from './pace.ts'
import { play } from './play.ts'
import type { Scenario } from './scenario.ts'
import type { Fault } from './turns.ts'
import { anthropic } from './wire/anthropic.ts'
import { chat } from './wire/chat.ts'
import { gemini } from './wire/gemini.ts'
import { ollama } from './wire/ollama.ts'
import { responses } from './wire/responses.ts'
import { type Answer, json, parsedArguments, type Wire, type WireRequest } from './wire/wire.ts'

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
  /** The same where it can be told from the request's body. */
  identify?: (body: string) => Partial<Identity>
  /** How a slow model waits, in milliseconds; left out, by the clock. */
  wait?: (ms: number) => Promise<unknown>
  /** Left out, a free one. */
  port?: number
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
  { pattern: /^\/api\/(?:chat|generate)$/, wire: ollama, counts: false },
  { pattern: /^\/v1beta\/models\/[^:/]+:(?:streamG|g)enerateContent$/, wire: gemini, counts: false },
  { pattern: /^\/v1beta\/models\/[^:/]+:countTokens$/, wire: gemini, counts: true },
]

/**
 * Listens on 127.0.0.1. It keeps no state but the record, and how often a fault that passes was met: every answer follows
 * from its request.
 */
export const startRehearsal = async (scenario: Scenario, options: RehearsalOptions = {}): Promise<Rehearsal> => {
  const recorded: RecordedRequest[] = []
  const met = new Map<string, number>()
  const { wait = sleep, port = 0 } = options

  const identityOf = (request: IncomingMessage, body: Buffer): Identity | null => {
    const told = readIdentity(request.headers[identityHeader])
    if (told !== null || (options.identity ?? options.identify) === undefined) return told
    return Identity.parse({ role: 'worker', ...options.identity, ...options.identify?.(body.toString('utf8')) })
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.sendDate = false
    const url = (request.url ?? '').replace(/^\/(?:anthropic|openai|google|local)(?=\/)/, '')
    const path = url.split('?')[0]!
    if (path === '/') {
      response.writeHead(200).end()
      return
    }
    const body = await bodyOf(request)
    const identity = identityOf(request, body)
    const asksServer = isOfServer(identity)
    const about = asksServer
      ? answerAbout(scenario.server, request.method ?? '', path, parsedArguments(body.toString('utf8')))
      : null
    if (about !== null) return send(response, about.status, about.answer)
    const endpoint = request.method === 'POST' ? endpoints.find(({ pattern }) => pattern.test(path)) : undefined
    if (!endpoint) {
      response.writeHead(404).end()
      return
    }
    const { wire } = endpoint
    const wireRequest: WireRequest = { url, userAgent: request.headers['user-agent'] ?? '', bytes: body.length }
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
    const served = asksServer ? serverWord(scenario.server, conversation) : null
    const context = modelNamed(scenario.server, model)?.context ?? 0
    const broken = (fault: Fault, whole: Answer): Promise<void> =>
      fail(response, { fault, wire, whole, model, inputTokens: conversation.inputTokens, context })
    if (served?.fault) {
      record({ model, step: null, outcome: 'fault' })
      return broken(served.fault, json(null))
    }
    const seed = seedOf(body, identity)
    const place = (step: number): string => JSON.stringify([identity, step])
    const played = play(scenario, identity, served?.heard ?? conversation, seed, step => met.get(place(step)) ?? 0)
    if (played.kind === 'unscripted') {
      record({ model, step: played.step, outcome: 'unscripted' }, played.why)
      return send(response, 400, wire.error(400, `Rehearsal: unscripted request: ${played.why}`, null))
    }
    const whole = wire.write(played.reply, wireRequest, stream)
    if (played.kind === 'fault') {
      record({ model, step: played.step, outcome: 'fault' })
      met.set(place(played.step), (met.get(place(played.step)) ?? 0) + 1)
      return broken(played.fault, whole)
    }
    record({ model, step: played.step, outcome: played.side ? 'side' : 'answered' })
    const { tokensPerS, reply } = played
    if (tokensPerS === null) return send(response, 200, whole)
    await sendSlowly(response, whole, { tokens: reply.outputTokens, tokensPerS, wait })
  }

  const server = http.createServer((request, response) => {
    // Only a client that leaves in the middle of its own request makes this fail.
    serve(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
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

/** Lists and rules of a model server are for those who ask one, not for the providers' own CLIs. */
const isOfServer = (identity: Identity | null): boolean =>
  identity === null || identity.worker === null || identity.worker === 'local'

/** What the server around the model makes of a question, before the model hears it; null: nothing. */
const serverWord = (
  server: Scenario['server'],
  asked: Conversation,
): { fault: Fault | null; heard: Conversation } | null => {
  const model = modelNamed(server, asked.model)
  if (server === undefined) return null
  if (model === null) return { fault: { kind: 'missing' }, heard: asked }
  if (server.overlong === undefined || asked.inputTokens <= model.context) return null
  if (server.overlong === 'refuse') return { fault: { kind: 'overflow', server: server.kind }, heard: asked }
  return { fault: null, heard: { ...asked, inputTokens: model.context, cachedTokens: 0 } }
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The same for the same request of the same attempt, different for any other. */
const seedOf = (body: Buffer, identity: Identity | null): string =>
  createHash('sha256').update(JSON.stringify(identity)).update(body).digest('hex').slice(0, 24)

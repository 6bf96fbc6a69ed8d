/** What goes wrong on the wire, put into bytes: an error in somebody's words, a stream that breaks, hangs or never ends. */
import type { ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { ServerKind } from './steps.ts'
import type { Fault } from './turns.ts'
import { type Answer, json, type Wire } from './wire/wire.ts'

export const send = (
  response: ServerResponse,
  status: number,
  answer: Answer,
  headers: Record<string, string> = {},
): void => {
  const body = Buffer.from(answer.body)
  response.writeHead(status, { 'content-type': answer.contentType, 'content-length': body.length, ...headers })
  response.end(body)
}

export interface FaultParts {
  fault: Fault
  wire: Wire
  /** The answer it happens to. */
  whole: Answer
  /** The model asked for. */
  model: string
  /** Tokens of the question, and those the model can hold. */
  inputTokens: number
  context: number
}

/** In the middle of this text an endless answer goes on. */
export const endlessText = 'It goes on and on.'

export const fail = async (response: ServerResponse, parts: FaultParts): Promise<void> => {
  const { fault, wire, whole } = parts
  switch (fault.kind) {
    case 'status': {
      const { code, retryAfterS } = fault
      const message = fault.message ?? `Rehearsal: scripted error ${code}`
      const headers: Record<string, string> = retryAfterS === null ? {} : { 'retry-after': String(retryAfterS) }
      return send(response, code, wire.error(code, message, retryAfterS), headers)
    }
    case 'overflow':
      return send(response, 400, overflowIn(fault.server, parts))
    case 'missing':
      return send(response, 404, wire.error(404, missingModel(parts.model), null))
    case 'loading':
      return send(response, 503, wire.error(503, 'model is loading', null))
    case 'garbage': {
      const body = '<!doctype html><html><body><h1>Not the API you are looking for</h1></body></html>\n'
      return send(response, 200, { contentType: 'text/html; charset=utf-8', body })
    }
    case 'drop':
      return sendPart(response, whole, fault.afterBytes ?? whole.body.length >> 1, () => response.destroy())
    case 'hang':
      return sendPart(response, whole, fault.afterBytes ?? 0, () => {})
    case 'endless':
      return goOn(response, whole)
  }
}

/** Ollama's words. */
const missingModel = (model: string): string => `model "${model}" not found, try pulling it first`

/** Each server's own words for a question that is too long (Ollama's runner, llama.cpp's server, vLLM's front end). */
const overflowIn = (server: ServerKind, { wire, inputTokens, context }: FaultParts): Answer => {
  if (server === 'ollama') return wire.error(400, 'the input length exceeds the context length', null)
  if (server === 'llamacpp') {
    const message = `request (${inputTokens} tokens) exceeds the available context size (${context} tokens), try increasing it`
    const counts = { n_prompt_tokens: inputTokens, n_ctx: context }
    return json({ error: { code: 400, message, type: 'exceed_context_size_error', ...counts } })
  }
  const message = `This model's maximum context length is ${context} tokens. However, your request has ${inputTokens} input tokens. Please reduce the length of the input messages.`
  return json({ object: 'error', message, type: 'BadRequestError', param: null, code: 400 })
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

/** The pieces of a stream as they are sent: server-sent events, or lines of JSON. */
export const eventsOf = ({ contentType, body }: Answer): string[] =>
  contentType.startsWith('text/event-stream') ? body.split(/(?<=\n\n)/) : body.split(/(?<=\n)/)

/** Until the client leaves. */
const goOn = async (response: ServerResponse, whole: Answer): Promise<void> => {
  const events = eventsOf(whole)
  const at = events.findIndex(event => event.includes(endlessText))
  response.writeHead(200, { 'content-type': whole.contentType })
  for (const event of events.slice(0, at)) response.write(event)
  for (let n = 0; !response.destroyed; n++) {
    const words = `It goes on to ${((n * 2_654_435_761) >>> 0).toString(36)}. `
    if (response.write(events[at]!.replace(endlessText, words))) await setImmediate()
    else await drained(response)
  }
}

/** Resolves when there is room again, or nobody left to write to. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise(resolve => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.once('drain', done).once('close', done)
  })

/** Asks a server that speaks Anthropic's Messages, by the official SDK, streamed: Ollama does, and others. */
import Anthropic, { APIConnectionError, APIError } from '@anthropic-ai/sdk'
import { z } from 'zod'
import { tokens } from '../../stream.ts'
import { schemaOf } from '../tools/tool.ts'
import type { Turn } from '../turns.ts'
import { patientFetch } from './patient-fetch.ts'
import { type Ask, emptyReply, networkFailure, type Reply, retryInMs, type Server, WireFailure } from './wire.ts'

/** Longer than any wait: how long a silence may last is judged outside the box. */
const timeoutMs = 24 * 60 * 60_000

export const messagesWire = ({ baseUrl, token, model }: Server): Ask => {
  const client = new Anthropic({
    baseURL: baseUrl,
    apiKey: token,
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: 'off',
    fetch: patientFetch,
  })
  return async ({ system, turns, tools, maxTokens, signal, onPiece }) => {
    const reading = reader(onPiece)
    try {
      const stream = await client.messages.create(
        {
          model,
          max_tokens: maxTokens,
          system,
          messages: turns.map(messageOf),
          ...(tools.length === 0
            ? {}
            : {
                tools: tools.map(tool => ({
                  name: tool.name,
                  description: tool.description,
                  input_schema: schemaOf(tool),
                })),
              }),
          stream: true,
        },
        { signal },
      )
      for await (const event of stream) reading.take(event)
      return reading.finish()
    } catch (error) {
      throw failureOf(error)
    }
  }
}

const messageOf = (turn: Turn): Anthropic.MessageParam => {
  if (turn.kind === 'results') {
    return {
      role: 'user',
      content: turn.results.map(({ id, ok, text }) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: text,
        is_error: !ok,
      })),
    }
  }
  if (turn.kind !== 'answer') return { role: 'user', content: turn.text }
  const spoken = turn.text.trim() === '' ? [] : [{ type: 'text' as const, text: turn.text }]
  const calls = turn.calls.map(({ id, name, input }) => ({ type: 'tool_use' as const, id, name, input }))
  return { role: 'assistant', content: [...spoken, ...calls] }
}

type Event = Anthropic.RawMessageStreamEvent

/** Puts the events of one answer together. Arguments stay text: the SDK would drop what a weak model got wrong. */
const reader = (onPiece: (piece: string) => void) => {
  const reply = emptyReply()
  const open = new Map<number, Reply['calls'][number]>()
  let [hasBegun, isWhole] = [false, false]

  const start = ({ index, content_block: block }: Extract<Event, { type: 'content_block_start' }>): void => {
    if (block.type !== 'tool_use') return
    const given = JSON.stringify(block.input ?? {})
    const call = { id: block.id, name: block.name, input: given === '{}' ? '' : given }
    open.set(index, call)
    reply.calls.push(call)
  }

  const grow = ({ index, delta }: Extract<Event, { type: 'content_block_delta' }>): void => {
    if (delta.type === 'text_delta') {
      reply.text += delta.text
      onPiece(delta.text)
    } else if (delta.type === 'thinking_delta') {
      reply.thinking += delta.thinking
      onPiece(delta.thinking)
    } else if (delta.type === 'input_json_delta') {
      const call = open.get(index)
      if (call !== undefined) call.input += delta.partial_json
      onPiece(delta.partial_json)
    }
  }

  /** Each later count corrects the earlier one, but for a zero that only means "see above". */
  const measure = (usage: Partial<Record<keyof Anthropic.Usage, unknown>> | null | undefined): void => {
    const cached = tokens(usage?.cache_read_input_tokens) ?? 0
    const input = tokens(usage?.input_tokens)
    if (input !== null && (input > 0 || reply.usage.input === null)) {
      reply.usage.input = input + cached + (tokens(usage?.cache_creation_input_tokens) ?? 0)
      reply.usage.cached = cached
    }
    reply.usage.output = tokens(usage?.output_tokens) ?? reply.usage.output
  }

  return {
    take: (event: Event): void => {
      if (event.type === 'message_start') {
        hasBegun = true
        measure(event.message?.usage)
      } else if (event.type === 'content_block_start') start(event)
      else if (event.type === 'content_block_delta') grow(event)
      else if (event.type === 'message_delta') {
        if (event.delta.stop_reason === 'max_tokens') reply.stop = 'length'
        if (event.delta.stop_reason === 'refusal') reply.stop = 'refusal'
        measure(event.usage)
      } else if (event.type === 'message_stop') isWhole = true
    },
    finish: (): Reply => {
      if (!hasBegun) throw new WireFailure('malformed', "the server's answer is not a message")
      if (!isWhole) throw new WireFailure('network', 'the answer broke off')
      return reply
    },
  }
}

/** A refusal's own words, without the JSON around them. */
const Said = z.object({ error: z.object({ message: z.string() }) })

const failureOf = (error: unknown): unknown => {
  if (error instanceof APIConnectionError) return networkFailure(error)
  if (error instanceof APIError) {
    if (typeof error.status !== 'number') return new WireFailure('malformed', error.message)
    const wait = retryInMs(error.headers?.get('retry-after'), Date.now())
    const said = Said.safeParse(error.error).data?.error.message
    const message = said === undefined ? error.message : `${error.status} ${said}`
    return new WireFailure('http', message, { status: error.status, retryInMs: wait })
  }
  if (error instanceof SyntaxError) return new WireFailure('malformed', error.message)
  // The SDK lets through what fetch throws when a body breaks off.
  return error instanceof TypeError ? networkFailure(error) : error
}

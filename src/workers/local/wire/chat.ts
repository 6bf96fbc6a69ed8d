/** Asks a server that speaks OpenAI's chat completions, streamed: llama.cpp, vLLM, LM Studio, LiteLLM and Ollama do. */
import { z } from 'zod'
import { parseObject } from '../../stream.ts'
import { schemaOf } from '../tools/tool.ts'
import type { Turn } from '../turns.ts'
import { dataLines } from './data-lines.ts'
import { patientFetch } from './patient-fetch.ts'
import { type Ask, emptyReply, networkFailure, type Reply, retryInMs, type Server, WireFailure } from './wire.ts'

const ToolCall = z.object({
  index: z.number().int().nonnegative().default(0),
  id: z.string().nullish(),
  function: z
    .object({
      name: z.string().nullish(),
      arguments: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
    })
    .nullish(),
})
const Chunk = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
            tool_calls: z.array(ToolCall).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .default([]),
  usage: z
    .object({
      prompt_tokens: z.int().nonnegative(),
      completion_tokens: z.int().nonnegative(),
      prompt_tokens_details: z.object({ cached_tokens: z.int().nonnegative().nullish() }).nullish(),
    })
    .nullish(),
  error: z.union([z.string(), z.object({ message: z.string().default('unknown') })]).nullish(),
})

export const chatWire =
  ({ baseUrl, token, model }: Server): Ask =>
  async ({ system, turns, tools, maxTokens, signal, onPiece }) => {
    const body = {
      model,
      max_tokens: maxTokens,
      messages: [{ role: 'system', content: system }, ...turns.flatMap(messagesOf)],
      ...(tools.length === 0
        ? {}
        : {
            tools: tools.map(tool => ({
              type: 'function',
              function: { name: tool.name, description: tool.description, parameters: schemaOf(tool) },
            })),
          }),
      stream: true,
      stream_options: { include_usage: true },
    }
    const response = await patientFetch(`${baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      signal,
    }).catch(error => {
      throw networkFailure(error)
    })
    if (!response.ok) throw await refusalOf(response)
    if (response.body === null) throw new WireFailure('malformed', 'the answer has no body')
    return read(response.body, onPiece)
  }

const messagesOf = (turn: Turn): unknown[] => {
  if (turn.kind === 'results')
    return turn.results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text }))
  if (turn.kind !== 'answer') return [{ role: 'user', content: turn.text }]
  const calls = turn.calls.map(({ id, name, input }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }))
  return [{ role: 'assistant', content: turn.text, ...(calls.length === 0 ? {} : { tool_calls: calls }) }]
}

const refusalOf = async (response: Response): Promise<WireFailure> => {
  const text = await response.text().catch(() => '')
  const wait = retryInMs(response.headers.get('retry-after'), Date.now())
  const said = Chunk.safeParse(parseObject(text)).data?.error
  const message = typeof said === 'string' ? said : (said?.message ?? text.slice(0, 300))
  return new WireFailure('http', `${response.status} ${message}`, { status: response.status, retryInMs: wait })
}

const read = async (body: AsyncIterable<Uint8Array>, onPiece: (piece: string) => void): Promise<Reply> => {
  const reading = reader(onPiece)
  try {
    for await (const line of dataLines(body)) if (!reading.take(line)) break
  } catch (error) {
    throw error instanceof TypeError ? networkFailure(error) : error
  }
  return reading.finish()
}

const reader = (onPiece: (piece: string) => void) => {
  const reply = emptyReply()
  const calls = new Map<number, Reply['calls'][number]>()
  let [hasBegun, isWhole] = [false, false]

  const addCall = (part: z.output<typeof ToolCall>): void => {
    let call = calls.get(part.index)
    // Some servers give every call the same index and tell them apart by their ids alone.
    if (call === undefined || (part.id && call.id !== '' && part.id !== call.id)) {
      call = { id: part.id ?? '', name: '', input: '' }
      calls.set(part.index, call)
      reply.calls.push(call)
    }
    call.name ||= part.function?.name ?? ''
    const given = part.function?.arguments ?? ''
    const text = typeof given === 'string' ? given : JSON.stringify(given)
    call.input += text
    onPiece(text)
  }

  const add = (delta: NonNullable<z.output<typeof Chunk>['choices'][number]['delta']>): void => {
    const thought = delta.reasoning_content ?? delta.reasoning ?? ''
    reply.thinking += thought
    reply.text += delta.content ?? ''
    onPiece(thought + (delta.content ?? ''))
    for (const part of delta.tool_calls ?? []) addCall(part)
  }

  return {
    /** False: the server has said its last word. */
    take: (data: string): boolean => {
      if (data === '[DONE]') {
        isWhole = true
        return false
      }
      const { data: chunk } = Chunk.safeParse(parseObject(data))
      if (chunk === undefined) return true
      hasBegun = true
      if (chunk.error)
        throw new WireFailure('http', typeof chunk.error === 'string' ? chunk.error : chunk.error.message, {
          status: 500,
        })
      for (const { delta, finish_reason } of chunk.choices) {
        if (delta) add(delta)
        if (finish_reason) isWhole = true
        if (finish_reason === 'length') reply.stop = 'length'
        if (finish_reason === 'content_filter') reply.stop = 'refusal'
      }
      if (chunk.usage) {
        const { prompt_tokens, completion_tokens, prompt_tokens_details } = chunk.usage
        reply.usage = {
          input: prompt_tokens,
          cached: prompt_tokens_details?.cached_tokens ?? 0,
          output: completion_tokens,
        }
      }
      return true
    },
    finish: (): Reply => {
      if (!hasBegun && !isWhole)
        throw new WireFailure('malformed', "the server's answer is not a stream of chat chunks")
      if (!isWhole) throw new WireFailure('network', 'the answer broke off')
      return reply
    },
  }
}

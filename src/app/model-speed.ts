/** How fast a model on one of the operator's servers answers: one short, harmless prompt, the same for each. */
import { z } from 'zod'
import type { ServerConnection } from '../lanes/gateway/connection-to.ts'
import type { ServerKind } from '../workers/local/server-answers.ts'
import { dataLines } from '../workers/local/wire/data-lines.ts'
import { parseObject } from '../workers/stream.ts'

/** `why` goes on from "not measured: ". */
export type Speed = { tokensPerSecond: number } | { tokensPerSecond: null; why: string; isLoading: boolean }

export const speedPrompt = 'Count from 1 to 40.'
export const speedTokens = 64

/** Longer than a loaded model takes for so few tokens, shorter than most take to be loaded. */
const longestMs = 20_000
/** What fewer tokens say of a speed is chance. */
const fewestTokens = 4

export interface SpeedParts {
  connection: ServerConnection
  model: string
  kind: ServerKind | null
  wire: 'messages' | 'chat' | null
}

/** Sends one request and takes at most `leftMs` or 20 s, whichever is less. Never throws. */
export const measureSpeed = async (parts: SpeedParts, leftMs: number): Promise<Speed> => {
  const forMs = Math.min(longestMs, leftMs)
  if (forMs < 1_000) return notMeasured('the other models of this server took all the time there was')
  const signal = AbortSignal.timeout(forMs)
  try {
    return await (parts.kind === 'Ollama' ? byItsOwnCount(parts, signal) : byItsPieces(parts, signal))
  } catch (error) {
    if (signal.aborted)
      return notMeasured(`no answer was whole within ${Math.round(forMs / 1_000)} s: it is loading, busy or slow`, true)
    return notMeasured(error instanceof Error ? error.message : String(error))
  }
}

const notMeasured = (why: string, isLoading = false): Speed => ({ tokensPerSecond: null, why, isLoading })

const speedOf = (tokens: number | null, ms: number): Speed =>
  tokens === null || tokens < fewestTokens || !(ms > 0)
    ? notMeasured('its answer was too short, or came in one piece')
    : { tokensPerSecond: (tokens / ms) * 1_000 }

/** Ollama times its own answers, without the time it took to load the model: nanoseconds. */
const Generated = z.object({ eval_count: z.number(), eval_duration: z.number() })

const byItsOwnCount = async ({ connection, model }: SpeedParts, signal: AbortSignal): Promise<Speed> => {
  const body = { model, prompt: speedPrompt, stream: false, options: { num_predict: speedTokens } }
  const reply = await connection.send('/api/generate', body, signal)
  if (!reply.ok) return notMeasured(reply.why)
  if (reply.status !== 200) return refusedWith(reply)
  const { data } = Generated.safeParse(parseObject(await textOf(reply.answer)))
  if (data === undefined) return notMeasured('it did not say how long it took')
  return speedOf(data.eval_count, data.eval_duration / 1e6)
}

type Answer = Extract<Awaited<ReturnType<ServerConnection['send']>>, { ok: true }>

const refusedWith = ({ status, answer }: Answer): Speed => {
  answer.destroy()
  return notMeasured(`it answered with ${status}`)
}

const longestAnswer = 1024 * 1024

const textOf = async (answer: AsyncIterable<Buffer>): Promise<string> => {
  let text = ''
  for await (const part of answer) {
    text += part.toString()
    if (text.length > longestAnswer) return ''
  }
  return text
}

/** One event of a stream of chat completions or of Messages: a piece of words or thoughts, or the count. */
const Piece = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
          })
          .nullish(),
      }),
    )
    .optional(),
  delta: z.object({ text: z.string().optional(), thinking: z.string().optional() }).optional(),
  usage: z.object({ completion_tokens: z.number().optional(), output_tokens: z.number().optional() }).nullish(),
})

const wordsIn = ({ choices, delta }: z.output<typeof Piece>): string => {
  const said = choices?.[0]?.delta
  return [said?.content, said?.reasoning_content, said?.reasoning, delta?.text, delta?.thinking].join('')
}

/** Tokens between the first piece of the answer and the last. */
const byItsPieces = async ({ connection, model, wire }: SpeedParts, signal: AbortSignal): Promise<Speed> => {
  const isMessages = wire === 'messages'
  const common = { model, max_tokens: speedTokens, stream: true, messages: [{ role: 'user', content: speedPrompt }] }
  const reply = isMessages
    ? await connection.send('/v1/messages', common, signal)
    : await connection.send('/v1/chat/completions', { ...common, stream_options: { include_usage: true } }, signal)
  if (!reply.ok) return notMeasured(reply.why)
  if (reply.status !== 200) return refusedWith(reply)
  let [first, last] = [0, 0]
  let tokens: number | null = null
  for await (const line of dataLines(reply.answer)) {
    const { data } = Piece.safeParse(parseObject(line))
    if (data === undefined) continue
    tokens = data.usage?.completion_tokens ?? data.usage?.output_tokens ?? tokens
    if (wordsIn(data) === '') continue
    last = performance.now()
    first ||= last
  }
  // The first piece is where the time begins, so its token is not counted.
  return speedOf(tokens === null ? null : tokens - 1, last - first)
}

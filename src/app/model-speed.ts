/** How fast a model on one of the operator's servers answers: one short, harmless prompt, the same for each. */
import { z } from 'zod'
import type { ServerKind } from '../workers/local/server-answers.ts'
import { chatWire } from '../workers/local/wire/chat.ts'
import { type Question, type Server, WireFailure } from '../workers/local/wire/wire.ts'

/** `why` goes on from "not measured: ". */
export type Speed = { tokensPerSecond: number } | { tokensPerSecond: null; why: string; isLoading: boolean }

export const speedPrompt = 'Count from 1 to 40.'
export const speedTokens = 64

/** Longer than a loaded model takes for so few tokens, shorter than most take to be loaded. */
const longestMs = 20_000
/** What fewer tokens say of a speed is chance. */
const fewestTokens = 4

export interface SpeedParts extends Server {
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

const byItsOwnCount = async ({ baseUrl, model }: SpeedParts, signal: AbortSignal): Promise<Speed> => {
  const response = await fetch(`${baseUrl}/api/generate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, prompt: speedPrompt, stream: false, options: { num_predict: speedTokens } }),
    redirect: 'error',
    signal,
  })
  if (!response.ok) throw new WireFailure('http', `it answered ${response.status}`)
  const { data } = Generated.safeParse(await response.json())
  return data === undefined
    ? notMeasured('it did not say how long it took')
    : speedOf(data.eval_count, data.eval_duration / 1e6)
}

/** Tokens between the first piece of the answer and the last. */
const byItsPieces = async (parts: SpeedParts, signal: AbortSignal): Promise<Speed> => {
  const ask =
    parts.wire === 'messages'
      ? (await import('../workers/local/wire/messages.ts')).messagesWire(parts)
      : chatWire(parts)
  let [first, last] = [0, 0]
  const question: Question = {
    system: 'You answer.',
    turns: [{ kind: 'prompt', text: speedPrompt }],
    tools: [],
    maxTokens: speedTokens,
    signal,
    onPiece: piece => {
      if (piece === '') return
      last = performance.now()
      first ||= last
    },
  }
  const { usage } = await ask(question)
  // The first piece is where the time begins, so its token is not counted.
  return speedOf(usage.output === null ? null : usage.output - 1, last - first)
}

/** What a usage object looks like on each wire, and how its numbers add up. */
import { z } from 'zod'
import type { Wire } from './route-table.ts'

/** As domain/attempt.ts `Usage`: null means not measured. */
export interface Counted {
  input: number | null
  cached: number | null
  output: number | null
}

export const free: Counted = { input: 0, cached: 0, output: 0 }
export const unmeasured: Counted = { input: null, cached: null, output: null }

const count = z.number().int().nonnegative()
const optional = count.nullish().catch(null)

const Anthropic = z.object({
  input_tokens: optional,
  output_tokens: optional,
  cache_read_input_tokens: optional,
  cache_creation_input_tokens: optional,
})
const Openai = z.object({
  input_tokens: count,
  output_tokens: count,
  input_tokens_details: z.object({ cached_tokens: optional }).nullish(),
})
const Google = z.object({
  promptTokenCount: count,
  candidatesTokenCount: optional,
  thoughtsTokenCount: optional,
  cachedContentTokenCount: optional,
})
const Chat = z.object({
  prompt_tokens: count,
  completion_tokens: optional,
  prompt_tokens_details: z.object({ cached_tokens: optional }).nullish(),
})
const Ollama = z.object({ prompt_eval_count: optional, eval_count: optional, done: z.boolean().optional() })

/** Takes one usage object, known to be for this wire, into what is counted; one of another shape changes nothing. */
export const absorb: Record<Wire, (counted: Counted, usage: unknown) => void> = {
  /** Later events correct earlier ones: the start gives the input, deltas the output so far. */
  anthropic: (counted, usage) => {
    const { data } = Anthropic.safeParse(usage)
    if (!data) return
    const { input_tokens: fresh, cache_read_input_tokens: read, cache_creation_input_tokens: written } = data
    if (typeof fresh === 'number' && (fresh > 0 || counted.input === null)) {
      counted.input = fresh + (read ?? 0) + (written ?? 0)
      counted.cached = read ?? 0
    }
    counted.output = data.output_tokens ?? counted.output
  },
  openai: (counted, usage) => {
    const { data } = Openai.safeParse(usage)
    if (!data) return
    counted.input = data.input_tokens
    counted.cached = data.input_tokens_details?.cached_tokens ?? 0
    counted.output = data.output_tokens
  },
  google: (counted, usage) => {
    const { data } = Google.safeParse(usage)
    if (!data) return
    counted.input = data.promptTokenCount
    counted.cached = data.cachedContentTokenCount ?? 0
    counted.output = (data.candidatesTokenCount ?? 0) + (data.thoughtsTokenCount ?? 0)
  },
  /** Embeddings complete nothing. */
  chat: (counted, usage) => {
    const { data } = Chat.safeParse(usage)
    if (!data) return
    counted.input = data.prompt_tokens
    counted.cached = data.prompt_tokens_details?.cached_tokens ?? 0
    counted.output = data.completion_tokens ?? 0
  },
  /** A prompt that was in its cache already is left out of the count. */
  ollama: (counted, usage) => {
    const { data } = Ollama.safeParse(usage)
    if (!data) return
    counted.input = data.prompt_eval_count ?? counted.input
    counted.output = data.eval_count ?? (data.done === undefined ? 0 : counted.output)
  },
}

/**
 * What model servers answer when they are asked about themselves, read. Each kind has an address of its own that no other
 * serves; what a server does not say stays null. Pure.
 * Source: Ollama's docs/api.md. The addresses of the others are documented (llama.cpp's tools/server/README.md, LM Studio's
 * REST API v0, LiteLLM's proxy); the names of their fields are as known, seen on no server: what does not fit is not told.
 */
import { z } from 'zod'

export type ServerKind = 'Ollama' | 'llama.cpp' | 'vLLM' | 'LM Studio' | 'LiteLLM' | 'OpenAI-compatible'

/** What each address answered; null: nothing that could be read. */
export interface Answers {
  /** `/api/version`, `/api/tags`, `/api/ps`: Ollama. */
  apiVersion: unknown
  tags: unknown
  running: unknown
  /** `/v1/models`: all but the oldest Ollama. */
  list: unknown
  /** `/props`: llama.cpp. */
  props: unknown
  /** `/version`: vLLM. */
  version: unknown
  /** `/api/v0/models`: LM Studio. */
  studio: unknown
  /** `/health/readiness`, `/model/info`: LiteLLM. */
  readiness: unknown
  info: unknown
}

const Version = z.object({ version: z.string().max(100) })
const Tags = z.object({ models: z.array(z.object({ name: z.string() })) })
const Running = z.object({
  models: z.array(
    z.object({ name: z.string().optional(), model: z.string().optional(), context_length: z.number().optional() }),
  ),
})
const List = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      owned_by: z.string().nullish(),
      max_model_len: z.number().nullish(),
      /** llama.cpp, where it serves several. */
      status: z.object({ value: z.string() }).nullish().catch(null),
    }),
  ),
})
const Props = z.object({
  default_generation_settings: z.object({ n_ctx: z.number() }),
  build_info: z.string().max(100).optional(),
})
const Studio = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      max_context_length: z.number().nullish(),
      loaded_context_length: z.number().nullish(),
    }),
  ),
})
const Readiness = z.object({ litellm_version: z.string().max(100) })
const Info = z.object({
  data: z.array(
    z.object({
      model_name: z.string(),
      model_info: z.object({ max_input_tokens: z.number().nullish() }).nullish(),
    }),
  ),
})

export const kindOf = (answers: Answers): { kind: ServerKind; version: string | null } | null => {
  const ollama = read(Version, answers.apiVersion)
  if (ollama !== null && read(Tags, answers.tags) !== null) return { kind: 'Ollama', version: ollama.version }
  if (read(Studio, answers.studio) !== null) return { kind: 'LM Studio', version: null }
  const lite = read(Readiness, answers.readiness)
  if (lite !== null) return { kind: 'LiteLLM', version: lite.litellm_version }
  const props = read(Props, answers.props)
  if (props !== null) return { kind: 'llama.cpp', version: props.build_info ?? null }
  const list = read(List, answers.list)
  if (list?.data.some(model => model.owned_by === 'vllm'))
    return { kind: 'vLLM', version: read(Version, answers.version)?.version ?? null }
  return list === null ? null : { kind: 'OpenAI-compatible', version: null }
}

/** Names of the models it has; null: it answered no list. */
export const modelsIn = ({ tags, list }: Pick<Answers, 'tags' | 'list'>): string[] | null =>
  read(Tags, tags)?.models.map(model => model.name) ?? read(List, list)?.data.map(model => model.id) ?? null

/** A name without a tag is Ollama's `:latest`. */
export const isSame = (listed: string | undefined, model: string): boolean =>
  listed === model || listed === `${model}:latest`

/** Tokens a model holds as it is loaded now. What it was made for says nothing of what it gets. */
export const contextIn = {
  running: (answer: unknown, model: string): number | null =>
    whole(
      read(Running, answer)?.models.find(one => isSame(one.name, model) || isSame(one.model, model))?.context_length,
    ),
  /** What the model's file sets is what Ollama gives it. */
  shown: (answer: unknown): number | null => {
    const { parameters = '' } = read(z.object({ parameters: z.string().optional() }), answer) ?? {}
    return whole(Number(/^num_ctx\s+(\d+)\s*$/m.exec(parameters)?.[1]))
  },
  list: (answer: unknown, model: string): number | null =>
    whole(read(List, answer)?.data.find(one => isSame(one.id, model))?.max_model_len),
  /** Of each slot: what one conversation has. */
  props: (answer: unknown): number | null => whole(read(Props, answer)?.default_generation_settings.n_ctx),
  studio: (answer: unknown, model: string): number | null =>
    whole(read(Studio, answer)?.data.find(one => isSame(one.id, model))?.loaded_context_length),
  info: (answer: unknown, model: string): number | null =>
    whole(read(Info, answer)?.data.find(one => isSame(one.model_name, model))?.model_info?.max_input_tokens),
} as const

/** Whether a model that is there is in memory; null: the server does not say. */
export const isLoaded = (kind: ServerKind, answers: Answers, model: string): boolean | null => {
  if (kind === 'Ollama')
    return (
      read(Running, answers.running)?.models.some(one => isSame(one.name, model) || isSame(one.model, model)) ?? null
    )
  if (kind === 'LM Studio')
    return read(Studio, answers.studio)?.data.some(one => isSame(one.id, model) && one.state === 'loaded') ?? null
  // These two begin with their model, and list it once it is there; a llama.cpp with several says of each.
  if (kind !== 'llama.cpp' && kind !== 'vLLM') return null
  const status = read(List, answers.list)?.data.find(one => isSame(one.id, model))?.status?.value
  return status === undefined || status === 'loaded'
}

const read = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> | null =>
  schema.safeParse(value).data ?? null

const whole = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null

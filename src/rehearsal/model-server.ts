/** The server around the local models: which it has, how much they hold, what it says of them, and what it refuses. */
import { z } from 'zod'
import { ServerKind } from './steps.ts'
import { type Answer, json } from './wire/wire.ts'

const Model = z.strictObject({
  name: z.string().min(1).max(200),
  /** Tokens it is given: what is loaded has them, and its file sets them. */
  context: z.int().positive().default(32_768),
  /** Tokens it was made for; left out, the same. */
  trained: z.int().positive().optional(),
  loaded: z.boolean().default(true),
})
type Model = z.output<typeof Model>

export const ModelServer = z.strictObject({
  /** Whose lists it has and whose words it uses. */
  kind: ServerKind.default('ollama'),
  version: z.string().default('0.12.6'),
  /** Others are refused as missing. */
  models: z.array(Model).min(1).max(50),
  /** What becomes of a question longer than its model's context; left out, it is answered. */
  overlong: z.enum(['refuse', 'truncate']).optional(),
})
export type ModelServer = z.output<typeof ModelServer>

/** Says of itself what a scenario without `server` needs; it has any model, by this one's measure. */
const unsaid: ModelServer = { kind: 'ollama', version: '0.12.6', models: [Model.parse({ name: 'rehearsed' })] }

/** A name without a tag is Ollama's `:latest`. */
const sameName = (a: string, b: string): boolean => a === b || a === `${b}:latest` || b === `${a}:latest`

/** The model of that name; null: the server has not got it. */
export const modelNamed = (server: ModelServer | undefined, name: string): Model | null =>
  server === undefined
    ? { ...unsaid.models[0]!, name }
    : (server.models.find(model => sameName(model.name, name)) ?? null)

/**
 * What a server says of itself and its models; null: it has no such path. Source: Ollama's API reference (docs/api.md of
 * ollama/ollama: /api/version, /api/tags, /api/ps, /api/show), OpenAI's list of models as Ollama, llama.cpp's server
 * (/props) and vLLM (max_model_len) give it.
 */
export const answerAbout = (
  server: ModelServer = unsaid,
  method: string,
  path: string,
  body: unknown,
): { status: number; answer: Answer } | null => {
  const ok = (value: unknown) => ({ status: 200, answer: json(value) })
  const { kind, models } = server
  if (method === 'GET' && path === '/v1/models') return ok({ object: 'list', data: models.map(listed(kind)) })
  if (kind === 'llamacpp' && method === 'GET' && path === '/props')
    return ok({
      default_generation_settings: { n_ctx: models[0]!.context },
      total_slots: 1,
      model_path: models[0]!.name,
    })
  if (kind !== 'ollama') return null
  if (method === 'GET' && path === '/api/version') return ok({ version: server.version })
  if (method === 'GET' && path === '/api/tags') return ok({ models: models.map(fileOf) })
  if (method === 'GET' && path === '/api/ps') return ok({ models: models.filter(one => one.loaded).map(loadedOf) })
  if (method !== 'POST' || path !== '/api/show') return null
  const { data } = Named.safeParse(body)
  const name = data?.model ?? data?.name ?? ''
  const model = modelNamed(server === unsaid ? undefined : server, name)
  return model === null ? { status: 404, answer: json({ error: `model '${name}' not found` }) } : ok(shown(model))
}

const Named = z.looseObject({ model: z.string().optional(), name: z.string().optional() })

const details = {
  parent_model: '',
  format: 'gguf',
  family: 'rehearsed',
  families: ['rehearsed'],
  parameter_size: '8.0B',
  quantization_level: 'Q4_K_M',
}

const fileOf = ({ name }: Model) => ({
  name,
  model: name,
  modified_at: '2025-01-01T00:00:00Z',
  size: 5_000_000_000,
  digest: '0'.repeat(64),
  details,
})

const loadedOf = (model: Model) => {
  const { modified_at: _, ...file } = fileOf(model)
  return { ...file, expires_at: '2035-01-01T00:00:00Z', size_vram: file.size, context_length: model.context }
}

const shown = ({ context, trained = context }: Model) => ({
  modelfile: `FROM rehearsed\nPARAMETER num_ctx ${context}\n`,
  parameters: `num_ctx                        ${context}\nstop                           "<|im_end|>"`,
  template: '{{ .Prompt }}',
  details,
  model_info: { 'general.architecture': 'rehearsed', 'rehearsed.context_length': trained },
  capabilities: ['completion', 'tools', 'thinking'],
})

const listed =
  (kind: ServerKind) =>
  ({ name, context, trained = context }: Model) => ({
    id: name,
    object: 'model',
    created: 0,
    owned_by: kind === 'ollama' ? 'library' : kind,
    ...(kind === 'vllm' ? { max_model_len: context } : {}),
    ...(kind === 'llamacpp' ? { meta: { n_ctx_train: trained } } : {}),
  })

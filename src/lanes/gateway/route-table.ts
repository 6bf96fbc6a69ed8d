/** What may pass: a table of methods and exact paths. What is not in it is refused. */
import type { Provider } from '../../domain/lane.ts'

/** The language of a request and its answer: Anthropic's Messages, OpenAI's Responses, Gemini, OpenAI's Chat, Ollama. */
export type Wire = 'anthropic' | 'openai' | 'google' | 'chat' | 'ollama'

/** `slotContext`: llama.cpp's `/props`. `inputLimits`: LiteLLM's `/model/info`, of the models the lane may ask for. */
export type Shown = 'slotContext' | 'inputLimits'

export interface Route {
  /** Whose data it may be; the first segment of the path in the box names it. */
  provider: Provider
  wire: Wire
  method: 'GET' | 'POST'
  /** Matched against the raw path after the prefix: no decoding, so an encoded slash or dot never passes. */
  path: RegExp
  /** Query keys that are passed on, with the values they may have. */
  query: Readonly<Record<string, RegExp>>
  /** Whether the provider generates (and counts) tokens for it. */
  generates: boolean
  /** Whether the answer is a list of models, of which only those the operator allows are shown. */
  listsModels: boolean
  /** What of the answer is shown, where it tells of more than it is asked for. */
  shows: Shown | null
}

const beta = { beta: /^true$/ }
const free = { generates: false }
const model = '([A-Za-z0-9][A-Za-z0-9._-]{0,99})'

const route = (
  provider: Provider,
  wire: Wire,
  method: Route['method'],
  path: string,
  more: Partial<Route> = {},
): Route => ({
  provider,
  wire,
  method,
  path: new RegExp(`^${path}$`),
  query: {},
  generates: method === 'POST',
  listsModels: false,
  shows: null,
  ...more,
})

const google = (verb: string, generates = true): Route =>
  route('google', 'google', 'POST', `/v1beta/models/${model}:${verb}`, { query: { alt: /^sse$/ }, generates })

const local = (wire: Wire, method: Route['method'], path: string, more: Partial<Route> = {}): Route =>
  route('local', wire, method, path, more)

/** Of Ollama nothing that fetches, sends, makes or removes a model: pull, push, create, copy, delete, blobs. */
export const routes: readonly Route[] = [
  route('anthropic', 'anthropic', 'POST', '/v1/messages', { query: beta }),
  route('anthropic', 'anthropic', 'POST', '/v1/messages/count_tokens', { query: beta, ...free }),
  route('openai', 'openai', 'POST', '/v1/responses'),
  route('openai', 'openai', 'GET', '/v1/models', { query: { client_version: /^[\w.-]+$/ } }),
  google('streamGenerateContent'),
  google('generateContent'),
  google('countTokens', false),
  local('ollama', 'GET', '/'),
  local('ollama', 'GET', '/api/version'),
  local('ollama', 'GET', '/api/tags', { listsModels: true }),
  local('ollama', 'GET', '/api/ps', { listsModels: true }),
  local('ollama', 'POST', '/api/show', free),
  local('ollama', 'POST', '/api/chat'),
  local('ollama', 'POST', '/api/generate'),
  local('ollama', 'POST', '/api/embed'),
  local('ollama', 'POST', '/api/embeddings'),
  local('chat', 'GET', '/v1/models', { listsModels: true, query: { client_version: /^[\w.-]+$/ } }),
  // How much a model holds: LM Studio, LiteLLM, llama.cpp.
  local('chat', 'GET', '/api/v0/models', { listsModels: true }),
  local('chat', 'GET', '/model/info', { shows: 'inputLimits' }),
  local('chat', 'GET', '/props', { shows: 'slotContext' }),
  local('chat', 'POST', '/v1/chat/completions'),
  local('chat', 'POST', '/v1/completions'),
  local('chat', 'POST', '/v1/embeddings'),
  local('openai', 'POST', '/v1/responses'),
  local('anthropic', 'POST', '/v1/messages', { query: beta }),
]

/** What tools may ask for, and where each provider takes it: a table. What is not in it is refused. */
import type { Provider } from '../../domain/lane.ts'
import type { Route, Wire } from '../gateway/route-table.ts'
import type { Match } from '../gateway/routes.ts'

/** A path of the door: the language it is asked in, and the path of each provider that speaks it. */
interface DoorPath {
  wire: Wire
  generates: boolean
  query: RegExp
  at: Partial<Record<Provider, string>>
}

const path = (wire: Wire, at: DoorPath['at'], more: Partial<DoorPath> = {}): DoorPath => ({
  wire,
  at,
  generates: true,
  query: /^$/,
  ...more,
})

const beta = { query: /^(?:beta=true)?$/ }

/**
 * Anthropic and Google take chat completions at addresses of their own: `/v1/chat/completions` (Anthropic, *OpenAI SDK
 * compatibility*) and `/v1beta/openai/chat/completions` (Google, *OpenAI compatibility*), with the key as a bearer.
 */
const paths: Readonly<Record<string, DoorPath>> = {
  '/v1/chat/completions': path('chat', {
    local: '/v1/chat/completions',
    openai: '/v1/chat/completions',
    anthropic: '/v1/chat/completions',
    google: '/v1beta/openai/chat/completions',
  }),
  '/v1/completions': path('chat', { local: '/v1/completions' }),
  '/v1/embeddings': path('chat', { local: '/v1/embeddings' }),
  '/v1/responses': path('openai', { local: '/v1/responses', openai: '/v1/responses' }),
  '/v1/messages': path('anthropic', { local: '/v1/messages', anthropic: '/v1/messages' }, beta),
  '/v1/messages/count_tokens': path(
    'anthropic',
    { anthropic: '/v1/messages/count_tokens' },
    { ...beta, generates: false },
  ),
}

export interface AskedModel {
  kind: 'model'
  path: string
  query: string
}
/** `models`: all of them, or the one that is named. */
export type Asked = { kind: 'models'; name: string | null } | AskedModel

/** What a request asks for; null where nothing in the table allows it. Paths are matched without decoding. */
export const askedOf = (method: string, url: string): Asked | null => {
  const [at = '', query = '', ...rest] = url.split('?')
  if (rest.length > 0) return null
  if (method === 'GET') return modelsAsked(at)
  const found = method === 'POST' && Object.hasOwn(paths, at) ? paths[at] : undefined
  return found?.query.test(query) ? { kind: 'model', path: at, query } : null
}

/** A model's name holds a slash, which clients encode or not. */
const modelsAsked = (at: string): Asked | null => {
  if (at === '/v1/models') return { kind: 'models', name: null }
  const [, encoded] = /^\/v1\/models\/([\w.:/@+%-]{1,400})$/.exec(at) ?? []
  try {
    return encoded === undefined ? null : { kind: 'models', name: decodeURIComponent(encoded) }
  } catch {
    return null
  }
}

/** The language to refuse a URL in. */
export const doorWire = (url: string, isAnthropic: boolean): Wire => {
  const known = paths[url.split('?')[0] ?? '']
  return known?.wire ?? (isAnthropic || url.startsWith('/v1/messages') ? 'anthropic' : 'chat')
}

/** How a provider is asked for it, or what to ask instead. */
export const matchAt = (
  { path: at, query }: AskedModel,
  provider: Provider,
): { ok: true; match: Match } | { ok: false; message: string } => {
  const { wire, generates, at: targets } = paths[at]!
  const target = targets[provider]
  if (target === undefined) {
    const others = Object.entries(paths).flatMap(([name, one]) =>
      one.at[provider] !== undefined && one.generates ? [name] : [],
    )
    return { ok: false, message: `${provider} does not take ${at}; ask it at ${others.join(' or ')}` }
  }
  const route: Route = {
    provider,
    wire,
    method: 'POST',
    path: /^/,
    query: {},
    generates,
    listsModels: false,
    shows: null,
  }
  return {
    ok: true,
    match: { route, target: query === '' ? target : `${target}?${query}`, model: null, keyParameter: null },
  }
}

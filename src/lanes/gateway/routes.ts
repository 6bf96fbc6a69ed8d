/** What may pass: a table of methods and exact paths. What is not in it is refused. */

/** The wire language, told by the path's first segment. */
export type Wire = 'anthropic' | 'openai' | 'google'

export interface Route {
  wire: Wire
  method: 'GET' | 'POST'
  /** Matched against the raw path after the prefix: no decoding, so an encoded slash or dot never passes. */
  path: RegExp
  /** Query keys that are passed on, with the values they may have. */
  query: Readonly<Record<string, RegExp>>
  /** Whether the provider generates (and counts) tokens for it. */
  generates: boolean
}

const model = '([A-Za-z0-9][A-Za-z0-9._-]{0,99})'
const beta = { beta: /^true$/ }

export const routes: readonly Route[] = [
  { wire: 'anthropic', method: 'POST', path: /^\/v1\/messages$/, query: beta, generates: true },
  { wire: 'anthropic', method: 'POST', path: /^\/v1\/messages\/count_tokens$/, query: beta, generates: false },
  { wire: 'openai', method: 'POST', path: /^\/v1\/responses$/, query: {}, generates: true },
  { wire: 'openai', method: 'GET', path: /^\/v1\/models$/, query: { client_version: /^[\w.-]+$/ }, generates: false },
  googleRoute('streamGenerateContent', true),
  googleRoute('generateContent', true),
  googleRoute('countTokens', false),
]

function googleRoute(verb: string, generates: boolean): Route {
  const path = new RegExp(`^/v1beta/models/${model}:${verb}$`)
  return { wire: 'google', method: 'POST', path, query: { alt: /^sse$/ }, generates }
}

export interface Match {
  route: Route
  /** Path and query to send, below the grant's upstream. */
  target: string
  /** The model where the path names it (Google). */
  model: string | null
  /** Token given in the query (`?key=`), never passed on. */
  keyParameter: string | null
}

/** The wire a URL belongs to, or null for none; known even when the route is refused, to answer in its shape. */
export const wireOf = (url: string): Wire | null => {
  const prefix = /^\/(anthropic|openai|google)\//.exec(url)
  return prefix ? (prefix[1] as Wire) : null
}

/** The route of a request, or null when nothing in the table allows it. */
export const matchRoute = (method: string, url: string): Match | null => {
  const wire = wireOf(url)
  if (wire === null) return null
  const [path = '', search = '', ...rest] = url.slice(wire.length + 1).split('?')
  if (rest.length > 0) return null
  for (const route of routes) {
    const found = route.wire === wire && route.method === method ? route.path.exec(path) : null
    if (found === null) continue
    const query = readQuery(search, route)
    if (query === null) return null
    const target = query.kept === '' ? path : `${path}?${query.kept}`
    return { route, target, model: found[1] ?? null, keyParameter: query.key }
  }
  return null
}

const readQuery = (search: string, route: Route): { kept: string; key: string | null } | null => {
  const kept = new URLSearchParams()
  let key: string | null = null
  for (const [name, value] of new URLSearchParams(search)) {
    if (name === 'key' && route.wire === 'google' && key === null) key = value
    else if (route.query[name]?.test(value) && !kept.has(name)) kept.set(name, value)
    else return null
  }
  return { kept: kept.toString(), key }
}

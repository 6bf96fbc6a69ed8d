/** Finds the route of a request in the table, and what of its path and query goes on. */
import { Provider } from '../../domain/lane.ts'
import { type Route, routes, type Wire } from './route-table.ts'

export interface Match {
  route: Route
  /** Path and query to send, below the grant's upstream. */
  target: string
  /** The model where the path names it (Google). */
  model: string | null
  /** Token given in the query (`?key=`), never passed on. */
  keyParameter: string | null
}

/** The provider a URL belongs to, or null for none. */
const providerOf = (url: string): Provider | null => Provider.safeParse(/^\/([a-z]+)\//.exec(url)?.[1]).data ?? null

/** The language to refuse a URL in; known even when no route allows it. */
export const wireOf = (url: string): Wire => {
  const provider = providerOf(url)
  if (provider === null) return 'openai'
  if (provider !== 'local') return provider
  const path = url.slice('/local'.length)
  return path.startsWith('/v1/messages') ? 'anthropic' : path.startsWith('/v1/') ? 'chat' : 'ollama'
}

/** The route of a request, or null when nothing in the table allows it. */
export const matchRoute = (method: string, url: string): Match | null => {
  const provider = providerOf(url)
  if (provider === null) return null
  const [path = '', search = '', ...rest] = url.slice(provider.length + 1).split('?')
  if (rest.length > 0) return null
  for (const route of routes) {
    const found = route.provider === provider && route.method === method ? route.path.exec(path) : null
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

/**
 * Who may knock, told from the head alone. A page in a browser can send requests to loopback as well: by a name of its own
 * that leads here (rebinding), or across origins. Both are turned away before a token is looked at.
 */
import type { IncomingHttpHeaders } from 'node:http'

export interface Visitors {
  /** Names beside loopback's own that may stand in `host`. */
  hosts: readonly string[]
  /** Origins of pages that may ask. */
  origins: readonly string[]
}

const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Why a request is turned away, or null. Requests of no page have no `origin`. */
export const visitorFault = (headers: IncomingHttpHeaders, { hosts, origins }: Visitors): string | null => {
  const { host = '', origin } = headers
  const name = host.toLowerCase().replace(/:\d{1,5}$/, '')
  if (!loopbackHost.test(name) && !hosts.includes(name))
    return `the host ${JSON.stringify(host.slice(0, 100))} is not this machine's loopback; another name has to stand under gateway.hosts in your config.yaml`
  if (origin === undefined || origins.includes(origin)) return null
  return `pages of ${JSON.stringify(origin.slice(0, 100))} may not ask; to let them, list it under gateway.origins in your config.yaml`
}

/** What the answer to an allowed page says, whatever else it says. */
export const pageHeaders = (origin: string | undefined): Record<string, string> =>
  origin === undefined
    ? {}
    : {
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'retry-after, request-id, x-request-id, x-should-retry',
        vary: 'origin',
      }

/** What clients in browsers send: a token, a body's type, and the SDKs' own. */
const pageMaySend =
  /^(?:accept|authorization|content-type|idempotency-key|x-api-key|x-client-request-id|x-app|x-stainless-[a-z-]+|anthropic-[a-z-]+|openai-[a-z-]+)$/

/** The answer to the question a browser asks first; headers beside the known ones are left out, and the browser says so. */
export const preflightHeaders = (headers: IncomingHttpHeaders): Record<string, string> => {
  const asked = String(headers['access-control-request-headers'] ?? '').toLowerCase()
  const allowed = asked.split(',').flatMap(name => (pageMaySend.test(name.trim()) ? [name.trim()] : []))
  return {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': allowed.join(', '),
    'access-control-max-age': '600',
    ...(headers['access-control-request-private-network'] === 'true'
      ? { 'access-control-allow-private-network': 'true' }
      : {}),
  }
}

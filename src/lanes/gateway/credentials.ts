/** The exchange at the heart of the gateway: the attempt's token comes out, the operator's credential goes in. */
import type { IncomingMessage } from 'node:http'
import type { Grant } from './grant.ts'
import type { Match, Wire } from './routes.ts'

/** The token a client shows, wherever its wire puts it. null: none, or two that differ. */
export const tokenOf = (request: IncomingMessage, match: Match): string | null => {
  const bearer = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const candidates = [request.headers['x-api-key'], bearer, request.headers['x-goog-api-key'], match.keyParameter]
  const shown = new Set(candidates.filter(value => typeof value === 'string' && value !== ''))
  const [token] = shown
  return shown.size === 1 && typeof token === 'string' ? token : null
}

/** Whether this grant's login may be used here at all: a Claude subscription serves Anthropic's own CLI only. */
export const credentialFits = (grant: Grant, wire: Wire): boolean =>
  grant.credential.kind !== 'claude-oauth' || (grant.worker === 'claude' && wire === 'anthropic')

/** The headers that carry the operator's credential, in the form its kind and wire demand. */
export const credentialHeaders = (grant: Grant, wire: Wire, secret: string): Record<string, string> => {
  if (grant.credential.kind === 'none') return {}
  if (grant.credential.kind === 'claude-oauth' || wire === 'openai') return { authorization: `Bearer ${secret}` }
  return wire === 'anthropic' ? { 'x-api-key': secret } : { 'x-goog-api-key': secret }
}

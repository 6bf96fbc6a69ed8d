/** The exchange at the heart of the gateway: the attempt's token comes out, the operator's credential goes in. */
import type { IncomingMessage } from 'node:http'
import type { Grant } from './grant.ts'
import type { Route } from './route-table.ts'
import type { Match } from './routes.ts'

/** The token a client shows, wherever its wire puts it. null: none, or two that differ. */
export const tokenOf = (request: IncomingMessage, match: Pick<Match, 'keyParameter'>): string | null => {
  const bearer = /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const candidates = [request.headers['x-api-key'], bearer, request.headers['x-goog-api-key'], match.keyParameter]
  const shown = new Set(candidates.filter(value => typeof value === 'string' && value !== ''))
  const [token] = shown
  return shown.size === 1 && typeof token === 'string' ? token : null
}

/** Whether this grant's login may be used here at all: a Claude subscription serves Anthropic's own CLI only. */
export const credentialFits = (grant: Grant, { provider }: Route): boolean =>
  grant.credential.kind !== 'claude-oauth' || (grant.worker === 'claude' && provider === 'anthropic')

/** The operator's credential, fit for a header; empty where none is needed, null where it can't be read. */
export const readCredential = async (grant: Grant): Promise<string | null> => {
  if (grant.credential.kind === 'none') return ''
  try {
    const secret = await grant.credential.read()
    return /^[\x21-\x7e]+$/.test(secret) ? secret : null
  } catch {
    return null
  }
}

/** The headers that carry the operator's credential, in the form its kind and wire demand. */
export const credentialHeaders = (grant: Grant, { wire }: Route, secret: string): Record<string, string> => {
  if (grant.credential.kind === 'none') return {}
  if (grant.credential.kind === 'claude-oauth') return { authorization: `Bearer ${secret}` }
  if (wire === 'anthropic') return { 'x-api-key': secret }
  return wire === 'google' ? { 'x-goog-api-key': secret } : { authorization: `Bearer ${secret}` }
}

/** The first stage of a request: from its head alone, whether it may be read any further, and under whose grant. */
import type { IncomingMessage } from 'node:http'
import { credentialFits, tokenOf } from './credentials.ts'
import { duplicatedHeader } from './headers.ts'
import type { Refusal } from './refusal.ts'
import { type Match, matchRoute } from './routes.ts'
import type { Holder, Tokens } from './tokens.ts'
import type { Turnstile } from './turnstile.ts'

export type Admission = { ok: true; match: Match; holder: Holder } | { ok: false; refusal: Refusal; message: string }

const no = (refusal: Refusal, message: string): Admission => ({ ok: false, refusal, message })

/**
 * `door` is the token whose gate the request came through, or null for the port; `strangers` counts what comes through
 * the port without a valid token. What is refused counts as well.
 */
export const admit = (
  request: IncomingMessage,
  door: string | null,
  tokens: Tokens,
  strangers: Turnstile,
): Admission => {
  const match = matchRoute(request.method ?? '', request.url ?? '')
  const shown = match === null ? null : tokenOf(request, match)
  const holder = tokens.holder(shown ?? '')
  const counted = (door === null ? holder : tokens.holder(door))?.stile ?? strangers
  if (!counted.hit()) return no('busy', 'requests come too fast')
  if (request.httpVersion !== '1.1') return no('invalid', 'only HTTP/1.1 is spoken here')
  if (match === null) return no('forbidden', 'this method and path are not allowed')
  const twice = duplicatedHeader(request)
  if (twice !== null) return no('invalid', `the header ${twice} came twice`)
  if (holder === undefined) return no('unauthorized', tokens.fateOf(shown))
  if (door !== null && shown !== door) return no('unauthorized', 'this token has a gate of its own, and this is not it')
  const { grant } = holder
  const { provider } = match.route
  const fits = grant.provider === provider && credentialFits(grant, match.route)
  return fits ? { ok: true, match, holder } : no('forbidden', `this token is not for ${provider}`)
}

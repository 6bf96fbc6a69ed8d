/** The way of one request to one server, up to the head of its answer, by the rules for that server. */
import type { IncomingMessage } from 'node:http'
import { credentialHeaders } from './credentials.ts'
import type { Errand } from './errand.ts'
import { failureWords, isTlsFailure } from './failure-words.ts'
import type { Upstream } from './grant.ts'
import { headersForUpstream } from './headers.ts'
import { keyOf, withoutKey } from './own-key.ts'
import { send } from './send.ts'
import { hostOf, isOwnUpstream, type ServerFailure } from './server-address.ts'

/** `key`: what was sent as its key. `isSent`: something of the request may have arrived. */
export type Reached =
  | { ok: true; answer: IncomingMessage; key: string }
  | ({ ok: false; isSent: boolean } & ServerFailure)

type Sending = Pick<Errand, 'desk' | 'grant' | 'match' | 'request' | 'body' | 'secret' | 'signal'>

/** Never rejects. */
export const reachServer = async (errand: Sending, upstream: Upstream): Promise<Reached> => {
  const { desk, grant, match, body, signal } = errand
  const way = await desk.connections.to(upstream)
  if (!way.ok) return { ...way, isSent: false }
  const own = isOwnUpstream(upstream) && upstream.own.keyVariable !== null ? upstream : null
  const key = own === null ? errand.secret : keyOf(own, desk.env)
  if (key === null) return { ok: false, isSent: false, ...withoutKey(own!) }
  const credential = own === null ? credentialHeaders(grant, match.route, key) : { authorization: `Bearer ${key}` }
  const sent = await send(way, {
    method: match.route.method,
    path: match.target,
    headers: { ...headersFor(errand), ...credential },
    body,
    signal,
    connectMs: desk.bounds.connectMs,
  })
  if (sent.ok) return { ok: true, answer: sent.answer, key }
  return { ok: false, isSent: sent.reached, ...(await reasonFor(errand, upstream, sent.code)) }
}

const headersFor = ({ grant, request, body }: Sending) => ({
  ...headersForUpstream(request.headers),
  ...grant.headers,
  'accept-encoding': 'identity',
  ...(body === null ? {} : { 'content-length': body.length }),
})

/** A name that leads elsewhere by now is not followed, and that is said. */
const reasonFor = async ({ desk }: Sending, upstream: Upstream, code: string): Promise<ServerFailure> => {
  if (isTlsFailure(code)) desk.connections.forget(upstream)
  const failure = failureWords(upstream, code)
  const elsewhere = isOwnUpstream(upstream) ? await desk.connections.book.leadsElsewhere(upstream) : null
  if (elsewhere === null) return failure
  return {
    why: `${failure.why}; ${hostOf(upstream)} leads to ${elsewhere} now, which is not followed`,
    cure: 'If it has moved, start the supervisor anew when its runs are done.',
  }
}

/** One of the operator's own servers, asked outside a gate and by the gate's rules: for `doctor`, never for a run. */
import type { IncomingMessage } from 'node:http'
import type { Resolve } from '../registry-proxy/pinned-address.ts'
import { gateBounds } from './bounds.ts'
import { createConnections } from './connections.ts'
import { failureWords } from './failure-words.ts'
import { keyOf, withoutKey } from './own-key.ts'
import { readJson } from './read-json.ts'
import { send } from './send.ts'
import { createAddressBook, type OwnUpstream, type ServerFailure } from './server-address.ts'

export type Failed = { ok: false } & ServerFailure

/** `answer` has to be read to its end, or destroyed. */
export type Reply = { ok: true; status: number; answer: IncomingMessage } | Failed

export interface ServerConnection {
  ok: true
  /** Where its name leads, all of it on the operator's own network. */
  addresses: readonly string[]
  /** GET, or POST where there is a body, below the server's own path. Follows no redirect. Never rejects. */
  send(path: string, body: unknown, signal: AbortSignal): Promise<Reply>
  /** The same as JSON; null: no answer, another status than 200, or no JSON. Never rejects. */
  json(path: string, body: unknown, signal: AbortSignal): Promise<unknown>
  /** Connections that were kept go. */
  close(): void
}

/**
 * Looks the server up and judges where it lies; nothing is sent yet. `upstream` is made by `ownServer` (src/app). A failure
 * says why a gate would not ask it, and what to do. `env` holds its key, which goes along with each request.
 */
export const connectionTo = async (
  upstream: OwnUpstream,
  { env, resolve, connectMs = gateBounds.connectMs }: { env: NodeJS.ProcessEnv; resolve?: Resolve; connectMs?: number },
): Promise<ServerConnection | Failed> => {
  const connections = createConnections(createAddressBook(resolve, connectMs))
  const way = await connections.to(upstream)
  const found = await connections.book.whereabouts(upstream)
  if (!way.ok) return way
  if (!found.ok) return found
  const key = keyOf(upstream, env)
  if (key === null) return { ok: false, ...withoutKey(upstream) }

  const ask = async (path: string, body: unknown, signal: AbortSignal): Promise<Reply> => {
    const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body))
    const headers = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
      ...(bytes === null ? {} : { 'content-type': 'application/json', 'content-length': bytes.length }),
    }
    const sent = await send(way, { method: bytes ? 'POST' : 'GET', path, headers, body: bytes, signal, connectMs })
    if (sent.ok) return { ok: true, status: sent.answer.statusCode ?? 502, answer: sent.answer }
    return { ok: false, ...failureWords(upstream, sent.code) }
  }
  return {
    ok: true,
    addresses: found.addresses,
    send: ask,
    json: async (path, body, signal) => {
      const reply = await ask(path, body, signal)
      if (reply.ok && reply.status === 200) return readJson(reply.answer)
      if (reply.ok) reply.answer.destroy()
      return null
    },
    close: () => connections.close(),
  }
}

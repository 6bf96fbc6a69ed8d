/** Which headers pass in each direction. Requests: an allow-list. Answers: all but those of the connection and cookies. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** End-to-end headers the three CLIs and SDKs send to their providers (measured on the pinned versions). */
const passedOn = new Set([
  'accept',
  'accept-language',
  'content-type',
  'user-agent',
  'x-app',
  'x-client-request-id',
  'x-goog-api-client',
  'originator',
  'session-id',
  'session_id',
  'thread-id',
  'conversation_id',
  'version',
])
const passedOnPrefixes = ['anthropic-', 'x-claude-', 'x-stainless-', 'x-codex-', 'openai-beta']
/** What may be a key of somebody else's account never passes, whatever stands before it. */
const mayBeCredential = /(?:^|-)(?:api-?key|key|token|auth\w*|secret|cookie)(?:$|-)/

/** Headers that must not come twice: two readers could take two different ones. */
const single = [
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'authorization',
  'x-api-key',
  'x-goog-api-key',
]

const ofTheConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** Which pages may read an answer is not the upstream's to say. */
const keptFromClientPrefixes = ['access-control-', 'cross-origin-']
const keptFromClient = new Set(['set-cookie', 'set-cookie2', 'alt-svc', 'strict-transport-security', 'content-length'])

/** Name of a header that was sent twice although it must not be, or null. */
export const duplicatedHeader = (request: IncomingMessage): string | null =>
  single.find(name => (request.headersDistinct[name]?.length ?? 0) > 1) ?? null

const named = (connection: string | undefined): string[] => (connection ?? '').toLowerCase().split(/\s*,\s*/)

/** What goes upstream of the client's own headers: never a credential, never a header of the connection. */
export const headersForUpstream = (headers: IncomingHttpHeaders): Record<string, string> => {
  const dropped = new Set(named(headers.connection))
  const passes = (name: string) =>
    !dropped.has(name) &&
    !mayBeCredential.test(name) &&
    (passedOn.has(name) || passedOnPrefixes.some(prefix => name.startsWith(prefix)))
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      passes(name) && typeof value === 'string' ? [[name, value]] : [],
    ),
  )
}

/** What goes back to the client of the upstream's headers. */
export const headersForClient = (headers: IncomingHttpHeaders): Record<string, string | string[]> => {
  const dropped = new Set(named(headers.connection))
  const stays = (name: string): boolean =>
    ofTheConnection.has(name) ||
    keptFromClient.has(name) ||
    dropped.has(name) ||
    keptFromClientPrefixes.some(prefix => name.startsWith(prefix))
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined || stays(name) ? [] : [[name, value]])),
  )
}

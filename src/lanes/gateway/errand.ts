/** One request on its way to a server, once it has been read and judged. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Desk } from './desk.ts'
import type { Grant } from './grant.ts'
import type { Match } from './routes.ts'

export interface Errand {
  desk: Desk
  grant: Grant
  match: Match
  model: string | null
  /** null for GET. */
  body: Buffer | null
  /** The operator's credential; empty where none is needed. */
  secret: string
  request: IncomingMessage
  response: ServerResponse
  /** Aborted when the token is revoked, the client leaves or the gateway closes. */
  signal: AbortSignal
  /** Told when the provider wants to be left alone. */
  rest(waitMs: number): void
}

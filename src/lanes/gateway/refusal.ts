/** The gateway's own answers, in the shape each provider's client expects, so that it stops instead of trying again. */
import type { ServerResponse } from 'node:http'
import type { Wire } from './routes.ts'

/**
 * `limit` ends a run at its bound and must not be retried: the status was chosen by trying the pinned CLIs (see
 * docs/rehearsal.md). `unreachable` is the upstream's failure and may be retried.
 */
export type Refusal = 'unauthorized' | 'forbidden' | 'invalid' | 'tooLarge' | 'limit' | 'unreachable'

const statusOf: Record<Wire, Record<Refusal, number>> = {
  anthropic: { unauthorized: 401, forbidden: 403, invalid: 400, tooLarge: 413, limit: 403, unreachable: 502 },
  openai: { unauthorized: 401, forbidden: 403, invalid: 400, tooLarge: 413, limit: 400, unreachable: 502 },
  google: { unauthorized: 401, forbidden: 403, invalid: 400, tooLarge: 413, limit: 403, unreachable: 502 },
}

const anthropicType: Record<Refusal, string> = {
  unauthorized: 'authentication_error',
  forbidden: 'permission_error',
  invalid: 'invalid_request_error',
  tooLarge: 'request_too_large',
  limit: 'permission_error',
  unreachable: 'api_error',
}

const googleStatus: Record<Refusal, string> = {
  unauthorized: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  invalid: 'INVALID_ARGUMENT',
  tooLarge: 'INVALID_ARGUMENT',
  limit: 'PERMISSION_DENIED',
  unreachable: 'UNAVAILABLE',
}

const bodyOf = (wire: Wire, refusal: Refusal, status: number, message: string): unknown => {
  if (wire === 'anthropic') return { type: 'error', error: { type: anthropicType[refusal], message } }
  if (wire === 'google') return { error: { code: status, message, status: googleStatus[refusal] } }
  const type = refusal === 'unreachable' ? 'server_error' : 'invalid_request_error'
  return { error: { message, type, param: null, code: `agentlab_${refusal}` } }
}

/** Answers and ends. `message` reaches the worker and its transcript: it must hold no secret. */
export const refuse = (response: ServerResponse, wire: Wire, refusal: Refusal, message: string): void => {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const status = statusOf[wire][refusal]
  const body = JSON.stringify(bodyOf(wire, refusal, status, message))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-should-retry': refusal === 'unreachable' ? 'true' : 'false',
    connection: 'close',
  })
  response.end(body)
}

/** The gateway's own answers, in the shape each provider's client expects, so that it stops instead of trying again. */
import type { ServerResponse } from 'node:http'
import type { Wire } from './route-table.ts'

/**
 * `limit` ends a run at its bound and must not be retried: the status was chosen by trying the pinned CLIs (see
 * docs/rehearsal.md). `spent` is a bound that comes back by itself, too late to wait for. `unreachable` is the upstream's failure, `busy` a matter of time: both may be retried.
 */
export type Refusal =
  | 'unauthorized'
  | 'forbidden'
  | 'invalid'
  | 'missing'
  | 'tooLarge'
  | 'limit'
  | 'spent'
  | 'busy'
  | 'unreachable'

const usual = {
  unauthorized: 401,
  forbidden: 403,
  invalid: 400,
  missing: 404,
  tooLarge: 413,
  limit: 403,
  spent: 429,
  busy: 429,
  unreachable: 502,
}

const statusOf = (wire: Wire, refusal: Refusal): number =>
  wire === 'openai' && refusal === 'limit' ? 400 : usual[refusal]

const anthropicType: Record<Refusal, string> = {
  unauthorized: 'authentication_error',
  forbidden: 'permission_error',
  invalid: 'invalid_request_error',
  missing: 'not_found_error',
  tooLarge: 'request_too_large',
  limit: 'permission_error',
  spent: 'rate_limit_error',
  busy: 'rate_limit_error',
  unreachable: 'api_error',
}

const googleStatus: Record<Refusal, string> = {
  unauthorized: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  invalid: 'INVALID_ARGUMENT',
  missing: 'NOT_FOUND',
  tooLarge: 'INVALID_ARGUMENT',
  limit: 'PERMISSION_DENIED',
  spent: 'RESOURCE_EXHAUSTED',
  busy: 'RESOURCE_EXHAUSTED',
  unreachable: 'UNAVAILABLE',
}

const openaiType: Partial<Record<Refusal, string>> = {
  spent: 'rate_limit_error',
  busy: 'rate_limit_error',
  unreachable: 'server_error',
}

const bodyOf = (wire: Wire, refusal: Refusal, status: number, message: string): unknown => {
  if (wire === 'anthropic') return { type: 'error', error: { type: anthropicType[refusal], message } }
  if (wire === 'google') return { error: { code: status, message, status: googleStatus[refusal] } }
  if (wire === 'ollama') return { error: message }
  const type = openaiType[refusal] ?? 'invalid_request_error'
  return { error: { message, type, param: null, code: `agentlab_${refusal}` } }
}

/**
 * Answers and ends. `message` reaches the worker and its transcript: it must hold no secret. `waitMs` tells a client that
 * is `busy`, or has `spent` what it may, when to come again.
 */
export const refuse = (
  response: ServerResponse,
  wire: Wire,
  refusal: Refusal,
  message: string,
  waitMs = 1_000,
): void => {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const status = statusOf(wire, refusal)
  const body = JSON.stringify(bodyOf(wire, refusal, status, message))
  const mayComeAgain = refusal === 'unreachable' || refusal === 'busy'
  if (refusal === 'busy' || refusal === 'spent')
    response.setHeader('retry-after', Math.max(1, Math.ceil(waitMs / 1_000)))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-should-retry': String(mayComeAgain),
    connection: 'close',
  })
  response.end(body)
}

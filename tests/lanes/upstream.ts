/** A provider for the gateway's tests: a real HTTP server that remembers what reached it. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { GatewayOptions } from '../../src/lanes/gateway/desk.ts'
import { type Gateway, startGateway } from '../../src/lanes/gateway/gateway.ts'
import type { Grant, MeterRecord } from '../../src/lanes/gateway/grant.ts'

export interface Seen {
  method: string
  url: string
  headers: http.IncomingHttpHeaders
  body: string
}

export interface Upstream {
  origin: string
  seen: Seen[]
  close(): Promise<void>
}

export const startUpstream = async (
  answer: (response: ServerResponse, seen: Seen, request: IncomingMessage) => void,
): Promise<Upstream> => {
  const seen: Seen[] = []
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const entry = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
      seen.push(entry)
      answer(response, entry, request)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export const operatorKey = 'sk-operator-0123456789-secret'

export const grantFor = (provider: Grant['provider'], upstream: string, more: Partial<Grant> = {}): Grant => ({
  runId: 'k3m9q2x7',
  taskId: 'k3m9q2x7-1',
  attempt: 1,
  role: 'worker',
  worker: provider === 'openai' ? 'codex' : provider === 'google' ? 'gemini' : 'claude',
  lane: 'personal',
  provider,
  upstreams: [{ name: provider, url: upstream }],
  credential: { kind: 'key', read: async () => operatorKey },
  ...more,
})

export interface Metered {
  gateway: Gateway
  records: MeterRecord[]
  /** Resolves when `count` records are there. */
  metered(count: number): Promise<MeterRecord[]>
}

export const startMetered = async (more: Partial<GatewayOptions> = {}): Promise<Metered> => {
  const records: MeterRecord[] = []
  let wake = () => {}
  const gateway = await startGateway({
    allow: async () => ({ ok: true }),
    clock: Date.now,
    ...more,
    meter: (_grant, record) => {
      records.push(record)
      wake()
    },
  })
  const metered = async (count: number): Promise<MeterRecord[]> => {
    while (records.length < count) {
      await new Promise<void>(resolve => {
        wake = resolve
      })
    }
    return records
  }
  return { gateway, records, metered }
}

/** Where each wire generates, and how its client shows the token. */
export const wires = [
  { provider: 'anthropic', path: '/anthropic/v1/messages', header: (token: string) => ({ 'x-api-key': token }) },
  {
    provider: 'openai',
    path: '/openai/v1/responses',
    header: (token: string) => ({ authorization: `Bearer ${token}` }),
  },
  {
    provider: 'google',
    path: '/google/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse',
    header: (token: string) => ({ 'x-goog-api-key': token }),
  },
] as const

export const post = (
  url: string,
  headers: Record<string, string>,
  body: unknown = { model: 'm' },
  signal?: AbortSignal,
) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: signal ?? null,
  })

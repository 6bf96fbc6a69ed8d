import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { acceptProposal } from '../../src/planner/accept-proposal.ts'
import { askAnthropic } from '../../src/planner/anthropic-client.ts'
import { planJsonSchema } from '../../src/planner/planner-prompt.ts'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { startRehearsal } from '../../src/rehearsal/server.ts'

interface Seen {
  url: string
  headers: IncomingMessage['headers']
  body: Record<string, unknown>
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map(server => server.close()))
})

/** A server on loopback that answers every request with `respond` and remembers what it saw. */
const serve = async (respond: (response: ServerResponse, seen: Seen[]) => void) => {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({ url: request.url!, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) })
      respond(response, seen)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  open.push({
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  })
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/anthropic`, seen }
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

const message = (content: unknown[], stop = 'end_turn') => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
})
const said = (answer: unknown) => ({ type: 'text', text: JSON.stringify(answer) })
const apiError = (type: string, text: string) => ({ type: 'error', error: { type, message: text } })

const ask = (baseUrl: string, timeoutMs = 20_000, signal?: AbortSignal) =>
  askAnthropic({
    baseUrl,
    token: 'placeholder-token',
    model: 'a-model',
    prompt: 'Plan it',
    schema: planJsonSchema,
    timeoutMs,
    maxTokens: 4_000,
    signal,
  })

test('asks once for an answer in the schema, with the token only, and hands its text back', async () => {
  const { baseUrl, seen } = await serve(response =>
    json(response, 200, message([{ type: 'thinking', thinking: 'hm', signature: 's' }, said({ tasks: [1] })])),
  )
  expect(await ask(baseUrl)).toEqual({ answer: '{"tasks":[1]}' })
  expect(seen).toHaveLength(1)
  expect(seen[0]!.url).toBe('/anthropic/v1/messages')
  expect(seen[0]!.headers.authorization).toBe('Bearer placeholder-token')
  expect(seen[0]!.headers['x-api-key']).toBeUndefined()
  expect(seen[0]!.body).toMatchObject({
    model: 'a-model',
    max_tokens: 4_000,
    output_config: { format: { type: 'json_schema', schema: planJsonSchema } },
  })
})

test("nothing of the operator's environment goes along", async () => {
  const { baseUrl, seen } = await serve(response => json(response, 200, message([said({})])))
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('ANTHROPIC_API_KEY', 'secret-key')
  vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'secret-token')
  vi.stubEnv('ANTHROPIC_BASE_URL', 'http://127.0.0.1:1')
  vi.stubEnv('ANTHROPIC_CUSTOM_HEADERS', 'x-secret: secret-header')
  expect(await ask(baseUrl)).toEqual({ answer: '{}' })
  expect(JSON.stringify(seen)).not.toContain('secret')
})

test('a rehearsed planner answers a plan we accept', async () => {
  const scenario = parseScenario(readFileSync('src/rehearsal/scenarios/hello.yaml', 'utf8'), 'hello.yaml')
  const rehearsal = await startRehearsal(scenario, { identity: { role: 'planner' } })
  open.push(rehearsal)
  const reply = await ask(rehearsal.origin)
  if ('failed' in reply) throw new Error(reply.detail)
  const accepted = acceptProposal(JSON.parse(reply.answer as string), {
    runId: 'k3m9q2x7',
    lane: 'personal',
    workers: ['codex'],
    checks: [],
  })
  expect(accepted).toMatchObject({ ok: true, plan: { tasks: [{ key: 'hello', worker: 'codex' }] } })
})

describe('what a message may be instead of an answer', () => {
  test.each([
    ['a refusal', message([], 'refusal'), 'refused'],
    ['an answer cut off', message([said({})], 'max_tokens'), 'malformed'],
    ['thinking only', message([{ type: 'thinking', thinking: 'hm', signature: 's' }]), 'malformed'],
    ['a tool call', message([{ type: 'tool_use', id: 'toolu_1', name: 'other', input: {} }], 'tool_use'), 'malformed'],
    ['no message', { hello: 1 }, 'malformed'],
  ])('%s', async (_, body, failed) => {
    const { baseUrl } = await serve(response => json(response, 200, body))
    expect(await ask(baseUrl)).toMatchObject({ failed, retryAt: null })
  })

  test('a page instead of JSON', async () => {
    const { baseUrl } = await serve(response => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'))
    expect(await ask(baseUrl)).toMatchObject({ failed: 'malformed' })
  })

  test('JSON that breaks off', async () => {
    const { baseUrl } = await serve(response =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"content": ['),
    )
    expect(await ask(baseUrl)).toMatchObject({ failed: 'malformed' })
  })
})

describe('errors of the provider', () => {
  test.each([
    [401, 'authentication_error', 'bad key', 'auth', 1],
    [403, 'permission_error', 'not yours', 'auth', 1],
    [404, 'not_found_error', 'no such model', 'auth', 1],
    [400, 'invalid_request_error', 'bad request', 'malformed', 1],
    [403, 'permission_error', "AgentLab: the run's limit of requests is reached", 'limit', 1],
    [500, 'api_error', 'oops', 'overloaded', 2],
    [529, 'overloaded_error', 'busy', 'overloaded', 2],
  ] as const)('%i %s %s is %s', async (status, type, text, failed, requests) => {
    const { baseUrl, seen } = await serve(response => json(response, status, apiError(type, text)))
    expect(await ask(baseUrl)).toMatchObject({ failed, detail: expect.stringContaining(text) })
    expect(seen).toHaveLength(requests)
  })

  test('429 says when to come back, in epoch milliseconds', async () => {
    const { baseUrl } = await serve(response =>
      json(response, 429, apiError('rate_limit_error', 'slow down'), {
        'retry-after': '90',
        'x-should-retry': 'false',
      }),
    )
    const before = Date.now()
    const reply = await ask(baseUrl)
    expect(reply).toMatchObject({ failed: 'rateLimit' })
    const retryAt = 'failed' in reply ? reply.retryAt! : 0
    expect(retryAt).toBeGreaterThanOrEqual(before + 90_000)
    expect(retryAt).toBeLessThan(before + 120_000)
  })

  test('one failure is retried once and forgotten', async () => {
    const { baseUrl, seen } = await serve((response, all) =>
      all.length === 1
        ? json(response, 500, apiError('api_error', 'oops'))
        : json(response, 200, message([said({ ok: true })])),
    )
    expect(await ask(baseUrl)).toEqual({ answer: '{"ok":true}' })
    expect(seen).toHaveLength(2)
  })
})

describe('errors of the wire', () => {
  test('nobody listens', async () => {
    const { baseUrl } = await serve(() => {})
    await open.pop()!.close()
    expect(await ask(baseUrl)).toMatchObject({ failed: 'network', retryAt: null })
  })

  test('the answer drops in the middle', async () => {
    const { baseUrl } = await serve(response => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"id":', () => response.destroy())
    })
    expect(await ask(baseUrl)).toMatchObject({ failed: 'network' })
  })

  test('it never answers', async () => {
    const { baseUrl } = await serve(() => {})
    expect(await ask(baseUrl, 300)).toMatchObject({ failed: 'timedOut' })
  })

  test('we stop it', async () => {
    const stop = new AbortController()
    const { baseUrl } = await serve(() => stop.abort())
    expect(await ask(baseUrl, 20_000, stop.signal)).toMatchObject({ failed: 'interrupted' })
  })
})

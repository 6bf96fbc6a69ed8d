import { afterEach, expect, test } from 'vitest'
import type { Grant, Permission } from '../../src/lanes/gateway/grant.ts'
import { raw } from './raw.ts'
import { grantFor, operatorKey, post, startMetered, startUpstream, wires } from './upstream.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

const json = { 'content-type': 'application/json' }

const set = async (more: Partial<Grant> = {}, allow: () => Promise<Permission> = async () => ({ ok: true })) => {
  const upstream = await startUpstream(response => response.writeHead(200, json).end('{"ok":true}'))
  const metered = await startMetered({ allow })
  open.push(metered.gateway, upstream)
  const issue = (provider: Grant['provider']) => metered.gateway.issueToken(grantFor(provider, upstream.origin, more))
  return { ...metered, upstream, issue, origin: metered.gateway.origin }
}

const errorOf: Record<string, (status: number) => object> = {
  anthropic: () => ({ type: 'error', error: { type: expect.stringMatching(/_error$/), message: expect.any(String) } }),
  openai: () => ({ error: expect.objectContaining({ type: expect.any(String), message: expect.any(String) }) }),
  google: status => ({
    error: { code: status, status: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) },
  }),
}

test.each(wires)('$provider: a wrong, missing or revoked token gets 401 in the provider’s shape', async wire => {
  const { origin, upstream, issue, gateway } = await set()
  const token = issue(wire.provider)
  const revoked = issue(wire.provider)
  gateway.revokeToken(revoked)
  const wrong = [wire.header('wrong'), wire.header(`${token}x`), wire.header(revoked), {}] as Record<string, string>[]
  for (const headers of wrong) {
    const answer = await post(origin + wire.path, headers)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toEqual(errorOf[wire.provider]!(401))
  }
  expect(upstream.seen).toHaveLength(0)
  expect((await post(origin + wire.path, wire.header(token))).status).toBe(200)
})

test('a token that has ended says which attempt it was of, and one that was never given out says only that', async () => {
  const { origin, issue, gateway } = await set()
  const ask = async (token: string) => (await post(`${origin}/anthropic/v1/messages`, { 'x-api-key': token })).text()
  const token = issue('anthropic')
  gateway.revokeToken(token)
  expect(await ask(token)).toContain('AgentLab: worker 1 of k3m9q2x7-1 has ended, and its token with it')
  expect(await ask('x'.repeat(43))).toContain('AgentLab: this token is not known here')
  expect(await (await post(`${origin}/anthropic/v1/messages`, {})).text()).toContain('AgentLab: no token was shown')
})

test('tokens are 32 random bytes, one per call', async () => {
  const { issue } = await set()
  const tokens = Array.from({ length: 50 }, () => issue('anthropic'))
  expect(new Set(tokens).size).toBe(50)
  for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32)
})

test('two different tokens in one request are refused', async () => {
  const { origin, issue, upstream } = await set()
  const [one, two] = [issue('anthropic'), issue('anthropic')]
  const answer = await post(`${origin}/anthropic/v1/messages`, { 'x-api-key': one, authorization: `Bearer ${two}` })
  expect(answer.status).toBe(401)
  expect(upstream.seen).toHaveLength(0)
})

test('a token serves its own provider only', async () => {
  const { origin, issue, upstream } = await set()
  for (const wire of wires) {
    for (const other of wires.filter(({ provider }) => provider !== wire.provider)) {
      const answer = await post(origin + other.path, other.header(issue(wire.provider)))
      expect([other.provider, answer.status]).toEqual([other.provider, 403])
    }
  }
  expect(upstream.seen).toHaveLength(0)
})

test('revoking a token cuts its running streams', async () => {
  const upstream = await startUpstream(response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: {}\n\n')
  })
  const { gateway, metered } = await startMetered()
  open.push(gateway, upstream)
  const token = gateway.issueToken(grantFor('openai', upstream.origin))
  const answer = await post(`${gateway.origin}/openai/v1/responses`, { authorization: `Bearer ${token}` })
  gateway.revokeToken(token)
  await expect(answer.text()).rejects.toThrow()
  expect((await metered(1))[0]).toMatchObject({ aborted: true })
})

const forbidden: [string, string][] = [
  ['POST', '/anthropic/v1/complete'],
  ['POST', '/anthropic/v1/messages/batches'],
  ['GET', '/anthropic/v1/messages'],
  ['DELETE', '/anthropic/v1/messages'],
  ['POST', '/anthropic/v1/messages/'],
  ['POST', '/anthropic//v1/messages'],
  ['POST', '/anthropic/v1/../v1/messages'],
  ['POST', '/anthropic/v1%2fmessages'],
  ['POST', '/anthropic/v1/messages?beta=true&x=1'],
  ['POST', '/anthropic/v1/messages?beta=true&beta=true'],
  ['POST', '/anthropic/v1/messages?beta=true?beta=true'],
  ['POST', '/v1/messages'],
  ['POST', '/openai/v1/chat/completions'],
  ['POST', '/openai/v1/files'],
  ['POST', '/openai/v1/models'],
  ['GET', '/openai/v1/responses/resp_1'],
  ['POST', '/google/v1beta/models/a/b:generateContent'],
  ['POST', '/google/v1beta/models/a%2f..:generateContent'],
  ['POST', '/google/v1beta/cachedContents'],
  ['POST', '/google/v1beta/models/a:batchGenerateContent'],
  ['POST', '/google/upload/v1beta/files'],
  ['POST', 'http://example.org/anthropic/v1/messages'],
  ['CONNECT', 'example.org:443'],
  ['TRACE', '/anthropic/v1/messages'],
]

test.each(forbidden)('%s %s does not pass', async (method, target) => {
  const { origin, issue, upstream } = await set()
  const provider = target.includes('google') ? 'google' : target.includes('openai') ? 'openai' : 'anthropic'
  const body = '{"model":"m"}'
  const answer = await raw(
    origin,
    `${method} ${target} HTTP/1.1\r\nhost: x\r\nx-api-key: ${issue(provider)}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
  expect(answer === '' || /^HTTP\/1\.1 (403|400|405)/.test(answer)).toBe(true)
  expect(upstream.seen).toHaveLength(0)
})

test('HEAD and GET of the root are harmless and need no token', async () => {
  const { origin, upstream } = await set()
  expect((await fetch(origin, { method: 'HEAD' })).status).toBe(200)
  expect((await fetch(origin)).status).toBe(200)
  expect(upstream.seen).toHaveLength(0)
})

test.each(wires)('$provider: the operator’s key goes in, whatever the client sent goes out', async wire => {
  const { origin, issue, upstream } = await set()
  const token = issue(wire.provider)
  const more = {
    cookie: 'a=b',
    'openai-organization': 'org-x',
    'x-agentlab-rehearsal': 'e30',
    'x-forwarded-for': '1.2.3.4',
  }
  const answer = await post(origin + wire.path, { ...wire.header(token), ...more })
  expect(await answer.text()).not.toContain(operatorKey)
  const { headers, url } = upstream.seen[0]!
  expect(JSON.stringify(upstream.seen)).not.toContain(token)
  for (const name of Object.keys(more)) expect(headers).not.toHaveProperty(name)
  const expected = { anthropic: 'x-api-key', openai: 'authorization', google: 'x-goog-api-key' }[wire.provider]
  const given = Object.entries(headers).filter(([, value]) => String(value).includes(operatorKey))
  expect(given).toEqual([[expected, wire.provider === 'openai' ? `Bearer ${operatorKey}` : operatorKey]])
  expect(wire.path.endsWith(url)).toBe(true)
})

test('a key given in the query works and is not passed on', async () => {
  const { origin, issue, upstream } = await set()
  const answer = await post(`${origin}/google/v1beta/models/g:generateContent?key=${issue('google')}`, {})
  expect(answer.status).toBe(200)
  expect(upstream.seen[0]!.url).toBe('/v1beta/models/g:generateContent')
})

test('a Claude login is sent as a bearer with the client’s own beta header', async () => {
  const credential = { kind: 'claude-oauth' as const, read: async () => 'oauth-login' }
  const { origin, issue, upstream } = await set({ credential })
  const headers = { authorization: `Bearer ${issue('anthropic')}`, 'anthropic-beta': 'oauth-2025-04-20,x' }
  await post(`${origin}/anthropic/v1/messages?beta=true`, headers)
  const seen = upstream.seen[0]!
  expect(seen.headers.authorization).toBe('Bearer oauth-login')
  expect(seen.headers['anthropic-beta']).toBe('oauth-2025-04-20,x')
  expect(seen.headers).not.toHaveProperty('x-api-key')
  expect(seen.url).toBe('/v1/messages?beta=true')
})

test.each([
  { worker: null, provider: 'anthropic', path: '/anthropic/v1/messages' },
  { worker: 'codex', provider: 'openai', path: '/openai/v1/responses' },
] as const)(
  'a Claude login serves no other client than its vendor’s own ($worker)',
  async ({ worker, provider, path }) => {
    const credential = { kind: 'claude-oauth' as const, read: async () => 'oauth-login' }
    const { origin, issue, upstream } = await set({ credential, worker })
    const answer = await post(origin + path, { authorization: `Bearer ${issue(provider)}` })
    expect(answer.status).toBe(403)
    expect(upstream.seen).toHaveLength(0)
  },
)

test('an error that quotes the operator’s credential is cleaned before the client sees it', async () => {
  const upstream = await startUpstream(response =>
    response.writeHead(401, { ...json, 'set-cookie': 'session=1' }).end(`{"error":"bad key ${operatorKey}"}`),
  )
  const { gateway } = await startMetered()
  open.push(gateway, upstream)
  const token = gateway.issueToken(grantFor('openai', upstream.origin))
  const answer = await post(`${gateway.origin}/openai/v1/responses`, { authorization: `Bearer ${token}` })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('set-cookie')).toBeNull()
  expect(await answer.text()).toBe('{"error":"bad key [credential]"}')
})

test('a login that can’t be read is said to be missing, and nothing leaves', async () => {
  const credential = { kind: 'key' as const, read: () => Promise.reject(new Error('keychain locked')) }
  const { origin, issue, upstream, records } = await set({ credential })
  const answer = await post(`${origin}/anthropic/v1/messages`, { 'x-api-key': issue('anthropic') })
  expect(answer.status).toBe(401)
  expect(await answer.text()).toContain('login could not be read')
  expect(upstream.seen).toHaveLength(0)
  expect(records).toHaveLength(0)
})

const smuggled: [string, (token: string) => string][] = [
  ['two content-lengths', () => 'content-length: 13\r\ncontent-length: 2\r\n'],
  ['content-length and chunked', () => 'content-length: 13\r\ntransfer-encoding: chunked\r\n'],
  ['an obscured chunked', () => 'transfer-encoding: xchunked\r\n'],
  ['two tokens in one header name', token => `content-length: 13\r\nx-api-key: ${token}\r\n`],
  ['two content types', () => 'content-length: 13\r\ncontent-type: application/json\r\ncontent-type: text/plain\r\n'],
  ['a folded header', () => 'content-length: 13\r\nx-a: b\r\n c: d\r\n'],
  ['a bare line feed in a header', () => 'content-length: 13\r\nx-a: b\nx-admin: 1\r\n'],
]

test.each(smuggled)('smuggling by %s never reaches the upstream', async (_name, extra) => {
  const { origin, issue, upstream } = await set()
  const token = issue('anthropic')
  const head = `POST /anthropic/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${token}\r\n${extra(token)}connection: close\r\n\r\n`
  const answer = await raw(origin, `${head}{"model":"m"}GET /secret HTTP/1.1\r\nhost: x\r\n\r\n`)
  expect(answer).not.toMatch(/^HTTP\/1\.1 2/)
  expect(upstream.seen).toHaveLength(0)
})

test('of duplicate keys in a body one survives, and it is the one that was checked', async () => {
  const { origin, issue, upstream } = await set({ models: ['claude-*'] })
  const headers = { 'x-api-key': issue('anthropic') }
  const refused = await post(`${origin}/anthropic/v1/messages`, headers, '{"model":"claude-x","model":"other"}')
  expect(refused.status).toBe(403)
  const passed = await post(`${origin}/anthropic/v1/messages`, headers, '{"model":"other","model":"claude-x"}')
  expect(passed.status).toBe(200)
  expect(upstream.seen.map(({ body }) => body)).toEqual(['{"model":"claude-x"}'])
})

test('bodies that are no JSON object, encoded or too large are refused', async () => {
  const { origin, issue, upstream } = await set()
  const url = `${origin}/anthropic/v1/messages`
  const headers = { 'x-api-key': issue('anthropic') }
  for (const body of ['', '[]', '"text"', '{"model":', 'null'])
    expect((await post(url, headers, body)).status).toBe(400)
  expect((await post(url, { ...headers, 'content-encoding': 'gzip' }, '{}')).status).toBe(400)
  const huge = await post(url, headers, `{"a":"${'x'.repeat(33 * 1024 * 1024)}"}`).then(
    answer => answer.status,
    () => 'cut',
  )
  expect([413, 'cut']).toContain(huge)
  expect(upstream.seen).toHaveLength(0)
})

test('models outside the grant’s patterns are refused by name, in paths too', async () => {
  const { origin, issue, upstream } = await set({ models: ['gemini-2.5-*', 'claude-sonnet-4-5'] })
  const google = (model: string) =>
    post(`${origin}/google/v1beta/models/${model}:generateContent`, { 'x-goog-api-key': issue('google') }, {})
  expect((await google('gemini-2.5-pro')).status).toBe(200)
  const refused = await google('gemini-3-pro')
  expect(refused.status).toBe(403)
  expect(await refused.text()).toContain('model gemini-3-pro is not allowed in lane personal')
  const anthropic = (model: string) =>
    post(`${origin}/anthropic/v1/messages`, { 'x-api-key': issue('anthropic') }, { model })
  expect((await anthropic('claude-sonnet-4-5')).status).toBe(200)
  expect((await anthropic('claude-sonnet-4-5-x')).status).toBe(403)
  expect((await anthropic('xclaude-sonnet-4-5')).status).toBe(403)
  expect(upstream.seen).toHaveLength(2)
})

test.each(wires)('$provider: a run at its limit is told so once, in a status its CLI does not retry', async wire => {
  const message = 'AgentLab: run limit reached (requests)'
  const { origin, issue, upstream, records } = await set({}, async () => ({ ok: false, limit: 'requests', message }))
  const answer = await post(origin + wire.path, wire.header(issue(wire.provider)))
  expect(answer.status).toBe(wire.provider === 'openai' ? 400 : 403)
  expect(answer.headers.get('x-should-retry')).toBe('false')
  expect(JSON.stringify(await answer.json())).toContain(message)
  expect(upstream.seen).toHaveLength(0)
  expect(records).toHaveLength(0)
})

test('when the limits can’t be checked nothing leaves', async () => {
  const { origin, issue, upstream } = await set({}, () => Promise.reject(new Error('disk full')))
  const answer = await post(`${origin}/anthropic/v1/messages`, { 'x-api-key': issue('anthropic') })
  expect(answer.status).toBe(403)
  expect(await answer.text()).toContain('limits could not be checked')
  expect(upstream.seen).toHaveLength(0)
})

test('an upstream that is not there is said so, and not metered', async () => {
  const { gateway, records } = await startMetered()
  open.push(gateway)
  const gone = await startUpstream(() => {})
  await gone.close()
  const token = gateway.issueToken(grantFor('anthropic', gone.origin))
  const answer = await post(`${gateway.origin}/anthropic/v1/messages`, { 'x-api-key': token })
  expect(answer.status).toBe(502)
  expect(await answer.text()).toContain('ECONNREFUSED')
  expect(records).toHaveLength(0)
})

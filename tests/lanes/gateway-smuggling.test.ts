/** Requests that two readers would read differently, sent to a seat's own gate as bare bytes. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { raw, statuses } from './raw.ts'
import { grantFor, operatorKey, startMetered, startUpstream } from './upstream.ts'

let dir: string
const open: { close(): Promise<void> }[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gate-'))
})
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
  await rm(dir, { recursive: true, force: true })
})

const set = async (answer?: Parameters<typeof startUpstream>[0]) => {
  const upstream = await startUpstream(answer ?? (response => response.writeHead(200).end('{"ok":true}')))
  const metered = await startMetered()
  open.push(metered.gateway, upstream)
  const token = metered.gateway.issueToken(grantFor('anthropic', upstream.origin, { models: ['claude-*'] }))
  const gate = join(dir, 'gate.sock')
  await metered.gateway.openGate(token, gate)
  return { ...metered, upstream, token, gate }
}

const body = '{"model":"claude-x"}'
const length = `content-length: ${body.length}\r\n`
/** A request that would pass, but for `more`. */
const head = (token: string, more = length, first = 'POST /anthropic/v1/messages HTTP/1.1'): string =>
  `${first}\r\nhost: x\r\nx-api-key: ${token}\r\n${more}\r\n`

test('the plain request passes, so the ones below are refused for what they add', async () => {
  const { gate, token, upstream } = await set()
  const said = await raw(gate, head(token, `${length}connection: close\r\n`) + body)
  expect(statuses(said)).toEqual([200])
  expect(upstream.seen.map(seen => seen.body)).toEqual([body])
})

/** What stands where `length` stood, and a second request behind the first one's body. */
const doubtful: [string, string][] = [
  ['two content-lengths', `${length}content-length: 2\r\n`],
  ['two content-lengths in one line', `content-length: ${body.length}, ${body.length}\r\n`],
  ['a content-length with a sign', `content-length: +${body.length}\r\n`],
  ['a content-length in hex', 'content-length: 0x14\r\n'],
  ['content-length and chunked', `${length}transfer-encoding: chunked\r\n`],
  ['chunked and content-length', `transfer-encoding: chunked\r\n${length}`],
  ['chunked twice', 'transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n'],
  ['chunked under another name', 'transfer-encoding: xchunked\r\n'],
  ['chunked that is not the last', 'transfer-encoding: chunked, identity\r\n'],
  ['a tab before the colon', `content-length\t: ${body.length}\r\n`],
  ['a space before the colon', `content-length : ${body.length}\r\n`],
  ['a folded header', `${length}x-a: b\r\n c: d\r\n`],
  ['a bare line feed', `${length}x-a: b\nx-admin: 1\r\n`],
  ['a bare carriage return', `${length}x-a: b\rx-admin: 1\r\n`],
  ['a null byte', `${length}x-a: b\0c\r\n`],
  ['a header without a name', `${length}: b\r\n`],
  ['a second host', `${length}host: evil.example\r\n`],
  ['a second content type', `${length}content-type: text/plain\r\ncontent-type: application/json\r\n`],
  ['a second token of another case', `${length}X-API-KEY: other\r\n`],
]

test.each(doubtful)('%s is refused, and nothing behind it is read', async (_what, more) => {
  const { gate, token, upstream } = await set()
  const behind = head(token, `${length}connection: close\r\n`) + body
  const said = await raw(gate, `${head(token, more)}${body}${behind}`)
  expect(statuses(said)).toHaveLength(1)
  expect(statuses(said)[0]).toBeGreaterThanOrEqual(400)
  expect(upstream.seen).toHaveLength(0)
})

const targets: [string, string][] = [
  ['an absolute form', 'POST http://api.anthropic.com/anthropic/v1/messages HTTP/1.1'],
  ['an absolute form of ours', 'POST http://x/anthropic/v1/messages HTTP/1.1'],
  ['an authority', 'POST evil.example:443 HTTP/1.1'],
  ['an asterisk', 'OPTIONS * HTTP/1.1'],
  ['an encoded slash', 'POST /anthropic/v1%2Fmessages HTTP/1.1'],
  ['an encoded dot', 'POST /anthropic/v1/%2e%2e/v1/messages HTTP/1.1'],
  ['two dots', 'POST /anthropic/v1/x/../messages HTTP/1.1'],
  ['a backslash', 'POST /anthropic\\v1\\messages HTTP/1.1'],
  ['a doubled slash', 'POST //anthropic/v1/messages HTTP/1.1'],
  ['a fragment', 'POST /anthropic/v1/messages#x HTTP/1.1'],
  ['a parameter', 'POST /anthropic/v1/messages;x=1 HTTP/1.1'],
  ['another prefix in capitals', 'POST /ANTHROPIC/v1/messages HTTP/1.1'],
  ['a method of another case', 'post /anthropic/v1/messages HTTP/1.1'],
  ['a method of an override', 'PATCH /anthropic/v1/messages HTTP/1.1'],
  ['a future protocol', 'POST /anthropic/v1/messages HTTP/2.0'],
  ['the oldest protocol', 'POST /anthropic/v1/messages'],
]

test.each(targets)('a request with %s does not pass', async (_what, first) => {
  const { gate, token, upstream } = await set()
  const said = await raw(gate, head(token, `${length}connection: close\r\n`, first) + body)
  expect(statuses(said).every(status => status >= 400)).toBe(true)
  expect(upstream.seen).toHaveLength(0)
})

test('CONNECT opens no tunnel', async () => {
  const { gate, token, upstream } = await set()
  const target = new URL(upstream.origin).host
  const said = await raw(
    gate,
    `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\nx-api-key: ${token}\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
  )
  expect(statuses(said).every(status => status >= 400)).toBe(true)
  expect(upstream.seen).toHaveLength(0)
})

test('an upgrade is not passed on: the answer is a plain one', async () => {
  const { gate, token, upstream } = await set()
  const more = `${length}connection: upgrade, close\r\nupgrade: websocket\r\nsec-websocket-key: x\r\n`
  const said = await raw(gate, head(token, more) + body)
  expect(statuses(said)).not.toContain(101)
  for (const seen of upstream.seen) {
    expect(seen.headers).not.toHaveProperty('upgrade')
    expect(seen.headers).not.toHaveProperty('sec-websocket-key')
    expect(seen.headers.connection).not.toContain('upgrade')
  }
})

test('of requests in one go each is judged by itself', async () => {
  const { gate, token, upstream } = await set()
  const good = head(token) + body
  const said = await raw(gate, good + good + head('wrong') + body)
  expect(statuses(said)).toEqual([200, 200, 401])
  expect(upstream.seen).toHaveLength(2)
})

test('what a connection header names is dropped, and cannot take ours away', async () => {
  const { gate, token, upstream } = await set()
  const more = `${length}anthropic-version: 1\r\nanthropic-beta: b\r\nconnection: close, anthropic-version, x-api-key, content-length\r\n`
  const said = await raw(gate, head(token, more) + body)
  expect(statuses(said)).toEqual([200])
  const { headers } = upstream.seen[0]!
  expect(headers).not.toHaveProperty('anthropic-version')
  expect(headers).toMatchObject({ 'anthropic-beta': 'b', 'x-api-key': operatorKey, 'content-length': `${body.length}` })
})

test('no credential but the operator’s leaves, by whatever header it came', async () => {
  const { gate, token, upstream } = await set()
  const own = [
    `authorization: Bearer ${token}`,
    `X-Goog-Api-Key: ${token}`,
    'proxy-authorization: Basic c2VjcmV0',
    'cookie: session=secret',
    'x-auth-token: secret',
    'anthropic-api-key: secret',
    'x-claude-auth-token: secret',
    'openai-organization: secret',
    'x-forwarded-authorization: secret',
  ]
  const said = await raw(gate, head(token, `${length}${own.join('\r\n')}\r\nconnection: close\r\n`) + body)
  expect(statuses(said)).toEqual([200])
  const sent = JSON.stringify(upstream.seen[0])
  expect(sent).not.toContain(token)
  expect(sent).not.toContain('c2VjcmV0')
  expect(sent).not.toContain('"secret"')
  expect(sent).not.toContain('session=')
  expect(sent.split(operatorKey)).toHaveLength(2)
})

test('the checked value of a doubled key is the one that is sent', async () => {
  const { gate, token, upstream } = await set()
  const send = (text: string) =>
    raw(gate, head(token, `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n`) + text)
  expect(statuses(await send('{"model":"claude-x","model":"other"}'))).toEqual([403])
  expect(statuses(await send('{"model":"claude-x","\\u006dodel":"other"}'))).toEqual([403])
  expect(statuses(await send('{"model":"other","model":"claude-x","stream":false,"stream":true}'))).toEqual([200])
  expect(statuses(await send('{"model":"other","__proto__":{"model":"claude-x"}}'))).toEqual([403])
  expect(upstream.seen.map(seen => seen.body)).toEqual(['{"model":"claude-x","stream":true}'])
})

test('a byte-order mark and what is no UTF-8 leave only as what was read', async () => {
  const { gate, token, upstream } = await set()
  const send = (text: string) =>
    raw(gate, `${head(token, `content-length: ${text.length}\r\nconnection: close\r\n`)}${text}`)
  expect(statuses(await send(`\u00ef\u00bb\u00bf${body}`))).toEqual([400])
  expect(statuses(await send('{"model":"claude-\u00ff\u00c0\u00af"}'))).toEqual([200])
  expect(upstream.seen.map(seen => JSON.parse(seen.body))).toEqual([{ model: 'claude-\ufffd\ufffd\ufffd' }])
})

test('a redirect of the upstream is neither followed nor passed on', async () => {
  const elsewhere = await startUpstream(response => response.writeHead(200).end('stolen'))
  open.push(elsewhere)
  const { gate, token, upstream, metered } = await set(response =>
    response.writeHead(307, { location: `${elsewhere.origin}/v1/messages` }).end('go there'),
  )
  const said = await raw(gate, head(token, `${length}connection: close\r\n`) + body)
  expect(statuses(said)).toEqual([502])
  expect(said).not.toMatch(/^location:/im)
  expect(said).toContain('redirect')
  expect(upstream.seen).toHaveLength(1)
  expect(elsewhere.seen).toHaveLength(0)
  expect(await metered(1)).toMatchObject([{ status: 307 }])
})

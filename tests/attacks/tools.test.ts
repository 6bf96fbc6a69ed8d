/** Attacks on the gateway for the operator's tools: each request would reach the model's server if the door let it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openDoor } from '../../src/lanes/door/door.ts'
import { gateBounds } from '../../src/lanes/gateway/bounds.ts'
import { makeWorld, type Running, startGatewayProcess, type World } from '../gateway/gateway-process.ts'
import { raw, statuses } from '../lanes/raw.ts'
import { startUpstream, type Upstream } from '../lanes/upstream.ts'

const page = 'http://127.0.0.1:3000'
let upstream: Upstream
let world: World
let running: Running

beforeAll(async () => {
  upstream = await startUpstream(response =>
    response.writeHead(200, { 'content-type': 'application/json', 'access-control-allow-origin': '*' }).end('{}'),
  )
  world = makeWorld(
    `local: [{ name: mac, url: "${upstream.origin}", models: [open, kept] }]
upstreams: { anthropic: "${upstream.origin}" }
lanes: { enterprise: { models: { local: [open], anthropic: ["claude-*"] } } }
gateway: { origins: ["${page}"] }
`,
    { ANTHROPIC_API_KEY: 'sk-ant-operator' },
  )
  running = await startGatewayProcess(world)
})
afterAll(async () => {
  await running.end('SIGTERM')
  await upstream.close()
  world.remove()
})
beforeEach(() => void upstream.seen.splice(0))

interface Order {
  line?: string
  host?: string | null
  token?: string
  headers?: string[]
  body?: string
}

const chat = 'POST /v1/chat/completions HTTP/1.1'
const open = '{"model":"private/open","messages":[]}'
const token = (): string => `authorization: Bearer ${running.token()}`

const send = ({ line = chat, host, token: shown = token(), headers = [], body = open }: Order): Promise<string> => {
  const head = [
    line,
    ...(host === null ? [] : [`host: ${host ?? new URL(running.anthropic).host}`]),
    ...(shown === '' ? [] : [shown]),
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...headers,
  ]
  return raw(running.anthropic, `${head.join('\r\n')}\r\n\r\n${body}`)
}

const withBody = (body: string): Order => ({ body })

test('the request that all of these are made of does reach the server', async () => {
  expect(statuses(await send({}))).toEqual([200])
  expect(upstream.seen).toHaveLength(1)
})

const attacks: [string, () => Order][] = [
  ['a name that was bent to loopback (rebinding)', () => ({ host: 'evil.example:4880' })],
  ['a name that begins like loopback', () => ({ host: '127.0.0.1.evil.example' })],
  ['no host at all', () => ({ host: null })],
  ['two hosts', () => ({ headers: ['host: evil.example'] })],
  ['an address in the place of the path', () => ({ line: 'POST http://evil.example/v1/chat/completions HTTP/1.1' })],
  ['a page that is not listed', () => ({ headers: ['origin: https://evil.example'] })],
  ['a page without an origin of its own (null)', () => ({ headers: ['origin: null'] })],
  ['a listed page beside another', () => ({ headers: [`origin: ${page}`, 'origin: https://evil.example'] })],
  ['the listed page’s port in another scheme', () => ({ headers: ['origin: https://127.0.0.1:3000'] })],
  ['a form of a page, without a token', () => ({ token: '', headers: ['content-type: text/plain'] })],
  ['no token', () => ({ token: '' })],
  ['a token of the right shape', () => ({ token: `authorization: Bearer sk-agentlab-${'A'.repeat(43)}` })],
  ['the beginning of the token', () => ({ token: token().slice(0, -1) })],
  ['the operator’s own API key', () => ({ token: 'x-api-key: sk-ant-operator' })],
  ['the token beside another', () => ({ headers: ['x-api-key: other'] })],
  [
    'the token in the address',
    () => ({ token: '', line: `POST /v1/chat/completions?key=${running.token()} HTTP/1.1` }),
  ],
  ['the token as a cookie', () => ({ token: `cookie: token=${running.token()}` })],
  ['Model beside model', () => withBody('{"model":"private/open","Model":"enterprise/claude-x","messages":[]}')],
  ['Model alone', () => withBody('{"Model":"private/open","messages":[]}')],
  ['mo_del, as Google reads it', () => withBody('{"mo_del":"kept","model":"enterprise/open"}')],
  ['a fallback of another lane', () => withBody('{"model":"enterprise/open","fallbacks":["kept"]}')],
  ['models, several', () => withBody('{"model":["private/open","private/kept"]}')],
  ['a model of a stricter lane', () => withBody('{"model":"enterprise/kept"}')],
  ['a provider’s model in the private lane', () => withBody('{"model":"private/claude-x"}')],
  ['a model of Ollama’s cloud', () => withBody('{"model":"private/open:cloud"}')],
  ['a lane in other letters', () => withBody('{"model":"PRIVATE/open"}')],
  ['the lane climbed out of', () => withBody('{"model":"private/../enterprise/claude-x"}')],
  ['a path that fetches a model', () => ({ line: 'POST /api/pull HTTP/1.1', body: '{"model":"private/open"}' })],
  ['a path in codes', () => ({ line: 'POST /v1/chat%2fcompletions HTTP/1.1' })],
  ['a tunnel', () => ({ line: 'CONNECT evil.example:443 HTTP/1.1' })],
  ['another language (websocket)', () => ({ line: 'GET /v1/realtime HTTP/1.1', headers: ['upgrade: websocket'] })],
  ['a stored answer', () => withBody('{"model":"enterprise/claude-x","store":true}')],
  ['an MCP server', () => withBody('{"model":"enterprise/claude-x","mcp_servers":[{"url":"https://evil.example"}]}')],
  ['a picture by its address', () => withBody('{"model":"private/open","x":{"image_url":"https://evil.example"}}')],
]

test.each(attacks)('stays out: %s', async (_, order) => {
  const said = await send(order())
  expect(upstream.seen).toEqual([])
  expect(statuses(said).filter(status => status < 400)).toEqual([])
  expect(said).not.toContain(running.token())
})

describe('a page that is listed', () => {
  test('may read the answer, by its own name and not by the server’s word', async () => {
    const said = await send({ headers: [`origin: ${page}`] })
    expect(statuses(said)).toEqual([200])
    expect(said.match(/^access-control-allow-origin: .*$/gim)).toEqual([`access-control-allow-origin: ${page}`])
  })

  test('no other is told that it may ask', async () => {
    const asked = (origin: string) =>
      send({ line: 'OPTIONS /v1/models HTTP/1.1', token: '', body: '', headers: [`origin: ${origin}`] })
    expect(await asked('https://evil.example')).not.toMatch(/access-control/i)
    expect(await asked(page)).toMatch(/^HTTP\/1\.1 204/)
  })
})

test('who guesses is held back, and the operator is not', async () => {
  const door = await openDoor({
    port: 0,
    hosts: [],
    origins: [],
    // Time stands still, so nobody earns another try.
    clock: () => 0,
    token: async () => 'the-token',
    list: async () => [],
    meant: async () => ({ ok: false, refusal: 'invalid', message: 'none' }),
    allow: async () => ({ ok: true }),
    meter: () => {},
  })
  const ask = async (key: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${door.port}/v1/models`, { headers: { 'x-api-key': key } })).status
  const guesses: number[] = []
  for (let guess = 0; guess < gateBounds.burst + 5; guess++) guesses.push(await ask(`guess-${guess}`))
  expect(guesses).toEqual([...Array(gateBounds.burst).fill(401), ...Array(5).fill(429)])
  expect(await ask('the-token')).toBe(200)
  await door.close()
})

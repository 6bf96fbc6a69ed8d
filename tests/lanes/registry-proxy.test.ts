/** The one network of a set-up: real sockets on this machine; names are led where the test wants them. */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import http from 'node:http'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mirrorIn, type Registry, registryIn } from '../../src/lanes/registry-proxy/address.ts'
import { tunnelThrough } from '../../src/lanes/registry-proxy/parent-proxy.ts'
import type { Resolve } from '../../src/lanes/registry-proxy/pinned-address.ts'
import {
  type RegistryProxy,
  type RegistryProxyOptions,
  startRegistryProxy,
} from '../../src/lanes/registry-proxy/registry-proxy.ts'

let path: string
let dir: string
const open: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'registry-'))
  path = join(dir, 'proxy.sock')
})
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
  await rm(dir, { recursive: true, force: true })
})

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  open.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise(done => server.close(done))
  })
  return (server.address() as AddressInfo).port
}

/** Sends back what it gets. */
const echo = () => listening(net.createServer(socket => socket.on('error', () => {}).pipe(socket)))

const neverAsked: Resolve = host => {
  throw new Error(`${host} was looked up`)
}

const start = async (
  registries: (Registry | null)[],
  more: Partial<RegistryProxyOptions> = {},
): Promise<RegistryProxy> => {
  const proxy = await startRegistryProxy({
    path,
    registries: registries.map(one => one!),
    env: {},
    resolve: neverAsked,
    ...more,
  })
  open.push(() => proxy.close())
  return proxy
}

/** What CONNECT is answered: the first line, and the stream where there is one. */
const tunnel = (target: string): Promise<{ status: number; socket: Socket; body: () => Promise<string> }> =>
  new Promise((resolve, reject) => {
    const request = http.request({ socketPath: path, method: 'CONNECT', path: target })
    request.once('error', reject)
    request.once('connect', (response, socket) => {
      const chunks: Buffer[] = []
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.on('error', () => {})
      const body = async (): Promise<string> => {
        if (!socket.closed) await new Promise(done => socket.once('close', done))
        return Buffer.concat(chunks).toString()
      }
      resolve({ status: response.statusCode!, socket: socket as Socket, body })
    })
    request.end()
  })

const heard = (socket: Socket): Promise<string> =>
  new Promise(done => socket.once('data', (chunk: Buffer) => done(chunk.toString())))

const plain = (target: string, method = 'GET', headers: Record<string, string> = {}) =>
  new Promise<{ status: number; body: string }>((resolve, reject) => {
    const request = http.request({ socketPath: path, method, path: target, headers }, response => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.once('end', () => resolve({ status: response.statusCode!, body }))
    })
    request.once('error', reject)
    request.end()
  })

test('leads to a listed place, there and back, and to its owner alone', async () => {
  const port = await echo()
  const proxy = await start([registryIn(`127.0.0.1:${port}`)])
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const { status, socket } = await tunnel(`127.0.0.1:${port}`)
  expect(status).toBe(200)
  socket.write('hello')
  expect(await heard(socket)).toBe('hello')
  expect(proxy.refused()).toEqual([])
})

test('refuses every other place without looking its name up, and remembers each once', async () => {
  const port = await echo()
  const proxy = await start([registryIn(`127.0.0.1:${port}`), registryIn('packages.test')])
  for (const target of ['packages.test:80', 'evil.test:443', 'evil.test:443', `127.0.0.1:${port + 1}`])
    expect((await tunnel(target)).status).toBe(403)
  expect((await plain('http://evil.test/a?secret')).status).toBe(403)
  expect(proxy.refused()).toEqual([
    { place: 'packages.test:80', reason: 'notListed' },
    { place: 'evil.test:443', reason: 'notListed' },
    { place: `127.0.0.1:${port + 1}`, reason: 'notListed' },
    { place: 'evil.test:80', reason: 'notListed' },
  ])
})

test('what is written so that readers differ about it goes nowhere', async () => {
  const port = await echo()
  const proxy = await start([registryIn(`127.0.0.1:${port}`), registryIn('packages.test')])
  for (const target of [`user@127.0.0.1:${port}`, `2130706433:${port}`, `0x7f.1:${port}`, 'packages.test.:443'])
    expect((await tunnel(target)).status).toBe(403)
  for (const target of ['/', 'https://packages.test/', `http://user@127.0.0.1:${port}/`, 'ftp://packages.test/'])
    expect((await plain(target)).status).toBe(403)
  expect(proxy.refused()).toEqual([{ place: '', reason: 'notPlain' }])
})

test('remembers no more than a person reads', async () => {
  const proxy = await start([])
  for (let n = 0; n < 30; n++) await tunnel(`host-${n}.test:443`)
  expect(proxy.refused()).toHaveLength(20)
})

test('a listed name that leads into a private network is refused, with one such answer among others too', async () => {
  const port = await echo()
  const answers = [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['169.254.169.254'], []]
  const proxy = await start([registryIn(`packages.test:${port}`)], { resolve: async () => answers.shift()! })
  const statuses = []
  for (let n = 0; n < 4; n++) statuses.push((await tunnel(`packages.test:${port}`)).status)
  expect(statuses).toEqual([403, 403, 403, 502])
  expect(proxy.refused().map(({ reason }) => reason)).toEqual(['privateAddress', 'unknownHost'])
})

test('goes to the very address the name was looked up for, once a connection', async () => {
  const port = await echo()
  let asked = 0
  // A second look would lead elsewhere: to nobody.
  const resolve = async (): Promise<string[]> => [asked++ === 0 ? '127.0.0.1' : '127.0.0.2']
  await start([{ host: 'mirror.test', port, mirror: true }], { resolve })
  expect((await tunnel(`mirror.test:${port}`)).status).toBe(200)
  expect(asked).toBe(1)
})

test('a mirror has to lie in a private network', async () => {
  const port = await echo()
  const proxy = await start([{ host: 'mirror.test', port, mirror: true }], { resolve: async () => ['8.8.8.8'] })
  expect((await tunnel(`mirror.test:${port}`)).status).toBe(403)
  expect(proxy.refused()).toEqual([{ place: `mirror.test:${port}`, reason: 'publicMirror' }])
})

test('a listed place where nobody listens is said to be unreachable', async () => {
  const port = await echo()
  await open.pop()!()
  const proxy = await start([registryIn(`127.0.0.1:${port}`)])
  expect((await tunnel(`127.0.0.1:${port}`)).status).toBe(502)
  expect(proxy.refused()).toEqual([{ place: `127.0.0.1:${port}`, reason: 'unreachable' }])
})

test('plain requests are written anew: reading only, without what was meant for the proxy', async () => {
  const seen: http.IncomingHttpHeaders[] = []
  const server = http.createServer((request, response) => {
    seen.push(request.headers)
    response.writeHead(200, { 'x-kept': 'yes', 'proxy-authenticate': 'no' }).end(`${request.method} ${request.url}`)
  })
  const port = await listening(server)
  await start([mirrorIn(`http://127.0.0.1:${port}/npm`)])
  const sent = { 'proxy-authorization': 'Basic secret', connection: 'x-hop, close', 'x-hop': '1', accept: 'a' }
  expect(await plain(`http://127.0.0.1:${port}/npm/left?x=1`, 'GET', sent)).toEqual({
    status: 200,
    body: 'GET /npm/left?x=1',
  })
  expect(seen[0]).toEqual({ accept: 'a', host: `127.0.0.1:${port}`, connection: 'close' })
  for (const method of ['PUT', 'POST', 'DELETE'])
    expect(await plain(`http://127.0.0.1:${port}/npm/left`, method)).toMatchObject({ status: 405 })
  expect(seen).toHaveLength(1)
})

test('cuts everything once more has left than a set-up has to say', async () => {
  const port = await echo()
  const bounds = { connections: 4, sentBytes: 1_000, receivedBytes: 1_000_000 }
  const proxy = await start([registryIn(`127.0.0.1:${port}`)], { bounds })
  const [first, second] = [await tunnel(`127.0.0.1:${port}`), await tunnel(`127.0.0.1:${port}`)]
  first.socket.write('a'.repeat(600))
  expect(await heard(first.socket)).toHaveLength(600)
  second.socket.write('b'.repeat(600))
  await Promise.all([first.body(), second.body()])
  expect(proxy.refused()).toEqual([{ place: '', reason: 'tooMuch' }])
})

test('opens no more connections at once than it is bound to, and more once some have ended', async () => {
  const port = await echo()
  const bounds = { connections: 2, sentBytes: 1e6, receivedBytes: 1e6 }
  const proxy = await start([registryIn(`127.0.0.1:${port}`)], { bounds })
  const held = [await tunnel(`127.0.0.1:${port}`), await tunnel(`127.0.0.1:${port}`)]
  expect((await tunnel(`127.0.0.1:${port}`)).status).toBe(403)
  expect(proxy.refused()).toEqual([{ place: `127.0.0.1:${port}`, reason: 'tooMuch' }])
  held[0]!.socket.destroy()
  let status = 403
  while (status === 403) status = (await tunnel(`127.0.0.1:${port}`)).status
  expect(status).toBe(200)
})

test('cuts what runs when it ends, and nobody can come in afterwards', async () => {
  const port = await echo()
  const proxy = await start([registryIn(`127.0.0.1:${port}`)])
  const { body } = await tunnel(`127.0.0.1:${port}`)
  await proxy.close()
  expect(await body()).toBe('')
  await expect(tunnel(`127.0.0.1:${port}`)).rejects.toThrow()
})

/** A company's proxy: leads every name it is asked for to `port`, and keeps what it was asked. */
const parent = async (port: number, status = 200): Promise<{ port: number; asked: string[] }> => {
  const asked: string[] = []
  const server = http.createServer()
  server.on('connect', (request, inner: Socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`)
    if (status !== 200) return void inner.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const outer = net.connect(port, '127.0.0.1', () => {
      inner.write('HTTP/1.1 200 OK\r\n\r\n')
      inner.pipe(outer).pipe(inner)
    })
    for (const socket of [inner, outer]) socket.on('error', () => socket.destroy())
  })
  return { port: await listening(server), asked }
}

test('goes through the proxy of the operator where the environment names one, with its login', async () => {
  const company = await parent(await echo())
  const env = { https_proxy: `http://me:pass%20word@127.0.0.1:${company.port}`, NO_PROXY: 'inner.test' }
  await start([registryIn('packages.test')], { env })
  const { status, socket } = await tunnel('packages.test:443')
  expect(status).toBe(200)
  socket.write('hello')
  expect(await heard(socket)).toBe('hello')
  expect(company.asked).toEqual([`packages.test:443 Basic ${Buffer.from('me:pass word').toString('base64')}`])
})

test('goes past that proxy to what NO_PROXY names, and to a mirror', async () => {
  const port = await echo()
  const company = await parent(port)
  const env = { HTTPS_PROXY: `127.0.0.1:${company.port}`, NO_PROXY: 'x.test, .inner.test' }
  const direct = ['10.0.0.1']
  const resolve: Resolve = async () => direct
  const mirror = { host: '127.0.0.1', port, mirror: true }
  const proxy = await start([registryIn(`a.inner.test:${port}`), mirror], { env, resolve })
  expect((await tunnel(`127.0.0.1:${port}`)).status).toBe(200)
  expect((await tunnel(`a.inner.test:${port}`)).status).toBe(403)
  expect(company.asked).toEqual([])
  expect(proxy.refused()).toEqual([{ place: `a.inner.test:${port}`, reason: 'privateAddress' }])
})

test('a refusal of that proxy is no way in', async () => {
  const company = await parent(0, 407)
  const proxy = await start([registryIn('packages.test')], { env: { ALL_PROXY: `http://127.0.0.1:${company.port}` } })
  expect((await tunnel('packages.test:443')).status).toBe(502)
  expect(proxy.refused()).toEqual([{ place: 'packages.test:443', reason: 'unreachable' }])
})

test('a proxy of the company that takes the call and says nothing is given up', async () => {
  const port = await listening(net.createServer(() => {}))
  const silent = { host: '127.0.0.1', port, isTls: false, authorization: null }
  await expect(tunnelThrough(silent, { host: 'packages.example', port: 443 }, 50)).rejects.toThrow('did not answer')
})

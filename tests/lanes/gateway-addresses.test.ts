/** Where a server of the operator's may lie, whatever its name says, and how it is trusted: real servers on loopback. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import http, { type RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectionTo } from '../../src/lanes/gateway/connection-to.ts'
import { against } from '../../src/lanes/gateway/server-address.ts'
import { closing, gateTo, ownUpstream } from './own-servers.ts'

const seen: http.IncomingHttpHeaders[] = []
const answer: RequestListener = (request, response) => {
  seen.push(request.headers)
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"from":"server"}')
}

/** On one address of loopback alone; with `port` 0 on a free one. */
const listening = async (server: http.Server | https.Server, host = '127.0.0.1', port = 0): Promise<number> => {
  server.listen(port, host)
  await once(server, 'listening')
  closing({
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return (server.address() as AddressInfo).port
}

const namesOf = (table: Record<string, string[]>) => async (host: string) => table[host] ?? []
const errorOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { message: string } }).error.message

describe('a name', () => {
  test.each<[string, string[], readonly string[], RegExp | null]>([
    ['http', ['127.0.0.1'], [], null],
    ['http', ['::1', '127.0.0.1'], [], null],
    ['https', ['10.42.60.12'], [], null],
    ['https', ['fd00::1', '192.168.1.5'], [], null],
    ['http', ['10.42.60.12'], ['10.42.60.0/24'], null],
    ['http', ['10.42.60.12'], [], /plain http beyond this machine.*by anybody on the way$/],
    ['http', ['10.42.60.12', '10.42.61.1'], ['10.42.60.0/24'], /leads to 10\.42\.61\.1, and plain http/],
    ['https', [], [], /leads nowhere/],
    ['https', ['8.8.8.8'], [], /leads to 8\.8\.8\.8, which is not on your own network/],
    ['https', ['192.168.1.5', '8.8.8.8'], [], /leads to 8\.8\.8\.8/],
    ['https', ['0.0.0.0'], [], /not on your own network/],
    ['https', ['::'], [], /not on your own network/],
    ['https', ['169.254.169.254'], [], /not on your own network/],
    ['https', ['fe80::1%eth0'], [], /not on your own network/],
    ['https', ['::ffff:192.168.1.5'], [], /not on your own network/],
    ['http', ['::ffff:127.0.0.1'], [], /not on your own network/],
    ['https', ['64:ff9b::c0a8:105'], [], /not on your own network/],
    ['https', ['2130706433'], [], /not on your own network/],
  ])('over %s that leads to %j with the tunnels %j: %s', (scheme, addresses, tunnels, why) => {
    const upstream = { ...ownUpstream('gpu', `${scheme}://gpu.lan`), own: { tunnels, ca: null, keyVariable: null } }
    const failure = against(upstream, addresses)
    if (why === null) expect(failure).toBeNull()
    else expect(failure?.why).toMatch(why)
  })

  test('is looked up by the gate, and the server hears its own name', async () => {
    const port = await listening(http.createServer(answer), '127.0.0.2')
    const { ask } = await gateTo([ownUpstream('gpu', `http://gpu.lan:${port}`)], {
      resolve: namesOf({ 'gpu.lan': ['127.0.0.2'] }),
    })
    expect((await ask()).status).toBe(200)
    expect(seen.at(-1)!.host).toBe(`gpu.lan:${port}`)
  })

  test('that leads elsewhere later does not: the first answer stays, and is told when it can no longer be reached', async () => {
    const server = http.createServer(answer)
    const port = await listening(server, '127.0.0.2')
    const elsewhere: string[] = []
    await listening(
      http.createServer((request, response) => {
        elsewhere.push(request.url!)
        answer(request, response)
      }),
      '127.0.0.3',
      port,
    )
    const leads = { 'gpu.lan': ['127.0.0.2'] }
    const { ask } = await gateTo([ownUpstream('gpu', `http://gpu.lan:${port}`)], { resolve: namesOf(leads) })
    expect((await ask()).status).toBe(200)
    leads['gpu.lan'] = ['127.0.0.3']
    expect((await ask()).status).toBe(200)
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    const refused = await ask()
    expect(refused.status).toBe(502)
    expect(await errorOf(refused)).toMatch(/gpu\.lan:\d+ leads to 127\.0\.0\.3 now, which is not followed/)
    expect(elsewhere).toEqual([])
  })

  test('may lead into the private network only over https or a tunnel, and says which line to write', async () => {
    const { ask } = await gateTo([ownUpstream('gpu', 'http://gpu.lan')], {
      resolve: namesOf({ 'gpu.lan': ['10.42.60.12'] }),
    })
    expect(await errorOf(await ask())).toContain('tunnels: [10.42.60.12/32]')
  })

  test('whose server points elsewhere is not followed', async () => {
    const port = await listening(
      http.createServer((request, response) => {
        request.resume()
        response.writeHead(307, { location: 'http://127.0.0.3:1/v1/chat/completions' }).end()
      }),
    )
    const { ask } = await gateTo([ownUpstream('gpu', `http://127.0.0.1:${port}`)])
    const refused = await ask()
    expect(refused.status).toBe(502)
    expect(refused.headers.get('location')).toBeNull()
    expect(await errorOf(refused)).toContain('answered with a redirect, and none is followed')
  })

  test('whose look-up never ends does not hold a request for ever', async () => {
    const { ask } = await gateTo([ownUpstream('gpu', 'http://gpu.lan')], {
      resolve: () => new Promise(() => {}),
      bounds: { connectMs: 20 },
    })
    expect(await errorOf(await ask())).toContain('gpu.lan leads nowhere')
  })
})

describe('over TLS', () => {
  let dir = ''
  let ca = ''
  const tls = () => ({ key: readFileSync(join(dir, 'key.pem')), cert: readFileSync(ca) })
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'agentlab-servers-'))
    ca = join(dir, 'cert.pem')
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
    const names = ['-subj', '/CN=gpu.lan', '-addext', 'subjectAltName=DNS:gpu.lan']
    execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-keyout', join(dir, 'key.pem'), '-out', ca], {
      stdio: 'ignore',
    })
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  const resolve = namesOf({ 'gpu.lan': ['127.0.0.1'], 'other.lan': ['127.0.0.1'] })

  test('a certificate of its own is trusted where the operator says so, for that server alone', async () => {
    const port = await listening(https.createServer(tls(), answer))
    const at = (host: string) => `https://${host}:${port}`
    const { ask } = await gateTo([ownUpstream('gpu', at('gpu.lan'), { ca })], { resolve })
    expect((await ask()).status).toBe(200)
    const { ask: untold } = await gateTo([ownUpstream('gpu', at('gpu.lan'))], { resolve })
    const said = await errorOf(await untold())
    expect(said).toContain('its certificate is signed by itself (DEPTH_ZERO_SELF_SIGNED_CERT)')
    expect(said).toContain('ca: /absolute/file.pem beside its url, under name: gpu')
    const { ask: misnamed } = await gateTo([ownUpstream('other', at('other.lan'), { ca })], { resolve })
    expect(await errorOf(await misnamed())).toContain('its certificate is for another name')
  })

  test('a file that is mended is read anew; one that is none is named', async () => {
    const port = await listening(https.createServer(tls(), answer))
    const file = join(dir, 'named.pem')
    const { ask } = await gateTo([ownUpstream('gpu', `https://gpu.lan:${port}`, { ca: file })], { resolve })
    expect(await errorOf(await ask())).toContain(`its certificates can't be read from ${file} (ENOENT)`)
    await writeFile(file, 'no certificate')
    expect(await errorOf(await ask())).toContain('(no PEM)')
    await writeFile(file, readFileSync(ca))
    expect((await ask()).status).toBe(200)
  })

  test('plain http behind https is told', async () => {
    const port = await listening(http.createServer(answer))
    const { ask } = await gateTo([ownUpstream('gpu', `https://gpu.lan:${port}`, { ca })], { resolve })
    expect(await errorOf(await ask())).toMatch(/speaks? (?:no TLS there|TLS as it should)/)
  })
})

describe('a key', () => {
  test("is the server's own, put in by the gate, and cleaned out of an error that quotes it", async () => {
    const port = await listening(
      http.createServer((request, response) => {
        answer(request, { writeHead: () => ({ end: () => {} }) } as never)
        response.writeHead(401).end(`bad key: ${request.headers.authorization}`)
      }),
    )
    const upstream = ownUpstream('vllm', `http://127.0.0.1:${port}`, { key: 'VLLM_KEY' })
    const { ask } = await gateTo([upstream], { env: { VLLM_KEY: 'sk-of-the-server' } })
    const said = await ask()
    expect(seen.at(-1)!.authorization).toBe('Bearer sk-of-the-server')
    expect(await said.text()).toBe('bad key: Bearer [credential]')
    const { ask: without } = await gateTo([upstream], { env: {} })
    expect(await errorOf(await without())).toContain('its key is not in VLLM_KEY. Set VLLM_KEY')
  })
})

describe('outside a gate', () => {
  const signal = new AbortController().signal
  test('a server is asked by the same rules', async () => {
    const port = await listening(http.createServer(answer), '127.0.0.2')
    const upstream = ownUpstream('gpu', `http://gpu.lan:${port}`, { key: 'K' })
    const connection = await connectionTo(upstream, {
      env: { K: 'sk-k' },
      resolve: namesOf({ 'gpu.lan': ['127.0.0.2'] }),
    })
    if (!connection.ok) throw new Error(connection.why)
    expect(connection.addresses).toEqual(['127.0.0.2'])
    expect(await connection.json('/api/tags', undefined, signal)).toEqual({ from: 'server' })
    expect(seen.at(-1)!.authorization).toBe('Bearer sk-k')
    connection.close()
    expect(
      await connectionTo(upstream, { env: { K: 'sk-k' }, resolve: namesOf({ 'gpu.lan': ['8.8.8.8'] }) }),
    ).toMatchObject({ ok: false, why: expect.stringContaining('leads to 8.8.8.8') })
  })
})

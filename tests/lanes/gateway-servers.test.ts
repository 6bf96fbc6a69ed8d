/** Several servers of the operator's own behind one gate: who is asked, who waits, and what happens when one fails. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http, { type ServerResponse } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { openPlaceLocks } from '../../src/store/place-locks.ts'
import { closing, gateTo, nowhere, ownUpstream } from './own-servers.ts'
import { type Seen, startUpstream } from './upstream.ts'

const says = (name: string) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ from: name }))

const server = async (name: string, answer: (response: ServerResponse, seen: Seen) => void = says(name)) => {
  const upstream = closing(await startUpstream(answer))
  return { ...upstream, as: (more = {}) => ownUpstream(name, upstream.origin, more) }
}

/** Answers only when it is told to; `waiting` are the answers that are due. */
const patient = async (name: string) => {
  const waiting: ServerResponse[] = []
  const arrivals: (() => void)[] = []
  const one = await server(name, response => {
    waiting.push(response)
    for (const wake of arrivals.splice(0)) wake()
  })
  const arrived = async (count: number): Promise<void> => {
    while (one.seen.length < count) await new Promise<void>(resolve => arrivals.push(resolve))
  }
  return { ...one, arrived, answer: () => says(name)(waiting.shift()!) }
}

const fromOf = async (response: Response): Promise<string> => ((await response.json()) as { from: string }).from
const errorOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { message: string } }).error.message

describe('who is asked', () => {
  test('the first that lists the model, and never one that does not', async () => {
    const [mac, gpu] = [await server('mac'), await server('gpu')]
    const { ask } = await gateTo([mac.as(), gpu.as({ models: ['qwen3:8b', 'big:70b'] })])
    expect(await fromOf(await ask())).toBe('mac')
    expect(await fromOf(await ask('big:70b'))).toBe('gpu')
    expect((await ask('other')).status).toBe(403)
    expect([mac.seen.length, gpu.seen.length]).toEqual([1, 1])
  })

  test('a second request goes to the next one while the first has no place', async () => {
    const [mac, gpu] = [await patient('mac'), await server('gpu')]
    const { ask } = await gateTo([mac.as(), gpu.as()])
    const first = ask()
    await mac.arrived(1)
    expect(await fromOf(await ask())).toBe('gpu')
    mac.answer()
    expect(await fromOf(await first)).toBe('mac')
  })

  test('a server that speaks chat alone gets no Messages while another speaks them', async () => {
    const [vllm, ollama] = [await server('vllm'), await server('ollama')]
    const { ask } = await gateTo([vllm.as({ wire: 'chat' }), ollama.as()])
    expect(await fromOf(await ask('qwen3:8b', '/v1/messages'))).toBe('ollama')
    expect(await fromOf(await ask())).toBe('vllm')
  })
})

describe('waiting for a place', () => {
  test('is in the order of coming, is heard, and ends for who leaves', async () => {
    const mac = await patient('mac')
    let heard = 0
    const { ask } = await gateTo([mac.as()], { heard: () => void heard++ })
    const first = ask()
    await mac.arrived(1)
    const leaver = new AbortController()
    const left = ask('qwen3:8b', '/api/chat', leaver.signal).catch(() => 'left')
    await vi.waitUntil(() => heard > 0)
    const second = ask('qwen3:8b', '/api/generate')
    const before = heard
    await vi.waitUntil(() => heard > before + 2, { timeout: 10_000 })
    leaver.abort()
    expect(await left).toBe('left')
    expect(mac.seen).toHaveLength(1)
    mac.answer()
    await mac.arrived(2)
    mac.answer()
    expect(await fromOf(await first)).toBe('mac')
    expect(await fromOf(await second)).toBe('mac')
    expect(mac.seen.map(({ url }) => url)).toEqual(['/v1/chat/completions', '/api/generate'])
  })

  test('takes as many as the operator says', async () => {
    const mac = await patient('mac')
    const { ask } = await gateTo([mac.as({ atOnce: 3 })])
    const all = [ask(), ask(), ask()]
    await mac.arrived(3)
    for (let i = 0; i < 3; i++) mac.answer()
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual([200, 200, 200])
  })

  test('ends with 429 and when to come again, when it takes too long or too many wait', async () => {
    const mac = await patient('mac')
    for (const bounds of [{ placeMs: 1 }, { placesAwaited: 0 }]) {
      const seen = mac.seen.length
      const { ask } = await gateTo([mac.as()], { bounds })
      const first = ask()
      await mac.arrived(seen + 1)
      const refused = await ask()
      expect(refused.status).toBe(429)
      expect(refused.headers.get('retry-after')).toBe('10')
      expect(await errorOf(refused)).toMatch(/^AgentLab: (?:mac had no place free|too many requests wait for mac)/)
      mac.answer()
      await first
    }
  })

  test('is one queue for all gateways of one operator', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'agentlab-places-'))
    const mac = await patient('mac')
    const gates = await Promise.all(
      [0, 1].map(async () => {
        const sharedPlaces = openPlaceLocks(dir)
        return { sharedPlaces, ...(await gateTo([mac.as()], { sharedPlaces })) }
      }),
    )
    const first = gates[0]!.ask()
    await mac.arrived(1)
    const others = [gates[1]!.ask(), gates[0]!.ask(), gates[1]!.ask()]
    for (let count = 1; count <= 4; count++) {
      await mac.arrived(count)
      expect(mac.seen).toHaveLength(count)
      mac.answer()
    }
    expect((await Promise.all([first, ...others])).map(({ status }) => status)).toEqual([200, 200, 200, 200])
    for (const { sharedPlaces } of gates) sharedPlaces.close()
    await rm(dir, { recursive: true })
  })

  test('is not for what only asks what is there', async () => {
    const mac = await patient('mac')
    const { ask, get } = await gateTo([mac.as()])
    const first = ask()
    await mac.arrived(1)
    const version = get('/api/version')
    await mac.arrived(2)
    mac.answer()
    mac.answer()
    expect((await version).status).toBe(200)
    await first
  })
})

/** Takes connections and says nothing, as a machine behind a broken tunnel does to TLS. */
const silent = async () => {
  const sockets = new Set<net.Socket>()
  const listener = net.createServer(socket => void sockets.add(socket))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  closing({
    close: async () => {
      for (const socket of sockets) socket.destroy()
      listener.close()
    },
  })
  return `https://127.0.0.1:${(listener.address() as AddressInfo).port}`
}

describe('the next server is asked', () => {
  const fails = (status: number, body: unknown) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

  test.each([
    ['refuses connections', async () => ownUpstream('mac', nowhere), /nothing listens there/],
    ['never gets through with TLS', async () => ownUpstream('mac', await silent()), /no connection came about in time/],
    [
      'answers with 500',
      async () => (await server('mac', fails(500, { error: 'out of memory' }))).as(),
      /answered with 500$/,
    ],
    ['is overloaded', async () => (await server('mac', fails(503, {}))).as(), /answered with 503$/],
    [
      'lacks the model (Ollama)',
      async () => (await server('mac', fails(404, { error: 'model "x" not found, try pulling it first' }))).as(),
      /lacks a model that is listed for it/,
    ],
    [
      'lacks the model (vLLM)',
      async () => (await server('mac', fails(404, { error: { message: 'The model `x` does not exist.' } }))).as(),
      /lacks a model that is listed for it/,
    ],
  ])('where the first %s, and it is told once', async (_what, first, why) => {
    const gpu = await server('gpu')
    const { ask, told, metered } = await gateTo([await first(), gpu.as()], { bounds: { connectMs: 300 } })
    expect(await fromOf(await ask())).toBe('gpu')
    expect(await fromOf(await ask())).toBe('gpu')
    expect(told).toEqual([expect.stringMatching(/^server mac (?:failed|lacks a model)/)])
    expect(told[0]).toMatch(why)
    expect((await metered(2)).at(-1)).toMatchObject({ status: 200 })
  })

  test('only while the first rests; then it is asked again, and its answer is told', async () => {
    let now = 1_000
    let isWell = false
    const mac = await server('mac', response => (isWell ? says('mac')(response) : fails(500, {})(response)))
    const gpu = await server('gpu')
    const { ask, told } = await gateTo([mac.as(), gpu.as()], { clock: () => now })
    expect(await fromOf(await ask())).toBe('gpu')
    expect(await fromOf(await ask())).toBe('gpu')
    expect(mac.seen).toHaveLength(1)
    now += 2_000
    expect(await fromOf(await ask())).toBe('gpu')
    expect(mac.seen).toHaveLength(2)
    isWell = true
    now += 3_000
    expect(await fromOf(await ask())).toBe('gpu')
    now += 1_000
    expect(await fromOf(await ask())).toBe('mac')
    expect(told.at(-1)).toBe('server mac answers again')
    expect(told).toHaveLength(2)
  })

  test('not for what the first says of the request, nor for a door it does not have', async () => {
    for (const status of [400, 404, 429]) {
      const mac = await server('mac', fails(status, { detail: 'Not Found' }))
      const gpu = await server('gpu')
      const { ask } = await gateTo([mac.as(), gpu.as()])
      const said = await ask()
      expect(said.status).toBe(status)
      expect(await said.json()).toEqual({ detail: 'Not Found' })
      expect(gpu.seen).toHaveLength(0)
    }
  })

  test('not within an answer: the client is dropped, and finds the next one when it asks again', async () => {
    const mac = await server('mac', response => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: {"choices":[]}\n\n', () => response.destroy())
    })
    const gpu = await server('gpu')
    const { ask, metered } = await gateTo([mac.as(), gpu.as()])
    await expect(ask().then(response => response.text())).rejects.toThrow()
    expect((await metered(1))[0]).toMatchObject({ status: 200, aborted: true })
    expect(gpu.seen).toHaveLength(0)
    expect(await fromOf(await ask())).toBe('gpu')
  })
})

describe('when no server answers', () => {
  test('one error names each, why, and what to do next', async () => {
    const gpu = await server('gpu', response => response.writeHead(500).end('CUDA out of\u0007 memory'))
    const { ask } = await gateTo([ownUpstream('mac', nowhere), gpu.as()])
    const said = await ask()
    expect(said.status).toBe(502)
    const text = await errorOf(said)
    expect(text).toContain(
      'AgentLab: no server answers for qwen3:8b: mac (127.0.0.1:1): nothing listens there (ECONNREFUSED)',
    )
    expect(text).toMatch(/gpu \(127\.0\.0\.1:\d+\): it answered with 500 \(CUDA out of memory\)/)
    expect(text).toContain('agentlab doctor')
  })

  test('for want of the model it is 404, with the line to type', async () => {
    const lacks = (response: ServerResponse) => void response.writeHead(404).end('{"error":"model not found"}')
    const { ask } = await gateTo([(await server('mac', lacks)).as(), (await server('gpu', lacks)).as()])
    const said = await ask()
    expect(said.status).toBe(404)
    expect(await errorOf(said)).toContain('ollama pull qwen3:8b')
  })

  test('a single one says it itself', async () => {
    const mac = await server('mac', response => response.writeHead(500).end('{"error":"its own words"}'))
    const { ask } = await gateTo([mac.as()])
    expect(await (await ask()).json()).toEqual({ error: 'its own words' })
    const { ask: alone } = await gateTo([ownUpstream('mac', nowhere)])
    expect((await alone()).status).toBe(502)
    expect((await (await gateTo([])).get('/api/version')).status).toBe(502)
  })
})

test('a connection that the server closed while it was idle costs no request', async () => {
  let connections = 0
  const upstream = http.createServer((request, response) => {
    request.resume()
    says('mac')(response)
  })
  upstream.on('connection', () => void connections++)
  upstream.listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  closing({ close: async () => void upstream.close() })
  const { ask } = await gateTo([ownUpstream('mac', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`)])
  expect(await fromOf(await ask())).toBe('mac')
  expect(await fromOf(await ask())).toBe('mac')
  expect(connections).toBe(1)
  for (let round = 2; round < 30; round++) {
    // Closed in the same turn in which the next request comes: who writes at once writes into nothing.
    const next = ask()
    upstream.closeIdleConnections()
    expect(await fromOf(await next)).toBe('mac')
  }
  expect(connections).toBeGreaterThan(1)
})

describe('lists of models', () => {
  const has =
    (...names: string[]) =>
    (response: ServerResponse) => {
      const models = names.map(name => ({ name, model: name }))
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ models }))
    }
  const namesOf = async (response: Response): Promise<string[]> =>
    ((await response.json()) as { models: { name: string }[] }).models.map(({ name }) => name)

  test('are one of all servers, each with what is listed for it', async () => {
    const mac = await server('mac', has('qwen3:8b', 'big:70b', 'secret'))
    const gpu = await server('gpu', has('qwen3:8b', 'big:70b'))
    const { get, metered } = await gateTo([
      mac.as(),
      ownUpstream('away', nowhere),
      gpu.as({ models: ['big:70b', 'qwen3:8b'] }),
    ])
    expect(await namesOf(await get('/api/tags'))).toEqual(['qwen3:8b', 'big:70b'])
    expect(await metered(1)).toMatchObject([{ status: 200, input: 0, output: 0 }])
  })

  test('of servers that are all away are an error that names them', async () => {
    const { get } = await gateTo([ownUpstream('mac', nowhere), ownUpstream('gpu', nowhere)])
    const said = await get('/api/tags')
    expect(said.status).toBe(502)
    expect(await said.text()).toMatch(/mac \(127\.0\.0\.1:1\).*gpu \(127\.0\.0\.1:1\)/)
  })
})

test('what says nothing of whose it is is not told of several servers', async () => {
  const [one, two] = [await server('one'), await server('two')]
  const { get } = await gateTo([one.as(), two.as()])
  expect((await get('/props')).status).toBe(404)
  expect(one.seen.length + two.seen.length).toBe(0)
})

/**
 * A seat's gate beside the upstream itself: what it adds to the first byte, what it leaves of a stream's speed, and that
 * fifty streams at once lose nothing. Client, gateway and upstream each have a thread.
 */
import { once } from 'node:events'
import http, { type RequestOptions } from 'node:http'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type Figure, median, rounds, timed } from './figure.ts'
import { inScratch } from './scratch.ts'

/** About what a CLI sends after some turns. */
const conversation = Array.from({ length: 60 }, (_, turn) => ({
  role: turn % 2 === 0 ? 'user' : 'assistant',
  content: [{ type: 'text', text: `turn ${turn} `.repeat(190) }],
}))
const bodyFor = (events: number): string =>
  JSON.stringify({ model: 'claude-bench', max_tokens: events, stream: true, messages: conversation })

const streamEvents = 20_000
const streamsAtOnce = 50

export const gateFigures = (): Promise<Figure[]> =>
  inScratch(async dir => {
    const upstream = new Worker(new URL('./gate-upstream.ts', import.meta.url))
    const [port] = (await once(upstream, 'message')) as [number]
    const socketPath = join(dir, 'gate.sock')
    const workerData = { upstream: `http://127.0.0.1:${port}`, socket: socketPath }
    const gateway = new Worker(new URL('./gate-gateway.ts', import.meta.url), { workerData })
    const [token] = (await once(gateway, 'message')) as [string]
    const headers = { 'content-type': 'application/json', 'x-api-key': token }
    const agent = new http.Agent({ keepAlive: true })
    const direct: RequestOptions = { port, path: '/v1/messages', headers, agent }
    const gated: RequestOptions = { socketPath, path: '/anthropic/v1/messages', headers, agent }
    try {
      return [await firstByte(direct, gated), await throughput(direct, gated), await atOnce(direct, gated)]
    } finally {
      agent.destroy()
      await Promise.all([upstream.terminate(), gateway.terminate()])
    }
  })

interface Answer {
  firstByteMs: number
  bytes: number
}

const ask = async (where: RequestOptions, body: string): Promise<Answer> => {
  const since = performance.now()
  const request = http.request({ ...where, method: 'POST' })
  request.end(body)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`the bench's request got ${response.statusCode}`)
  let firstByteMs = 0
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    if (bytes === 0) firstByteMs = performance.now() - since
    bytes += chunk.length
  })
  await once(response, 'end')
  if (!response.complete) throw new Error('the answer broke off')
  return { firstByteMs, bytes }
}

const firstByte = async (direct: RequestOptions, gated: RequestOptions): Promise<Figure> => {
  const body = bodyFor(3)
  const times = { direct: [] as number[], gated: [] as number[] }
  for (let round = 0; round < rounds * 60; round++) {
    times.direct.push((await ask(direct, body)).firstByteMs)
    times.gated.push((await ask(gated, body)).firstByteMs)
  }
  const alone = median(times.direct)
  return {
    name: `what a gate adds to the first byte, body of ${Math.round(body.length / 1024)} KiB`,
    unit: 'ms',
    measured: median(times.gated) - alone,
    baseline: { what: 'the upstream itself', value: alone },
    bound: { atMost: 2 },
    stages: [],
  }
}

/** Times of whole streams, so that a lower one is better and 0.9 of the speed is 1 / 0.9 of the time. */
const throughput = async (direct: RequestOptions, gated: RequestOptions): Promise<Figure> => {
  const body = bodyFor(streamEvents)
  const times = { direct: [] as number[], gated: [] as number[] }
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    times.direct.push(await timed(async () => (bytes = (await ask(direct, body)).bytes)))
    times.gated.push(await timed(() => ask(gated, body)))
  }
  const speed = (ms: number): string => `${Math.round(bytes / 1e3 / ms)} MB/s`
  const [through, alone] = [median(times.gated), median(times.direct)]
  return {
    name: `a stream of ${streamEvents.toLocaleString('en')} events through a gate`,
    unit: 'ms',
    measured: through,
    baseline: { what: 'from the upstream itself', value: alone },
    bound: { ratio: 1.11 },
    stages: [
      [`from the upstream itself, ${speed(alone)}`, alone],
      [`through the gate, ${speed(through)}`, through],
    ],
  }
}

const atOnce = async (direct: RequestOptions, gated: RequestOptions): Promise<Figure> => {
  const body = bodyFor(500)
  const { bytes } = await ask(direct, body)
  const all = (where: RequestOptions): Promise<Answer[]> =>
    Promise.all(Array.from({ length: streamsAtOnce }, () => ask(where, body)))
  const alone = await timed(() => all(direct))
  let answers: Answer[] = []
  const through = await timed(async () => (answers = await all(gated)))
  return {
    name: `${streamsAtOnce} streams at once through one gate, incomplete ones`,
    unit: 'count',
    measured: answers.filter(answer => answer.bytes !== bytes).length,
    baseline: { what: 'streams', value: streamsAtOnce },
    bound: { atMost: 0 },
    stages: [
      ['from the upstream itself', alone],
      ['through the gate', through],
    ],
  }
}

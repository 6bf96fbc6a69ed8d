/**
 * A seat's gate beside the upstream itself: what it adds to the first byte, what it leaves of a stream's speed, and that
 * fifty streams at once lose nothing. The upstream speaks TLS, as providers do; client, gateway and upstream run apart.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type Figure, median, rounds, timed } from './figure.ts'
import { inScratch } from './scratch.ts'
import { type Answer, ask, bodyFor, type Place, selfSigned } from './streams.ts'

const streamEvents = 20_000
const streamsAtOnce = 50

export const gateFigures = (): Promise<Figure[]> =>
  inScratch(async dir => {
    const { keyPath, certPath } = selfSigned(dir)
    const cert = readFileSync(certPath, 'utf8')
    const workerData = { key: readFileSync(keyPath, 'utf8'), cert }
    const upstream = new Worker(new URL('./gate-upstream.ts', import.meta.url), { workerData })
    const [port] = (await once(upstream, 'message')) as [number]
    const socketPath = join(dir, 'gate.sock')
    const gateway = fork(
      fileURLToPath(new URL('./gate-gateway.ts', import.meta.url)),
      [`https://localhost:${port}`, socketPath],
      {
        env: { ...process.env, NODE_EXTRA_CA_CERTS: certPath },
      },
    )
    const [token] = (await once(gateway, 'message')) as [string]
    const headers = { 'content-type': 'application/json', 'x-api-key': token }
    const agents = [new https.Agent({ keepAlive: true, ca: cert }), new http.Agent({ keepAlive: true })] as const
    const direct: Place = { via: https, port, host: 'localhost', path: '/v1/messages', headers, agent: agents[0] }
    const gated: Place = { via: http, socketPath, path: '/anthropic/v1/messages', headers, agent: agents[1] }
    try {
      const overTls = [await firstByte(direct, gated), await throughput(direct, gated), await atOnce(direct, gated)]
      return [...overTls, await plainFirstByte(join(dir, 'plain.sock'))]
    } finally {
      for (const agent of agents) agent.destroy()
      gateway.kill()
      await upstream.terminate()
    }
  })

/** Plain http, as the operator's own servers on this machine speak. */
const plainFirstByte = async (socketPath: string): Promise<Figure> => {
  const upstream = new Worker(new URL('./gate-upstream.ts', import.meta.url), { workerData: null })
  const [port] = (await once(upstream, 'message')) as [number]
  const program = fileURLToPath(new URL('./gate-gateway.ts', import.meta.url))
  const gateway = fork(program, [`http://127.0.0.1:${port}`, socketPath])
  const [token] = (await once(gateway, 'message')) as [string]
  const headers = { 'content-type': 'application/json', 'x-api-key': token }
  const agent = new http.Agent({ keepAlive: true })
  try {
    return await firstByte(
      { via: http, port, host: '127.0.0.1', path: '/v1/messages', headers, agent },
      { via: http, socketPath, path: '/anthropic/v1/messages', headers, agent },
      'over plain http',
    )
  } finally {
    agent.destroy()
    gateway.kill()
    await upstream.terminate()
  }
}

const firstByte = async (direct: Place, gated: Place, how = 'over TLS'): Promise<Figure> => {
  const body = bodyFor(3)
  const times = { direct: [] as number[], gated: [] as number[] }
  for (let round = 0; round < rounds * 60; round++) {
    times.direct.push((await ask(direct, body)).firstByteMs)
    times.gated.push((await ask(gated, body)).firstByteMs)
  }
  const alone = median(times.direct)
  return {
    name: `what a gate adds to the first byte ${how}, body of ${Math.round(body.length / 1024)} KiB`,
    unit: 'ms',
    measured: median(times.gated) - alone,
    baseline: { what: 'the upstream itself', value: alone },
    bound: { atMost: 2 },
    stages: [],
  }
}

/** Times of whole streams, so that a lower one is better and 0.9 of the speed is 1 / 0.9 of the time. */
const throughput = async (direct: Place, gated: Place): Promise<Figure> => {
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

const atOnce = async (direct: Place, gated: Place): Promise<Figure> => {
  const body = bodyFor(500)
  const { bytes } = await ask(direct, body)
  const all = (where: Place): Promise<Answer[]> =>
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

/**
 * `agentlab gateway` as a process, beside the provider itself: two hundred streams at once, what they lose, how long they
 * take, and what memory the gateway takes for them.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type Figure, median, rounds, timed } from './figure.ts'
import { compiled, inScratch } from './scratch.ts'
import { type Answer, ask, bodyFor, type Place, selfSigned } from './streams.ts'

const streamsAtOnce = 200
const events = 500
const megabyte = 1_024 ** 2
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

export const toolFigures = (): Promise<Figure[]> =>
  inScratch(async dir => {
    const { keyPath, certPath } = selfSigned(dir)
    const ca = readFileSync(certPath, 'utf8')
    const workerData = { key: readFileSync(keyPath, 'utf8'), cert: ca }
    const upstream = new Worker(new URL('./gate-upstream.ts', import.meta.url), { workerData })
    const [port] = (await once(upstream, 'message')) as [number]
    mkdirSync(join(dir, '.config/agentlab'), { recursive: true })
    writeFileSync(
      join(dir, '.config/agentlab/config.yaml'),
      `upstreams: { anthropic: "https://localhost:${port}" }\nlanes: { personal: { models: { anthropic: ["claude-*"] } } }\n`,
    )
    const gateway = spawn(process.execPath, [main, 'gateway', '--port', '0', '--json'], {
      cwd: dir,
      env: {
        HOME: dir,
        PATH: process.env.PATH ?? '',
        ANTHROPIC_API_KEY: 'sk-bench',
        NODE_EXTRA_CA_CERTS: certPath,
        NODE_COMPILE_CACHE: compiled,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(gateway.stdout, 'data')) as [Buffer]
    const said = JSON.parse(line.toString()) as { anthropic: string; tokenPath: string }
    const headers = { 'content-type': 'application/json', 'x-api-key': readFileSync(said.tokenPath, 'utf8').trim() }
    const agents = [new https.Agent({ keepAlive: true, ca }), new http.Agent({ keepAlive: true })] as const
    const direct: Place = { via: https, port, host: 'localhost', path: '/v1/messages', headers, agent: agents[0] }
    const { port: open } = new URL(said.anthropic)
    const through: Place = { via: http, port: open, host: '127.0.0.1', path: '/v1/messages', headers, agent: agents[1] }
    try {
      return await atOnce(direct, through, gateway.pid!)
    } finally {
      for (const agent of agents) agent.destroy()
      gateway.kill()
      await once(gateway, 'close')
      await upstream.terminate()
    }
  })

const atOnce = async (direct: Place, through: Place, pid: number): Promise<Figure[]> => {
  const [alone, named] = [bodyFor(events), bodyFor(events, 'personal/claude-bench')]
  const { bytes } = await ask(direct, alone)
  await ask(through, named)
  const before = memoryOf(pid, 'VmRSS')
  const all = (where: Place, body: string): Promise<PromiseSettledResult<Answer>[]> =>
    Promise.allSettled(Array.from({ length: streamsAtOnce }, () => ask(where, body)))
  const times = { direct: [] as number[], through: [] as number[] }
  let lost = 0
  for (let round = 0; round < rounds; round++) {
    times.direct.push(await timed(() => all(direct, alone)))
    let answers: PromiseSettledResult<Answer>[] = []
    times.through.push(await timed(async () => (answers = await all(through, named))))
    lost += answers.filter(answer => answer.status === 'rejected' || answer.value.bytes !== bytes).length
  }
  const [taken, least] = [median(times.through), median(times.direct)]
  const stages: Figure['stages'] = [
    ['from the provider itself', least],
    ['through the gateway', taken],
  ]
  const what = `${streamsAtOnce} streams at once through agentlab gateway`
  const streams = { what: 'streams', value: streamsAtOnce * rounds }
  const time = { what: 'from the provider itself', value: least }
  const memory = { what: 'after one stream', value: before / megabyte }
  return [
    {
      name: `${what}, incomplete ones`,
      unit: 'count',
      measured: lost,
      baseline: streams,
      bound: { atMost: 0 },
      stages,
    },
    { name: what, unit: 'ms', measured: taken, baseline: time, bound: { ratio: 2 }, stages: [] },
    {
      name: `${what}, most memory`,
      unit: 'MB',
      measured: memoryOf(pid, 'VmHWM') / megabyte,
      baseline: memory,
      bound: { atMost: 400 },
      stages: [],
    },
  ]
}

/** Bytes, now or at most so far; Linux tells. */
const memoryOf = (pid: number, what: 'VmRSS' | 'VmHWM'): number => {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024
}

/** A box with a gate beside the bare command: what it takes to start one, and what its bridge weighs. */
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Containment, LaunchCommand, LaunchPolicy } from '../src/domain/launch.ts'
import { launch } from '../src/process/launch.ts'
import { type Figure, median, rounds, timed } from './figure.ts'
import { inScratch } from './scratch.ts'

const port = 48_787

export const boxFigures = (): Promise<Figure[]> =>
  inScratch(async dir => {
    const gate = createServer((_, response) => void response.end()).listen(join(dir, 'gate.sock'))
    const network = { socket: join(dir, 'gate.sock'), port }
    const start = (containment: Containment, reach: LaunchPolicy['network']) =>
      timed(async () => (await launch(policyIn(dir, containment, reach), commandIn(dir, 'true'))).ended)
    const times = { bare: [] as number[], closed: [] as number[], gated: [] as number[] }
    try {
      for (let round = 0; round < rounds * 4; round++) {
        times.bare.push(await start('unboxed', 'host'))
        times.closed.push(await start('boxed', 'none'))
        times.gated.push(await start('boxed', network))
      }
      const bare = median(times.bare)
      return [
        {
          name: 'a box with a gate, over the bare command',
          unit: 'ms',
          measured: median(times.gated) - bare,
          baseline: { what: '`true`, launched bare', value: bare },
          bound: { atMost: 50 },
          stages: [
            ['the box itself', median(times.closed) - bare],
            ['its bridge to the gate', median(times.gated) - median(times.closed)],
          ],
        },
        await bridgeMemory(dir, network),
      ]
    } finally {
      gate.close()
    }
  })

const limits = { wallMs: 60_000, outputBytes: 65_536, processes: 64, fileBytes: 65_536, openFiles: 256 }

const policyIn = (dir: string, containment: Containment, network: LaunchPolicy['network']): LaunchPolicy => ({
  containment,
  seat: dir,
  readable: [],
  writable: [dir],
  hidden: [],
  userNamespaces: false,
  network,
  limits,
})

const commandIn = (dir: string, script: string): LaunchCommand => ({
  file: '/bin/sh',
  args: ['-c', script],
  cwd: dir,
  env: { PATH: '/usr/bin:/bin' },
  stdinPath: null,
  stdoutPath: join(dir, 'stdout'),
  stderrPath: join(dir, 'stderr'),
})

/** Proportional set size of the bridge while its command runs, in MB: shared pages count by their share. */
const bridgeMemory = async (dir: string, network: LaunchPolicy['network']): Promise<Figure> => {
  const running = await launch(policyIn(dir, 'boxed', network), commandIn(dir, 'echo up; sleep 60'))
  while (!readFileSync(join(dir, 'stdout'), 'utf8').includes('up')) await new Promise(done => setTimeout(done, 5))
  const bridge = readdirSync('/proc').find(pid => isBridge(pid, dir))
  const of = (pid: string): number =>
    Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1024
  const measured = bridge === undefined ? Number.NaN : of(bridge)
  const own = of('self')
  await running.stop('cancelled', { signal: 'SIGTERM', graceMs: 0 })
  return {
    name: 'the bridge of a seat, memory',
    unit: 'MB',
    measured,
    baseline: { what: 'this program', value: own },
    bound: { atMost: 10 },
    stages: [],
  }
}

const isBridge = (pid: string, dir: string): boolean => {
  try {
    const of = (file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')
    return /^\d+$/.test(pid) && of('comm').trim() === 'socat' && of('environ').includes(dir)
  } catch {
    return false
  }
}

/** The memory the local loop takes for itself, built as it is installed, through a conversation with large results. */
import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseScenario } from '../src/rehearsal/scenario.ts'
import { startRehearsal } from '../src/rehearsal/server.ts'
import { type LocalSettings, tokenVariable } from '../src/workers/local/settings.ts'
import { sparingFlags } from '../src/workers/own-program.ts'
import { type Figure, median, rounds } from './figure.ts'
import { inScratch } from './scratch.ts'

const megabyte = 1024 * 1024
/** The most resident memory a process has had, which Linux tells while it lives. */
const peakOf = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return (Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024) / megabyte
}

const scenario = `
tasks: {}
defaults:
  worker:
    steps:
${Array.from({ length: 12 }, (_, n) => `      - run: seq ${n} 20000\n`).join('')}      - flood: { sizeBytes: 200000 }
`

/** Runs it to its end; its peak is asked for as long as it lives. */
const peakThrough = async (args: string[], cwd: string, input: string): Promise<number> => {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env.PATH ?? '', [tokenVariable]: 'token' },
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  let peak = 0
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  child.stdin.end(input)
  const timer = setInterval(() => void peakOf(child.pid!).then(now => (peak = Math.max(peak, now))), 20)
  const exitCode = await ended
  clearInterval(timer)
  if (exitCode !== 0) throw new Error(`it ended with ${exitCode}`)
  return peak
}

const playRound = (): Promise<{ loop: number; node: number }> =>
  inScratch(async dir => {
    execFileSync(process.execPath, [join(import.meta.dirname, '../tools/build.ts'), join(dir, 'dist')])
    const rehearsal = await startRehearsal(parseScenario(scenario, 'bench.yaml'), { identity: { role: 'worker' } })
    try {
      const settings: LocalSettings = {
        role: 'worker',
        baseUrl: rehearsal.origin,
        model: 'rehearsed',
        wire: null,
        contextTokens: 32_768,
        schema: null,
        inbox: null,
        sessions: join(dir, 'sessions'),
      }
      const path = join(dir, 'settings.json')
      writeFileSync(path, JSON.stringify(settings))
      const loop = await peakThrough(
        [...sparingFlags, join(dir, 'dist/workers/local.mjs'), path, 'new', 's'],
        dir,
        'Do it.',
      )
      const node = await peakThrough(['-e', 'setTimeout(() => {}, 300)'], dir, '')
      return { loop, node }
    } finally {
      await rehearsal.close()
    }
  })

export const localFigures = async (): Promise<Figure[]> => {
  const played: { loop: number; node: number }[] = []
  for (let round = 0; round < rounds; round++) played.push(await playRound())
  return [
    {
      name: 'local loop: memory of its own process',
      unit: 'MB',
      measured: median(played.map(({ loop }) => loop)),
      baseline: { what: 'node with nothing to do', value: median(played.map(({ node }) => node)) },
      bound: { atMost: 80 },
      stages: [],
    },
  ]
}

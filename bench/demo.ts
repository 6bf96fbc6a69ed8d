/** The demo's wall beside the critical path of everything it launched, computed from its log. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Figure, median, rounds, timed } from './figure.ts'
import { type MeasuredRun, measuredRun } from './measured-run.ts'
import { inScratch } from './scratch.ts'

const entry = fileURLToPath(new URL('../bin/agentlab.js', import.meta.url))

interface Round extends MeasuredRun {
  wallMs: number
}

const playRound = (): Promise<Round> =>
  inScratch(async dir => {
    const env = {
      ...process.env,
      HOME: dir,
      XDG_STATE_HOME: join(dir, 'state'),
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? dir, '.cache'),
    }
    const wallMs = await timed(() =>
      execFileSync(process.execPath, [entry, 'demo', '--keep'], { env, stdio: ['ignore', 'ignore', 'inherit'] }),
    )
    const demos = join(dir, 'state', 'agentlab', 'demo')
    const run = await measuredRun(join(demos, readdirSync(demos)[0]!, 'repo'), env)
    return { ...run, wallMs }
  })

export const demo = async (): Promise<Figure> => {
  const played: Round[] = []
  for (let round = 0; round < rounds; round++) played.push(await playRound())
  const of = (pick: (round: Round) => number): number => median(played.map(pick))
  return {
    name: "the demo's wall",
    unit: 'ms',
    measured: of(round => round.wallMs),
    baseline: {
      what: `critical path of its ${of(round => round.launches)} launches`,
      value: of(round => round.pathMs),
    },
    bound: { ratio: 1.25 },
    stages: [
      ['from request to conclusion, by the log', of(round => round.runMs)],
      ['before and after: start, sample, receipt, tidying', of(round => round.wallMs - round.runMs)],
    ],
  }
}

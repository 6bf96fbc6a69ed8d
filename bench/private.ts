/** A rehearsed run of four tasks in lane private, in boxes, beside the critical path of everything it launched. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoggedEvent } from '../src/domain/event.ts'
import { makeRepository } from '../tests/support/git-repository.ts'
import { type Figure, median, rounds, timed } from './figure.ts'
import { type MeasuredRun, measuredRun } from './measured-run.ts'
import { inScratch } from './scratch.ts'

const entry = fileURLToPath(new URL('../bin/agentlab.js', import.meta.url))
const words = ['task', '--rehearse', 'private', '--lane', 'private', '--agents', 'local', '--same-vendor', 'Try it']

interface Round extends MeasuredRun {
  wallMs: number
  stages: Record<string, number>
}

const playRound = (): Promise<Round> =>
  inScratch(async dir => {
    const root = makeRepository(dir, { 'README.md': 'Hello\n' })
    const home = join(dir, 'home')
    mkdirSync(home)
    const env = {
      ...process.env,
      HOME: home,
      XDG_STATE_HOME: join(dir, 'state'),
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? dir, '.cache'),
    }
    const wallMs = await timed(() =>
      execFileSync(process.execPath, [entry, ...words], { cwd: root, env, stdio: 'ignore' }),
    )
    const run = await measuredRun(root, env)
    return { ...run, wallMs, stages: stagesIn(run.events) }
  })

/** When each step of the run was behind it, by the log. */
const stagesIn = (events: readonly LoggedEvent[]): Record<string, number> => {
  const at = (type: LoggedEvent['event']['type'], last = false): number => {
    const found = last
      ? events.findLast(({ event }) => event.type === type)
      : events.find(({ event }) => event.type === type)
    return found!.at - events[0]!.at
  }
  return {
    'until the plan was there': at('plan.ready'),
    'until the last worker had finished': at('attempt.finished', true),
    'until the last verdict': at('verdict.given', true),
    'until the last integration': at('task.integrated', true),
  }
}

export const privateRun = async (): Promise<Figure> => {
  const played: Round[] = []
  for (let round = 0; round < rounds; round++) played.push(await playRound())
  const of = (pick: (round: Round) => number): number => median(played.map(pick))
  return {
    name: 'a rehearsed run of four private tasks',
    unit: 'ms',
    measured: of(round => round.wallMs),
    baseline: {
      what: `critical path of its ${of(round => round.launches)} launches`,
      value: of(round => round.pathMs),
    },
    bound: { atMost: 20_000 },
    stages: [
      ['from request to conclusion, by the log', of(round => round.runMs)],
      ...Object.keys(played[0]!.stages).map((name): [string, number] => [name, of(round => round.stages[name]!)]),
      ['before and after: start, answers, what is printed', of(round => round.wallMs - round.runMs)],
    ],
  }
}

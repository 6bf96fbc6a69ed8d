/** `agentlab runs` on a store of 100,000 events, beside an empty node. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataDirOf } from '../src/config/data-dir.ts'
import { openDatabase } from '../src/store/database.ts'
import { createStore } from '../src/store/store.ts'
import { recording, recordRun } from '../tests/support/recorded-run.ts'
import { type Figure, median, rounds, timed } from './figure.ts'
import { inScratch } from './scratch.ts'

const entry = fileURLToPath(new URL('../bin/agentlab.js', import.meta.url))
const runs = 500
const eventsPerRun = 200
const tip = '5'.repeat(40)

export const runsListing = (): Promise<Figure> =>
  inScratch(async dir => {
    const repo = join(dir, 'repo')
    mkdirSync(repo)
    execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: repo })
    const env = { ...process.env, HOME: dir, XDG_STATE_HOME: join(dir, 'state'), XDG_CACHE_HOME: join(dir, 'cache') }
    const dataDir = dataDirOf({ commonGitDir: realpathSync(join(repo, '.git')), env })
    mkdirSync(dataDir, { recursive: true })
    const store = createStore(openDatabase(join(dataDir, 'store.db')))
    store.write(() => {
      for (let run = 0; run < runs; run++) {
        const tasks = [1, 2, 3].map(number => ({ title: `Task ${number}`, after: [], base: tip, tip, findings: [] }))
        // Four events of the run's own and six of each task.
        const filler = eventsPerRun - 4 - 6 * tasks.length
        const runId = `b${String(run).padStart(7, '0')}`
        recordRun(
          store,
          recording({ runId, at: Date.UTC(2026, 0, 1) + run * 600_000, tasks, filler, requests: [{}, {}] }),
        )
      }
    })
    const events = store.events.lastSeq()
    store.close()
    const options = { cwd: repo, env, stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] }
    const empty: number[] = []
    const listed: number[] = []
    const parsed: number[] = []
    for (let round = 0; round < rounds * 4; round++) {
      empty.push(await timed(() => execFileSync(process.execPath, ['-e', '0'])))
      listed.push(await timed(() => execFileSync(process.execPath, [entry, 'runs'], options)))
      parsed.push(await timed(() => execFileSync(process.execPath, [entry, 'runs', '-n', '20'], options)))
    }
    return {
      name: `\`runs\`, ${events.toLocaleString('en')} events`,
      unit: 'ms',
      measured: median(listed),
      baseline: { what: '`node -e 0`', value: median(empty) },
      bound: { ratio: 2.5 },
      stages: [
        ['its own part', median(listed) - median(empty)],
        ['more, with an option to parse: `runs -n 20`', median(parsed) - median(listed)],
      ],
    }
  })

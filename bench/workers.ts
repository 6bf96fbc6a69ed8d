/**
 * Fifty workers at once in boxes, each saying a hundred lines a second: what memory the supervisor takes, and how long
 * its event loop is held up. Two runs of one repository, since a plan has at most thirty tasks.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { followRun, openProject, type Project, requestRun, supervisorFlags } from '../src/app.ts'
import { fakeWish, makeFakeProject } from '../tests/support/fake-crew.ts'
import { type Figure, median, rounds } from './figure.ts'
import { compiled, inScratch } from './scratch.ts'
import type { Watched } from './watched-supervisor.ts'

const runs = 2
const tasksPerRun = 25
const workers = runs * tasksPerRun
const linesPerSecond = 100
/** BENCH_SECONDS: how long each worker talks. */
const seconds = Number(process.env.BENCH_SECONDS ?? 30)

const planText = (run: number): string =>
  [
    'tasks:',
    ...Array.from({ length: tasksPerRun }, (_, index) => {
      const file = `file-${run}-${index + 1}.txt`
      return `  - { key: t${index + 1}, title: Add ${file}, what: "Add the file ${file}; talk for ${seconds} seconds" }`
    }),
  ].join('\n')

/** A process of its own that watches itself: the supervisor's, or one with nothing to do. */
const watch = (
  root: string,
  env: NodeJS.ProcessEnv,
  isIdle: boolean,
): { child: ChildProcess; end(): Promise<Watched> } => {
  const program = fileURLToPath(new URL('./watched-supervisor.ts', import.meta.url))
  const child = fork(program, [root, isIdle ? 'idle' : String(workers), compiled], {
    env,
    execArgv: [...supervisorFlags],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return {
    child,
    end: () =>
      new Promise((resolve, reject) => {
        child.once('message', seen => resolve(seen as Watched))
        child.once('exit', code => reject(new Error(`the watched process ended with ${code} and said nothing`)))
        child.send('end')
      }),
  }
}

/** Lines that were read, understood and kept: each is one line of a worker's transcript. */
const linesKept = (project: Project): number => {
  const dir = project.paths.transcripts
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter(name => name.includes('worker-'))
  return files.reduce((sum, name) => sum + readFileSync(join(dir, name), 'utf8').split('\n').length - 1, 0)
}

interface Round {
  seen: Watched
  idle: Watched
  lines: number
}

const playRound = (): Promise<Round> =>
  inScratch(async dir => {
    const { root, env } = makeFakeProject(dir, 'chatty-claude')
    appendFileSync(join(env.HOME!, '.config/agentlab/config.yaml'), `defaults: {maxParallel: ${tasksPerRun}}\n`)
    const project = await openProject({ cwd: root, env })
    const supervisor = watch(root, env, false)
    const idle = watch(root, env, true)
    try {
      const goOn = { startSupervisor: false }
      const asked = await Promise.all(
        Array.from({ length: runs }, (_, run) =>
          requestRun(project, fakeWish(planText(run + 1), { maxParallel: tasksPerRun }), goOn),
        ),
      )
      for (const { runId } of asked) {
        const { state } = await followRun(project, runId, () => {}, new AbortController().signal, goOn)
        if (state !== 'done') throw new Error(`the run ${runId} of the bench ended as ${state}`)
      }
      return { seen: await supervisor.end(), idle: await idle.end(), lines: linesKept(project) }
    } finally {
      for (const { child } of [supervisor, idle]) child.kill()
      project.close()
    }
  })

export const workerFigures = async (): Promise<Figure[]> => {
  const played: Round[] = []
  // A round takes a minute: three tell as much as five.
  for (let round = 0; round < Math.min(rounds, 3); round++) played.push(await playRound())
  const of = (pick: (round: Round) => number): number => median(played.map(pick))
  const expected = workers * linesPerSecond * seconds
  const lines = Math.min(...played.map(round => round.lines))
  if (lines < expected) throw new Error(`only ${lines} of the workers' ${expected} lines were kept`)
  const most = Math.min(...played.map(round => round.seen.most))
  if (most < workers) throw new Error(`only ${most} workers talked at once: let them talk longer (BENCH_SECONDS)`)
  const what = `${workers} workers, ${linesPerSecond} lines/s each, ${lines.toLocaleString('en')} lines`
  return [
    {
      name: `event-loop delay of the supervisor, p99: ${what}`,
      unit: 'ms',
      measured: of(round => round.seen.whole.p99),
      baseline: { what: 'a process that only waits, meanwhile', value: of(round => round.idle.whole.p99) },
      bound: { atMost: 50 },
      stages: [
        ['p50, from the first task to the last', of(round => round.seen.whole.p50)],
        ['longest', of(round => round.seen.whole.max)],
        ['p50 while all talk', of(round => round.seen.talking.p50)],
        ['p99 while all talk', of(round => round.seen.talking.p99)],
        ['longest while all talk', of(round => round.seen.talking.max)],
        ['longest of the process that only waits', of(round => round.idle.whole.max)],
      ],
    },
    {
      name: `memory of the supervisor (peak RSS): the same`,
      unit: 'MB',
      measured: of(round => round.seen.peakMb),
      baseline: { what: 'a process that only waits', value: of(round => round.idle.peakMb) },
      bound: { atMost: 250 },
      stages: [
        ['of processor time, supervisor', of(round => round.seen.cpuMs)],
        ['from start to end', of(round => round.seen.wallMs)],
      ],
    },
  ]
}

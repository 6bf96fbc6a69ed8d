/** Two terminals that want opposite things of one run: one order counts, and each is told what became of its wish. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configContent } from '../../src/app/host.ts'
import { loopStoreOf } from '../../src/app/loop-store.ts'
import { planRun } from '../../src/app/plan-run.ts'
import { openProject, type Project, superviseProject } from '../../src/app.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { newContentId, newRunId } from '../../src/domain/ids.ts'
import { createLoop } from '../../src/supervisor/loop.ts'
import { agentlab, type Outcome } from '../cli/world.ts'
import { type FakeProject, fakeWish, makeFakeProject } from '../support/fake-crew.ts'
import { makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

const scratch = makeScratch('opposite')
let fake: FakeProject
let project: Project
const stop = new AbortController()
let served: Promise<boolean>

/** Each run adds a file of its own: two that add the same one would leave nothing to do for the second. */
const planOf = (runId: string): string => `tasks: [{ key: one, title: Add a file, what: Add the file ${runId}.txt }]`

beforeAll(async () => {
  fake = makeFakeProject(scratch)
  mkdirSync(join(scratch, 'tmp'), { recursive: true })
  project = await openProject({ cwd: fake.root, env: fake.env })
  waitingRuns.push(...(await Promise.all(Array.from({ length: rounds }, () => waitingRun()))))
  const own = await openProject({ cwd: fake.root, env: fake.env })
  served = superviseProject(own, { idleMs: null, log: () => undefined, signal: stop.signal }).finally(() => own.close())
})
afterAll(async () => {
  stop.abort()
  await served
  project.close()
  removeScratch(scratch)
})

const rounds = 6
const waitingRuns: string[] = []

/** A run as a supervisor leaves one whose base it had to refuse; no effect of it was carried out. */
const waitingRun = async (): Promise<string> => {
  const { store } = project
  const runId = newRunId(Math.random)
  const planText = planOf(runId)
  const wish = fakeWish(planText)
  const planned = await planRun(project, wish)
  const keep = (kind: 'goal' | 'config' | 'planFile' | 'scenario', text: string): string => {
    const id = newContentId(Math.random)
    store.content.add({ id, runId, taskId: null, lane: planned.lane, kind, at: Date.now(), text })
    return id
  }
  const request = {
    ...planned,
    goalContentId: keep('goal', wish.goal),
    configContentId: keep('config', configContent(project.config)),
    planContentId: keep('planFile', planText),
    scenarioContentId: keep('scenario', wish.scenarioText!),
  }
  const loop = createLoop({
    store: loopStoreOf(store, store.nextEpoch()),
    runEffect: () => new Promise(() => undefined),
    reportFailure: () => {
      throw new Error('nothing runs here')
    },
    now: Date.now,
    onFatal: error => {
      throw error
    },
  })
  const events: LoopEvent[] = [
    { type: 'run.requested', runId, request },
    { type: 'base.refused', runId, reason: 'effectFailed', contentId: null },
    { type: 'run.concluded', runId },
  ]
  for (const event of events) expect(loop.dispatch(event)).toBe(true)
  expect(store.machines.get(runId)?.state).toBe('awaitingOperator')
  return runId
}

interface Told extends Outcome {
  command: string
}

const ask = async (...args: string[]): Promise<Told> => ({
  command: args[0]!,
  ...(await agentlab({ scratch, repository: fake.root, env: fake.env }, args)),
})

/** What the log says the operators did to the run, in its order. */
const ordersOf = (runId: string): string[] =>
  project.store.events
    .ofRun(runId)
    .map(({ event }) => event.type)
    .filter(type => type.startsWith('operator.'))

const restOf = async (runId: string): Promise<string> => {
  for (;;) {
    const state = project.store.machines.get(runId)!.state
    if (['done', 'failed', 'cancelled', 'awaitingOperator'].includes(state)) return state
    await new Promise(done => setTimeout(done, 20))
  }
}

const refusalOf = {
  cancel: /has ended already|is being cancelled already|is just coming to its end/,
  resume: /has ended|is being cancelled|coming to/,
}

const isTold = ({ command, exit, stdout, stderr }: Told): void => {
  if (exit === 0) return void expect(stdout, command).not.toBe('')
  expect({ exit, stdout }, stderr).toEqual({ exit: 1, stdout: '' })
  expect(stderr).toMatch(refusalOf[command as keyof typeof refusalOf])
  expect(stderr).toMatch(/\n {2}→ .*agentlab show/)
}

const pairs: [string[], string[]][] = [
  [['cancel'], ['resume', '--detach']],
  [['cancel'], ['cancel']],
  [
    ['resume', '--detach'],
    ['resume', '--detach'],
  ],
]

/** Both at once; then what they were told is held against the log. */
const play = async (runId: string, pair: [string[], string[]]): Promise<void> => {
  const told = await Promise.all(pair.map(([command, ...options]) => ask(command!, runId, ...options)))
  for (const answer of told) isTold(answer)
  const end = await restOf(runId)
  const orders = ordersOf(runId)
  const accepted = told.filter(({ exit }) => exit === 0).map(({ command }) => command)
  const cancelled = accepted.filter(command => command === 'cancel').length
  expect(accepted.length, JSON.stringify(told)).toBeGreaterThan(0)
  expect(orders.filter(type => type === 'operator.cancelled')).toHaveLength(cancelled)
  expect(orders.filter(type => type === 'operator.resumed')).toHaveLength(accepted.includes('resume') ? 1 : 0)
  // Two that cancel: one does it, the other hears so. One that comes when the run is over hears that.
  if (pair[1][0] === 'cancel') expect(cancelled).toBe(1)
  expect(end).toBe(cancelled === 1 ? 'cancelled' : 'done')
  // To go on after the end was refused: a resumption stands before the cancelling, or nowhere.
  expect(orders).toEqual(['operator.resumed', 'operator.cancelled'].filter(type => orders.includes(type)))
}

test('opposite commands at once have one order, and who comes too late is told why', async () => {
  for (let round = 0; round < rounds; round += pairs.length)
    await Promise.all(pairs.map((pair, index) => play(waitingRuns[round + index]!, pair)))
  expect(project.store.commands.unanswered()).toEqual([])
})

test('of two that take the same work out of agent one does it, and the other hears why not', async () => {
  const { store } = project
  const runId = waitingRuns.find(id => store.machines.get(id)!.state === 'done')!
  const taskId = `${runId}-1`
  const told = await Promise.all([ask('reject', taskId, 'Not wanted.'), ask('reject', taskId, 'Not needed.')])
  const [late, ...others] = told.filter(({ exit }) => exit !== 0)
  expect(others, JSON.stringify(told)).toEqual([])
  expect(late).toMatchObject({ exit: 1, stdout: '' })
  expect(late!.stderr).toMatch(new RegExp(`reject failed on ${taskId}: .*(?:under way|taken out|only integrated work)`))
  expect(ordersOf(runId).filter(type => type === 'operator.rejected')).toHaveLength(1)
  expect(shellGit(fake.root, ['ls-tree', '--name-only', 'agent'])).not.toContain(`${runId}.txt`)
})

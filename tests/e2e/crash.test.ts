/**
 * Kill -9 after every commit of the loop, and in the middle of every kind of effect, of a small rehearsed run whose agent
 * is a fixture program. The next supervisor goes on by itself and comes to the same end: the same trees, refs and rows
 * (ids and times aside), with no more model calls than the interrupted step costs, and nothing left alive.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openProject } from '../../src/app.ts'
import type { Point } from '../fixtures/programs/live-and-die.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { type FakeProject, makeFakeProject } from '../support/fake-crew.ts'
import { makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { processesBelow } from '../support/seat-processes.ts'

const program = fileURLToPath(new URL('../fixtures/programs/live-and-die.ts', import.meta.url))

const plan = `
tasks:
  - { key: one, title: Add one, what: "Add the file one.txt" }
  - { key: ask, title: Ask, what: "Is it there?", kind: research, dependsOn: [one] }
`

/** In the middle of each kind of effect: while its process runs, after its model call, between its act and its commit. */
const middles: [string, Point][] = [
  ['base.prepare: agent is made, not yet told', { branch: 'agent', place: 1 }],
  ['attempt.run: the set-up runs', { launch: 'setup' }],
  ['attempt.run: the worker runs', { launch: 'worker claude' }],
  ['attempt.run: the worker has asked its model', { request: 'worker' }],
  ['work.harvest: the export runs', { launch: 'harvest' }],
  ['work.harvest: the task’s branch is set, not yet told', { branch: 'task', place: 1 }],
  ['merge.check: a check runs', { launch: 'check seed' }],
  ['verdict.seek: the verifier runs', { launch: 'verifier claude' }],
  ['verdict.seek: the verifier has asked its model', { request: 'verifier' }],
  ['train.run: agent has moved, not yet told', { branch: 'agent', place: 2 }],
  ['attempt.run: the researcher has asked its model', { request: 'researcher' }],
  ['run.conclude: a worker’s branch is set, not yet told', { branch: 'claude', place: 1 }],
]

interface Ended {
  code: number | null
  signal: string | null
  stdout: string
  stderr: string
}

const live = ({ root, env }: FakeProject, planFile: string, point: Point): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, root, planFile, JSON.stringify(point)], { cwd: root, env })
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()))
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...said }))
  })

/** What is the same however a run was interrupted. */
interface End {
  refs: string[]
  graph: string[]
  states: string[]
  events: string[]
  checks: string[]
  left: unknown[]
  calls: number
  isCheckoutUntouched: boolean
}

const placeholders = (text: string, runId: string): string =>
  text
    .replaceAll(runId, 'RUN')
    // Whether this life brought agent along or found that the last one had: true of a life, not of the end.
    .replace(/"sync":"\w+"/, '"sync":"ANY"')
    .replace(/\b[0-9a-f]{40}\b/g, 'OID')
    .replace(/\bc-[a-z0-9]{16}\b/g, 'CONTENT')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'SESSION')

/** Said once more when a step is begun again. */
const repeatable = ['attempt.started', 'session.known']

const endOf = async (project: Watched): Promise<End> => {
  const { store, close } = await openProject({ cwd: project.root, env: project.env })
  try {
    const run = store.machines.runs(1)[0]!
    const same = (value: unknown): string => placeholders(JSON.stringify(value), run.id)
    const lines = (...args: string[]): string[] => placeholders(shellGit(project.root, args), run.id).split('\n')
    return {
      refs: lines('for-each-ref', '--format=%(refname)').toSorted(),
      graph: shellGit(project.root, ['log', '--topo-order', '--format=%T %s', 'agent']).split('\n'),
      states: store.machines.ofRun(run.id).map(({ seq: _, ...machine }) => same(machine)),
      events: store.events
        .ofRun(run.id)
        .map(({ event }) => event)
        .filter(event => !repeatable.includes(event.type))
        .map(event => same(event)),
      checks: store.checks
        .ofTree(shellGit(project.root, ['rev-parse', 'agent^{tree}']))
        .map(row => `${row.name} ${row.status}`),
      left: [...store.outbox.pending(), ...store.outbox.timers(), ...store.commands.unanswered()],
      calls: store.requests.ofRun(run.id).length,
      isCheckoutUntouched: checkoutDigest(project.root, ours) === project.digest,
    }
  } finally {
    close()
  }
}

interface Crashed {
  name: string
  first: Ended
  second: Ended
  /** Alive ten seconds after the kill, and at the end. */
  survivors: string[]
  end: End
}

let dir: string
let planFile: string
let baseline: End
let commits: number
const crashed = new Map<string, Crashed>()

const waitForNone = async (dataDir: string): Promise<string[]> => {
  for (const since = Date.now(); ; ) {
    const alive = processesBelow(dataDir)
    if (alive.length === 0 || Date.now() - since > 10_000) return alive
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

interface Watched extends FakeProject {
  /** Of the operator's checkout before anything ran. */
  digest: string
}

const ours = { ignoreRefs: ['refs/'] }

const newProject = (): Watched => {
  const project = makeFakeProject(mkdtempSync(join(dir, 'at-')))
  return { ...project, digest: checkoutDigest(project.root, ours) }
}

const crashAt = async (name: string, point: Point): Promise<void> => {
  const project = newProject()
  const first = await live(project, planFile, point)
  const survivors = await waitForNone(project.env.XDG_STATE_HOME!)
  const second = await live(project, planFile, null)
  survivors.push(...processesBelow(project.env.XDG_STATE_HOME!))
  crashed.set(name, { name, first, second, survivors, end: await endOf(project) })
}

beforeAll(async () => {
  dir = makeScratch('crash')
  planFile = join(dir, 'plan.yaml')
  writeFileSync(planFile, plan)
  const project = newProject()
  const whole = await live(project, planFile, null)
  expect(whole, whole.stderr).toMatchObject({ code: 0 })
  commits = Number(whole.stdout)
  baseline = await endOf(project)

  const points = [
    ...Array.from({ length: commits }, (_, index): [string, Point] => [`commit ${index + 1}`, { commit: index + 1 }]),
    ...middles,
  ]
  const work = async (): Promise<void> => {
    for (let next = points.shift(); next !== undefined; next = points.shift()) await crashAt(...next)
  }
  await Promise.all([work(), work()])
  console.log(
    `killed a run ${crashed.size} times: after each of its ${commits} commits, and in ${middles.length} effects`,
  )
}, 600_000)

afterAll(() => removeScratch(dir))

test('a run that nobody kills is done, verified and integrated', () => {
  expect(baseline.states.find(state => state.includes('"kind":"run"'))).toContain('"state":"done"')
  expect(baseline.graph).toHaveLength(3)
  expect(baseline.calls).toBe(3)
  expect(baseline.checks).toEqual(['seed passed'])
  expect(baseline.isCheckoutUntouched).toBe(true)
  expect(commits).toBeGreaterThan(12)
})

const cases = (): Crashed[] => [...crashed.values()]

describe('killed after each commit and in the middle of each effect', () => {
  test('every life was really killed, and every next one came to an end by itself', () => {
    expect(cases()).toHaveLength(commits + middles.length)
    for (const { name, first, second } of cases()) {
      expect(first.signal, `${name}: ${first.stderr}`).toBe('SIGKILL')
      expect(second, `${name}: ${second.stderr}`).toMatchObject({ code: 0, signal: null })
    }
  })

  test('no process of an attempt outlives the kill', () => {
    for (const { name, survivors } of cases()) expect(survivors, name).toEqual([])
  })

  test('the end is the same: trees, refs, rows', () => {
    const ends = Object.fromEntries(cases().map(({ name, end }) => [name, { ...end, calls: 0 }]))
    const wanted = Object.fromEntries(cases().map(({ name }) => [name, { ...baseline, calls: 0 }]))
    expect(ends).toEqual(wanted)
  })

  test('the interrupted step is all that is paid twice', () => {
    for (const { name, end } of cases()) {
      const isAgentsStep =
        name.startsWith('attempt.run') || name.startsWith('verdict.seek') || name.startsWith('commit')
      expect(end.calls, name).toBeGreaterThanOrEqual(baseline.calls)
      expect(end.calls, name).toBeLessThanOrEqual(baseline.calls + (isAgentsStep ? 1 : 0))
    }
  })
})

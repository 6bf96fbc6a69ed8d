/**
 * Kill -9 after every commit of the loop, and in the middle of every kind of effect, of a small rehearsed run whose agent
 * is a fixture program. The next supervisor goes on by itself and comes to the same end: the same trees, refs and rows
 * (ids and times aside), with no more model calls than the interrupted step costs, and nothing left alive.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Point } from '../fixtures/programs/live-and-die.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { makeFakeProject } from '../support/fake-crew.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'
import { type End, type Ended, endOf, live, ours, type Watched, waitForNone } from '../support/lives.ts'
import { processesBelow } from '../support/seat-processes.ts'

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

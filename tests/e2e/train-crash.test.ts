/**
 * Kill -9 in the middle of a train of three whose last tip does not go with the first: the next supervisor finds what is
 * on `agent` already, sends back the same tip with the same combination, and comes to the same end.
 */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Point } from '../fixtures/programs/live-and-die.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'
import { type End, type Ended, endOf, live, ours, type Watched, waitForNone } from '../support/lives.ts'
import { makeQueuedRun, quarrel } from '../support/queued-run.ts'

const points: [string, Point][] = [
  ['the train has formed', { commit: 1 }],
  ['a part of the stack is being checked', { launch: 'check it' }],
  ['agent has moved, not yet told', { branch: 'agent', place: 2 }],
  ['its end is told', { commit: 2 }],
]

let dir: string
let whole: Ended
let baseline: End

const prepared = async (): Promise<Watched> => {
  const { root, env } = await makeQueuedRun(mkdtempSync(join(dir, 'at-')), quarrel)
  return { root, env, digest: checkoutDigest(root, ours) }
}

beforeAll(async () => {
  dir = makeScratch('train-crash')
  const project = await prepared()
  whole = await live(project, '', null)
  baseline = await endOf(project)
})
afterAll(() => removeScratch(dir))

test('nobody kills it: two land, the third comes back and lands once it is mended', () => {
  expect(whole, whole.stderr).toMatchObject({ code: 0 })
  expect(baseline.states.filter(state => state.includes('"state":"integrated"'))).toHaveLength(3)
  expect(baseline.events.filter(event => event.includes('"stack":["RUN-1","RUN-2"]'))).toHaveLength(1)
})

test.each(points)('killed when %s, the end is the same', async (_, point) => {
  const project = await prepared()
  const first = await live(project, '', point)
  expect(first.signal, first.stderr).toBe('SIGKILL')
  expect(await waitForNone(project.env.XDG_STATE_HOME!)).toEqual([])
  const second = await live(project, '', null)
  expect(second, second.stderr).toMatchObject({ code: 0, signal: null })
  expect(facts(await endOf(project))).toEqual(facts(baseline))
})

/** A repeated train finds in the cache what its first life had checked. */
const facts = (end: End): End => ({
  ...end,
  events: end.events.map(event => event.replace(/"checkRuns":\d+/, '"checkRuns":ANY')),
})

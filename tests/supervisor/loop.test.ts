/** The loop at its edges: what starts once, what is dropped, what ends it. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loopStoreOf } from '../../src/app/loop-store.ts'
import type { Effect } from '../../src/domain/effect.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { createLoop, type LoopOptions, type RunEffect } from '../../src/supervisor/loop.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'
import * as say from './facts.ts'

let dir: string
let store: Store
let started: Effect[]
let committed: LoopEvent[]
let answers: Map<string, (event: LoopEvent | null) => void>

beforeEach(() => {
  dir = makeScratch('loop')
  store = createStore(openDatabase(join(dir, 'store.db')))
  started = []
  committed = []
  answers = new Map()
})

afterEach(() => {
  store.close()
  removeScratch(dir)
})

/** Answers only when the test says so. */
const held: RunEffect = effect => {
  started.push(effect)
  return new Promise(resolve => answers.set(effect.name, resolve))
}

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const makeLoop = (over: Partial<LoopOptions> = {}) =>
  createLoop({
    store: loopStoreOf(store, store.nextEpoch()),
    runEffect: held,
    reportFailure: (effect, error) => {
      expect(error).toBeInstanceOf(Error)
      return say.effectFailed(null, effect.name)
    },
    now: () => 1_000,
    onCommit: event => committed.push(event),
    onFatal: error => {
      throw error
    },
    ...over,
  })

const requested: LoopEvent = { type: 'run.requested', runId: say.runId, request: say.request() }

test('an effect that tells at once is started once', async () => {
  const loop = makeLoop({
    runEffect: (effect, signal, tell) => {
      tell(say.effectFailed('testrun1-9', 'told at once'))
      return held(effect, signal, tell)
    },
  })
  loop.dispatch(requested)
  await settled()
  expect(started.map(effect => effect.name)).toEqual(['base.prepare'])
  await stopped(loop)
})

/** Lets go of what the test holds back, as an effect that honours its signal would. */
const stopped = async (loop: ReturnType<typeof makeLoop>): Promise<void> => {
  const stop = loop.stop()
  for (const answer of answers.values()) answer(null)
  await stop
}

test('an answer that comes after its effect was voided is dropped', async () => {
  const loop = makeLoop()
  loop.dispatch(requested)
  await settled()
  loop.dispatch(say.cancelled)
  answers.get('base.prepare')!(say.baseReady())
  await settled()
  expect(committed.map(event => event.type)).toEqual(['run.requested', 'operator.cancelled'])
  expect(started.map(effect => effect.name)).toEqual(['base.prepare', 'run.conclude'])
  await stopped(loop)
})

test('an effect that throws becomes an event, and its row goes with it', async () => {
  const loop = makeLoop({
    runEffect: (effect, signal, tell) => {
      if (effect.name === 'base.prepare') throw new Error('the disk is full')
      return held(effect, signal, tell)
    },
  })
  loop.dispatch(requested)
  await settled()
  expect(committed.map(event => event.type)).toEqual(['run.requested', 'effect.failed'])
  expect(store.outbox.pending().map(effect => effect.name)).toEqual(['run.conclude'])
  await stopped(loop)
})

test('a stopped loop records nothing more and leaves the outbox to the next one', async () => {
  const loop = makeLoop()
  loop.dispatch(requested)
  await settled()
  const stop = loop.stop()
  answers.get('base.prepare')!(say.baseReady())
  await stop
  loop.dispatch(say.cancelled)
  expect(committed.map(event => event.type)).toEqual(['run.requested'])
  const next = makeLoop()
  next.recover()
  await settled()
  expect(started.map(effect => effect.name)).toEqual(['base.prepare', 'base.prepare'])
  expect(started[1]!.key).toBe(started[0]!.key)
  await stopped(next)
})

test('a loop whose epoch was superseded ends with that error and changes nothing', () => {
  let fatal: unknown = null
  const old = makeLoop({ onFatal: error => (fatal = error) })
  makeLoop()
  old.dispatch(requested)
  expect(fatal).toMatchObject({ code: 'superseded' })
  expect(store.events.lastSeq()).toBe(0)
  expect(old.isIdle()).toBe(true)
})

test('a start that a crash kept from being handled is found again', async () => {
  const loop = makeLoop()
  let commits = 0
  const dies = makeLoop({
    onCommit: () => {
      commits += 1
      if (commits === 3) throw new Error('killed between two commits')
    },
    onFatal: () => {},
  })
  expect(loop.isIdle()).toBe(true)
  dies.dispatch(requested)
  await settled()
  answers.get('base.prepare')!(say.baseReady())
  await settled()
  answers.get('plan.make')!(say.planReady([say.fact(1)]))
  await settled()
  expect(store.machines.get(say.taskId(1))!.state).toBe('pending')
  const next = makeLoop()
  next.recover()
  await settled()
  expect(store.machines.get(say.taskId(1))!.state).toBe('working')
  expect(started.at(-1)!.name).toBe('attempt.run')
  await stopped(next)
})

test('timers that fell due while nobody was there ring at the next start', async () => {
  let clock = 1_000
  const rings: { inMs: number; ring: () => void }[] = []
  const alarm: LoopOptions['alarm'] = (inMs, ring) => {
    const entry = { inMs, ring }
    rings.push(entry)
    return () => void rings.splice(rings.indexOf(entry), 1)
  }
  const loop = makeLoop({ now: () => clock, alarm })
  loop.dispatch(requested)
  await settled()
  answers.get('base.prepare')!(say.baseReady())
  await settled()
  answers.get('plan.make')!({
    type: 'plan.failed',
    runId: say.runId,
    class: 'overloaded',
    retryInMs: 60_000,
    contentId: null,
  })
  await settled()
  expect(rings.map(entry => entry.inMs)).toEqual([60_000])
  await stopped(loop)
  clock += 3_600_000
  rings.length = 0
  const next = makeLoop({ now: () => clock, alarm })
  next.recover()
  expect(rings.map(entry => entry.inMs)).toEqual([0])
  rings[0]!.ring()
  await settled()
  expect(committed.at(-1)!.type).toBe('timer.fired')
  expect(store.outbox.timers()).toEqual([])
  expect(started.at(-1)!.name).toBe('plan.make')
  await stopped(next)
})

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Effect } from '../../src/domain/effect.ts'
import { openDatabase } from '../../src/store/database.ts'
import { migrations } from '../../src/store/migrations.ts'
import { createStore } from '../../src/store/store.ts'
import { contentId, request, runId, scratchDir, scratchStore, taskId } from './scratch-store.ts'

const otherRun = 'a1b2c3d4'
const prepare: Effect = { name: 'base.prepare', key: `${runId}/base.prepare/0`, runId }
const harvest: Effect = {
  name: 'work.harvest',
  key: `${taskId}/work.harvest/1`,
  runId,
  taskId,
  worker: 'claude',
  attempt: 1,
}

describe('the log', () => {
  test('numbers events in the order of their appending and gives a run its own', () => {
    const store = scratchStore()
    const first = store.events.append({ type: 'run.requested', runId, request }, 10, 1)
    store.events.append({ type: 'run.concluded', runId: otherRun }, 20, 1)
    const last = store.events.append({ type: 'run.concluded', runId }, 30, 2)
    expect(last).toBeGreaterThan(first)
    expect(store.events.lastSeq()).toBe(last)
    expect(store.events.ofRun(runId).map(({ seq, at, epoch, event }) => [seq, at, epoch, event.type])).toEqual([
      [first, 10, 1, 'run.requested'],
      [last, 30, 2, 'run.concluded'],
    ])
    expect(store.events.ofRun(runId, first)).toHaveLength(1)
    expect(store.events.first(runId)!.event.type).toBe('run.requested')
    expect(store.events.first('nosuchid')).toBeNull()
    expect(store.events.all()).toHaveLength(3)
  })

  test('counts only the time a run was under way', () => {
    const store = scratchStore()
    store.events.append({ type: 'run.requested', runId, request }, 1_000, 1)
    expect(store.events.activeMs(runId, 4_000)).toBe(3_000)
    store.events.append({ type: 'run.concluded', runId }, 6_000, 1)
    expect(store.events.activeMs(runId, 900_000)).toBe(5_000)
    store.events.append({ type: 'operator.resumed', runId, commandId: 'x', extra: false }, 100_000, 1)
    expect(store.events.activeMs(runId, 101_000)).toBe(6_000)
  })
})

describe('a write', () => {
  test('is undone as a whole when it throws', () => {
    const store = scratchStore()
    const work = () => {
      store.events.append({ type: 'run.concluded', runId }, 1, 1)
      store.outbox.add(prepare, 1)
      throw new Error('half way')
    }
    expect(() => store.write(work)).toThrow('half way')
    expect(store.events.lastSeq()).toBe(0)
    expect(store.outbox.pending()).toEqual([])
  })

  test('is seen by other connections, whose data version changes', () => {
    const store = scratchStore()
    const reader = createStore(openDatabase(store.path, { create: false, readonly: true }))
    const before = reader.dataVersion()
    store.write(() => store.events.append({ type: 'run.concluded', runId }, 1, 1))
    expect(reader.dataVersion()).not.toBe(before)
    expect(reader.events.lastSeq()).toBe(1)
    reader.close()
  })
})

describe('the outbox', () => {
  test('holds an effect once, oldest first, until it is answered', () => {
    const store = scratchStore()
    store.outbox.add(harvest, 5)
    store.outbox.add(prepare, 3)
    store.outbox.add(prepare, 9)
    expect(store.outbox.pending()).toEqual([prepare, harvest])
    store.outbox.remove(prepare.key)
    expect(store.outbox.pendingOf(runId)).toEqual([harvest])
  })

  test('voids the effects and timers of a task, or of the whole run, and of no other', () => {
    const store = scratchStore()
    const foreign: Effect = { name: 'base.prepare', key: 'other', runId: otherRun }
    for (const effect of [prepare, harvest, foreign]) store.outbox.add(effect, 1)
    store.outbox.setTimer({ name: 'timer.set', key: 't1', runId, taskId, dueInMs: 5 }, 0)
    store.outbox.setTimer({ name: 'timer.set', key: 't2', runId, taskId: null, dueInMs: 5 }, 0)
    expect(store.outbox.void(runId, taskId)).toEqual([harvest.key])
    expect(store.outbox.timers().map(timer => timer.key)).toEqual(['t2'])
    expect(store.outbox.void(runId, null)).toEqual([prepare.key])
    expect(store.outbox.timers()).toEqual([])
    expect(store.outbox.pending()).toEqual([foreign])
  })
})

test('timers are rows in due order; setting one again moves it', () => {
  const store = scratchStore()
  const timer = (key: string, dueInMs: number) =>
    store.outbox.setTimer({ name: 'timer.set', key, runId, taskId, dueInMs }, 1_000)
  timer('a', 500)
  timer('b', 200)
  timer('a', 100)
  expect(store.outbox.timers().map(({ key, dueAt }) => [key, dueAt])).toEqual([
    ['a', 1_100],
    ['b', 1_200],
  ])
  store.outbox.clearTimer('a')
  store.outbox.clearTimer('never set')
  expect(store.outbox.timers()).toHaveLength(1)
})

test('commands wait for their answer in the order of their arrival, and keep the first', () => {
  const store = scratchStore()
  store.commands.append('one', { kind: 'task', runId, request }, 2)
  store.commands.append('two', { kind: 'cancel', runId }, 1)
  expect(store.commands.unanswered().map(one => one.id)).toEqual(['one', 'two'])
  expect(store.commands.answerOf('one')).toBeNull()
  expect(store.commands.answer('one', { accepted: false, text: 'no such lane' }, 3)).toBe(true)
  expect(store.commands.answer('one', { accepted: true, text: 'too late' }, 4)).toBe(false)
  expect(store.commands.answerOf('one')).toEqual({ accepted: false, text: 'no such lane' })
  expect(store.commands.unanswered().map(one => one.command)).toEqual([{ kind: 'cancel', runId }])
  expect(store.commands.answerOf('never sent')).toBeNull()
})

test('states are kept by machine; runs come newest first, open ones can be told apart', () => {
  const store = scratchStore()
  for (const [id, state] of [
    [runId, 'done'],
    [otherRun, 'working'],
  ] as const) {
    store.events.append({ type: 'run.requested', runId: id, request }, 1, 1)
    store.machines.save({ id, kind: 'run', runId: id, state: 'planning', context: {}, seq: 1 })
    store.machines.save({ id, kind: 'run', runId: id, state, context: { base: null }, seq: 2 })
  }
  for (const number of [10, 2, 1]) {
    store.machines.save({ id: `${runId}-${number}`, kind: 'task', runId, state: 'pending', context: {}, seq: 1 })
  }
  expect(store.machines.runs().map(run => run.id)).toEqual([otherRun, runId])
  expect(store.machines.openRuns(['done']).map(run => run.id)).toEqual([otherRun])
  expect(store.machines.ofRun(runId).map(row => row.id)).toEqual([runId, `${runId}-1`, `${runId}-2`, `${runId}-10`])
  expect(store.machines.get(runId)).toMatchObject({ state: 'done', context: { base: null }, seq: 2 })
  store.machines.clear()
  expect(store.machines.get(runId)).toBeNull()
})

test('content is erased by run; the log goes on without it', () => {
  const store = scratchStore()
  const row = { taskId: null, lane: 'private' as const, kind: 'goal' as const, at: 1 }
  store.content.add({ ...row, id: contentId('1'), runId, text: 'secret goal' })
  store.content.add({ ...row, id: contentId('2'), runId: otherRun, text: 'other' })
  store.events.append({ type: 'run.requested', runId, request }, 1, 1)
  expect(store.content.ofRun(runId)).toEqual([{ ...row, id: contentId('1'), runId, text: 'secret goal' }])
  store.content.erase(runId)
  expect(store.content.text(contentId('1'))).toBeNull()
  expect(store.content.ofRun(runId)).toEqual([])
  expect(store.content.text(contentId('2'))).toBe('other')
  expect(store.events.ofRun(runId)).toHaveLength(1)
})

test('spending sums what was measured and counts what was not', () => {
  const store = scratchStore()
  const row = {
    runId,
    taskId,
    attempt: 1,
    role: 'worker',
    worker: 'claude',
    provider: 'anthropic',
    model: null,
    startedAt: 1,
    endedAt: 2,
  } as const
  expect(store.requests.spending(runId)).toEqual({ requests: 0, tokens: 0, unmeasured: 0 })
  store.requests.add({ ...row, status: 200, input: 100, cached: 50, output: 10 })
  store.requests.add({ ...row, status: 200, input: 7, cached: null, output: null })
  store.requests.add({ ...row, status: 429, input: null, cached: null, output: null })
  store.requests.add({ ...row, status: null, input: null, cached: null, output: null })
  store.requests.add({ ...row, runId: otherRun, status: 200, input: 1, cached: 0, output: 1 })
  expect(store.requests.spending(runId)).toEqual({ requests: 4, tokens: 117, unmeasured: 1 })
})

test('check results are found by tree, command and environment together', () => {
  const store = scratchStore()
  const key = { tree: 't', commandHash: 'c', environmentHash: 'e' }
  const row = { ...key, name: 'test', status: 'passed' as const, exitCode: 0, durationMs: 5, output: 'ok', at: 1 }
  store.checks.save(row)
  store.checks.save({ ...row, status: 'failed', exitCode: 1 })
  expect(store.checks.find(key)).toMatchObject({ status: 'failed', exitCode: 1 })
  expect(store.checks.find({ ...key, environmentHash: 'f' })).toBeNull()
  expect(store.checks.ofTree('t')).toHaveLength(1)
})

test('launches keep their start, and their end once it is known', () => {
  const store = scratchStore()
  const id = store.launches.started({ runId, taskId: null, what: 'setup', startedAt: 5 })
  store.launches.started({ runId, taskId, what: 'worker claude', startedAt: 3 })
  store.launches.ended(id, { endedAt: 9, exitCode: null, signal: 'SIGKILL' })
  expect(store.launches.ofRun(runId)).toEqual([
    { id: 2, runId, taskId, what: 'worker claude', startedAt: 3, endedAt: null, exitCode: null, signal: null },
    { id: 1, runId, taskId: null, what: 'setup', startedAt: 5, endedAt: 9, exitCode: null, signal: 'SIGKILL' },
  ])
})

describe('opening', () => {
  test('makes a file only its owner can read, and migrates it once', () => {
    const store = scratchStore()
    expect(statSync(store.path).mode & 0o777).toBe(0o600)
    const again = openDatabase(store.path)
    expect(again.pragma('user_version', { simple: true })).toBe(migrations.length)
    again.close()
  })

  test('a missing store is an error with the line to type', () => {
    expect(() => openDatabase(join(scratchDir(), 'store.db'), { create: false })).toThrow(
      expect.objectContaining({ code: 'store-missing', cure: expect.stringContaining('agentlab task') }),
    )
  })
})

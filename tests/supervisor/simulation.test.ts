/** Whole runs, from seeds, with everything going wrong: each comes to an end, and what must hold holds all the way. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loopStoreOf } from '../../src/app/loop-store.ts'
import { LoopEvent } from '../../src/domain/event.ts'
import { runMachine } from '../../src/supervisor/run-machine.ts'
import { taskMachine } from '../../src/supervisor/task-machine.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'
import { contentId } from './facts.ts'
import { replay, type Simulated, simulate } from './simulation.ts'

const fewestSeeds = 50
const enoughMs = 10_000

let dir: string
const simulated: Simulated[] = []

beforeAll(async () => {
  dir = makeScratch('simulation')
  const since = Date.now()
  for (let seed = 1; seed <= fewestSeeds || Date.now() - since < enoughMs; seed++) {
    if (seed > 400) break
    simulated.push(await simulate(seed, dir))
  }
  const sum = (of: (one: Simulated) => number): number => simulated.reduce((total, one) => total + of(one), 0)
  console.log(
    `simulated ${simulated.length} seeds: ${sum(one => one.runIds.length)} runs, ${sum(one => one.store.events.lastSeq())} events, ${sum(one => one.crashes)} crashes`,
  )
})

afterAll(() => {
  for (const { store } of simulated) store.close()
  removeScratch(dir)
})

test('every run of every seed comes to an end, and every kind of end occurs', () => {
  const ends = new Set(simulated.flatMap(({ store, runIds }) => runIds.map(runId => store.machines.get(runId)!.state)))
  expect(simulated.length).toBeGreaterThanOrEqual(fewestSeeds)
  expect([...ends].sort()).toEqual(['cancelled', 'done', 'failed'])
})

test('the seeds reach every state of both machines and every event of the log', () => {
  const seen = new Set(simulated.flatMap(one => [...one.seen]))
  const states = [
    ...Object.keys(runMachine.states).map(state => `run ${state}`),
    ...Object.keys(taskMachine.states).map(state => `task ${state}`),
  ]
  // Recorded by whoever erases, beside the loop: replayed below.
  const types = LoopEvent.options
    .map(option => option.shape.type.value as string)
    .filter(type => type !== 'content.erased')
  expect([...states, ...types].filter(name => !seen.has(name))).toEqual([])
})

test('no task is integrated twice, or without a passing verdict on its tip and checks on a tree that holds it', () => {
  for (const { store, world, runIds } of simulated) {
    const tasks = world.integrations.map(one => one.taskId)
    const standing = world.standing.map(one => one.taskId)
    expect(new Set(standing).size).toBe(standing.length)
    const events = runIds.flatMap(runId => store.events.ofRun(runId).map(logged => logged.event))
    for (const { taskId, tip, checkedTree } of world.integrations) {
      const passed = events.some(
        event =>
          event.type === 'verdict.given' && event.taskId === taskId && event.tip === tip && event.value === 'pass',
      )
      expect(passed, taskId).toBe(true)
      expect(world.goodTrees.get(checkedTree), taskId).toContain(tip)
    }
    for (const event of events) {
      if (event.type === 'task.integrated') expect(tasks).toContain(event.taskId)
    }
    // Nothing stands on the branch that the log of a run that came to its end does not know.
    const ended = new Set(events.flatMap(event => (event.type === 'run.concluded' ? [event.runId] : [])))
    for (const { taskId, tip } of world.standing.filter(one => ended.has(one.taskId.slice(0, 8))))
      expect(events).toContainEqual(expect.objectContaining({ type: 'task.integrated', taskId, tip }))
    // What is called integrated stands on the branch, and what was taken out does not, whatever happened in between.
    for (const { id, state } of runIds.flatMap(runId => store.machines.ofRun(runId))) {
      if (state === 'integrated') expect(standing).toContain(id)
      if (state === 'rejected') expect(standing).not.toContain(id)
    }
  }
})

test('nothing is begun of a plan that waits for approval, of one that was only to be made, or of a dropped task', () => {
  const all = simulated.flatMap(({ store, runIds }) => runIds.map(runId => store.events.ofRun(runId)))
  let dropped = 0
  for (const events of all.map(logged => logged.map(({ event }) => event))) {
    const [requested] = events
    if (requested?.type !== 'run.requested') throw new Error('a run begins with its request')
    const { purpose, reviewPlan } = requested.request
    const firstStart = events.findIndex(event => event.type === 'task.scheduled')
    if (purpose === 'plan') expect(firstStart).toBe(-1)
    else if (reviewPlan && firstStart >= 0)
      expect(events.slice(0, firstStart).some(event => event.type === 'plan.approved')).toBe(true)
    const started = events.flatMap(event => (event.type === 'attempt.started' ? [event.taskId] : []))
    events.forEach((event, index) => {
      if (event.type !== 'plan.edited') return
      const before = new Set(events.slice(0, index).flatMap(one => (one.type === 'task.scheduled' ? [one.taskId] : [])))
      const taken = event.dropped.filter(id => !before.has(id))
      dropped += taken.length
      expect(taken.filter(id => started.includes(id))).toEqual([])
    })
  }
  expect(dropped).toBeGreaterThan(0)
})

test('epochs only grow along the log', () => {
  for (const { store } of simulated) {
    const epochs = store.events.all().map(logged => logged.epoch)
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b))
  }
})

test('replaying the log gives the stored states, and does so with all content erased', () => {
  for (const { store, runIds } of simulated) {
    for (const runId of runIds) {
      const stored = loopStoreOf(store, 0).statesOf(runId)
      expect(stored.run).not.toBeNull()
      expect(replay(store, runId)).toEqual(stored)
      const goal = { id: contentId(1), runId, taskId: null, lane: 'personal', kind: 'goal', at: 0, text: 'x' } as const
      store.content.add(goal)
      store.content.erase(runId)
      expect(store.content.ofRun(runId)).toEqual([])
      const erased = { type: 'content.erased', runId, by: 'operator', rows: 1, bytes: 1, files: 0 } as const
      store.events.append(erased, 0, store.nextEpoch())
      expect(replay(store, runId)).toEqual(stored)
    }
  }
})

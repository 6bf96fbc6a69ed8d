/** Both machines are what they promise: flat, pure, with every state reachable and every end named. */
import { describe, expect, test } from 'vitest'
import { Effect } from '../../src/domain/effect.ts'
import { runMachine } from '../../src/supervisor/run-machine.ts'
import { activeTaskStates, lostTaskStates, restingRunStates, satisfiedTaskStates } from '../../src/supervisor/states.ts'
import { taskMachine } from '../../src/supervisor/task-machine.ts'

type Json = Record<string, unknown>

/** Configuration keys and action creators that don't survive a restore when a machine is used purely. */
const forbiddenKeys = [
  'invoke',
  'after',
  'always',
  'spawn',
  'sendTo',
  'states',
  'history',
  'parallel',
  'onDone',
  'delay',
]
const effectNames = Effect.options.map(option => option.shape.name.value as string)
const requests = [...effectNames, 'timer.set', 'timer.clear', 'effects.void']

const machines = { run: runMachine, task: taskMachine }

const asList = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value])

interface Arrow {
  from: string
  event: string
  target: string
}

const statesOf = (machine: { config: unknown }): [string, Json][] =>
  Object.entries((machine.config as Json).states as Record<string, Json>)

const arrowsOf = (machine: { config: unknown }): Arrow[] =>
  statesOf(machine).flatMap(([from, state]) =>
    Object.entries((state.on ?? {}) as Json).flatMap(([event, branches]) =>
      asList(branches).map(branch => ({
        from,
        event,
        target: typeof branch === 'string' ? branch : (((branch as Json).target as string | undefined) ?? from),
      })),
    ),
  )

const actionsOf = (machine: { config: unknown }): unknown[] =>
  statesOf(machine).flatMap(([, state]) => [
    ...asList(state.entry),
    ...asList(state.exit),
    ...Object.values((state.on ?? {}) as Json).flatMap(branches =>
      asList(branches).flatMap(branch => (typeof branch === 'string' ? [] : asList((branch as Json).actions))),
    ),
  ])

const keysBelow = (value: unknown, path: string[] = []): string[][] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...keysBelow(inner, [...path, key])])

describe.each(Object.entries(machines))('the %s machine', (_, machine) => {
  const names = statesOf(machine).map(([state]) => state)
  const { actions: implemented, guards } = machine.implementations as unknown as Record<string, Record<string, unknown>>

  test('holds no invoke, after, spawn, sendTo, child or nested state at any depth', () => {
    for (const [state, config] of statesOf(machine)) {
      for (const path of keysBelow(config)) {
        const isEventName = path.length === 2 && path[0] === 'on'
        const isParameter = path.includes('params')
        if (isEventName || isParameter) continue
        expect(forbiddenKeys, `${state}.${path.join('.')}`).not.toContain(path.at(-1))
      }
    }
    expect(machine.config.type).not.toBe('parallel')
  })

  test('asks only for named effects, timers and voids; everything else it does is an assign', () => {
    const used = actionsOf(machine)
    expect(used.length).toBeGreaterThan(10)
    for (const action of used) {
      const name = typeof action === 'string' ? action : (action as { type?: string }).type
      expect(typeof name, JSON.stringify(action)).toBe('string')
      expect(Object.keys(implemented!), name).toContain(name)
      if (requests.includes(name!)) continue
      expect((implemented![name!] as { type?: string }).type, name).toBe('xstate.assign')
    }
  })

  test('names every guard it asks', () => {
    expect(Object.keys(guards!).length).toBeGreaterThan(3)
    for (const guard of arrowsAsJson(machine).flatMap(branch => guardNames(branch.guard))) {
      expect(Object.keys(guards!)).toContain(guard)
    }
  })

  test('reaches every state from the first one', () => {
    const reached = new Set<string>([machine.config.initial as string])
    for (;;) {
      const before = reached.size
      for (const { from, target } of arrowsOf(machine)) if (reached.has(from)) reached.add(target)
      if (reached.size === before) break
    }
    expect([...reached].sort()).toEqual([...names].sort())
  })

  test('can come to an end from every state', () => {
    const ends = new Set(endsOf(machine))
    for (;;) {
      const before = ends.size
      for (const { from, target } of arrowsOf(machine)) if (ends.has(target)) ends.add(from)
      if (ends.size === before) break
    }
    expect([...ends].sort()).toEqual([...names].sort())
  })

  test('starts each effect on entry of a state that hears its answer and its failure', () => {
    for (const [state, config] of statesOf(machine)) {
      const started = asList(config.entry).map(action => (typeof action === 'string' ? action : (action as Json).type))
      if (!started.some(name => effectNames.includes(name as string))) continue
      const heard = Object.keys((config.on ?? {}) as Json)
      expect(heard, state).toContain('effect.failed')
      expect(heard.length, state).toBeGreaterThan(1)
    }
  })
})

const arrowsAsJson = (machine: { config: unknown }): Json[] =>
  statesOf(machine).flatMap(([, state]) =>
    Object.values((state.on ?? {}) as Json).flatMap(branches =>
      asList(branches).filter((branch): branch is Json => typeof branch === 'object'),
    ),
  )

const guardNames = (guard: unknown): string[] => {
  if (guard === undefined) return []
  if (typeof guard === 'string') return [guard]
  // `and([...])` is a function that carries the guards it asks.
  if (typeof guard === 'function') return asList((guard as unknown as { guards: unknown }).guards).flatMap(guardNames)
  return [(guard as { type: string }).type]
}

/** By what alone an end is left again: the operator takes integrated work out, or called-off work turns out to have landed. */
const afterwards = ['operator.rejected', 'agent.rebuilt', 'task.integrated']

/** Final states, and those that only such an afterthought leads out of. */
const endsOf = (machine: { config: unknown }): string[] =>
  statesOf(machine).flatMap(([state, { type, on }]) =>
    type === 'final' || Object.keys((on ?? {}) as Json).every(event => afterwards.includes(event)) ? [state] : [],
  )

test('names every way a task can end, and the scheduler knows each of them', () => {
  expect(endsOf(taskMachine).sort()).toEqual([...satisfiedTaskStates, ...lostTaskStates].sort())
})

test('names every way a run can end; waiting for the operator is a rest, not an end', () => {
  expect([...endsOf(runMachine), 'awaitingOperator'].sort()).toEqual([...restingRunStates].sort())
})

test('groups every task state once: waiting, active or ended', () => {
  const grouped = ['pending', 'awaitingOperator', ...activeTaskStates, ...satisfiedTaskStates, ...lostTaskStates]
  expect([...grouped].sort()).toEqual(
    statesOf(taskMachine)
      .map(([state]) => state)
      .sort(),
  )
})

/** Scheduling, by example and by property: never above the limits, never before its dependencies, always to an end. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TaskFact } from '../../src/domain/event.ts'
import { type ScheduledTask, schedule } from '../../src/supervisor/schedule.ts'
import { busyTaskStates, isIn, lostTaskStates, satisfiedTaskStates } from '../../src/supervisor/states.ts'
import { fact, taskId } from './facts.ts'

const pending = (facts: TaskFact[]): ScheduledTask[] => facts.map(one => ({ fact: one, state: 'pending' }))

describe('by example', () => {
  test('starts the head of the longest chain first, then in the plan’s order', () => {
    const tasks = pending([
      fact(1),
      fact(2),
      fact(3),
      fact(4, { dependsOn: [taskId(3)] }),
      fact(5, { dependsOn: [taskId(4)] }),
    ])
    expect(schedule(tasks, { maxParallel: 2 }).start).toEqual([taskId(3), taskId(1)])
  })

  test('gives a verifier the place of its task, so that there are never more agents than places', () => {
    const tasks: ScheduledTask[] = [{ fact: fact(1), state: 'merging' }, ...pending([fact(2)])]
    expect(schedule(tasks, { maxParallel: 1 })).toEqual({ start: [], skip: [], settled: false })
  })

  test('gives the place of a waiting task to another one', () => {
    const tasks: ScheduledTask[] = [{ fact: fact(1), state: 'verifierBackingOff' }, ...pending([fact(2)])]
    expect(schedule(tasks, { maxParallel: 1 }).start).toEqual([taskId(2)])
  })

  test('keeps each worker within its own limit and lets the others pass', () => {
    const tasks = pending([fact(1), fact(2), fact(3, { worker: 'codex' })])
    expect(schedule(tasks, { maxParallel: 3, perWorker: { claude: 1 } }).start).toEqual([taskId(1), taskId(3)])
  })

  test('skips what waits for a lost task, and names that task', () => {
    const tasks: ScheduledTask[] = [
      { fact: fact(1), state: 'cancelled' },
      { fact: fact(2, { dependsOn: [taskId(1)] }), state: 'pending' },
      { fact: fact(3), state: 'working' },
    ]
    expect(schedule(tasks, { maxParallel: 3 }).skip).toEqual([{ taskId: taskId(2), because: taskId(1) }])
  })

  test('is settled when the rest waits for the operator', () => {
    const tasks: ScheduledTask[] = [
      { fact: fact(1), state: 'awaitingOperator' },
      { fact: fact(2, { dependsOn: [taskId(1)] }), state: 'pending' },
    ]
    expect(schedule(tasks, { maxParallel: 3 })).toEqual({ start: [], skip: [], settled: true })
  })
})

/** An acyclic graph: each task may depend on earlier ones only; then the order is shuffled. */
const graph = fc
  .integer({ min: 1, max: 12 })
  .chain(size =>
    fc.tuple(
      ...Array.from({ length: size }, (_, index) =>
        fc.record({
          needs: fc.array(fc.nat({ max: Math.max(0, index - 1) }), { maxLength: index === 0 ? 0 : 3 }),
          worker: fc.constantFrom('claude' as const, 'codex' as const, 'gemini' as const),
        }),
      ),
    ),
  )
  .chain(nodes =>
    fc.shuffledSubarray(
      nodes.map((node, index) =>
        fact(index + 1, { worker: node.worker, dependsOn: [...new Set(node.needs)].map(need => taskId(need + 1)) }),
      ),
      { minLength: nodes.length },
    ),
  )

const limits = fc.record({
  maxParallel: fc.integer({ min: 1, max: 5 }),
  perWorker: fc.record({ claude: fc.integer({ min: 1, max: 2 }) }, { requiredKeys: [] }),
})

const ends = [...satisfiedTaskStates, ...lostTaskStates, 'awaitingOperator']
const nextStates = [...busyTaskStates, 'backingOff', 'pending', ...ends]

describe('by property', () => {
  test('any run of any graph keeps the limits and the order, and settles', () => {
    const shared = fc.array(fc.nat(), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(graph, limits, shared, (facts, limit, choices) => {
        const tasks = pending(facts)
        const stateOf = (id: string): string => tasks.find(task => task.fact.taskId === id)!.state
        let turns = 0
        for (let choice = 0; ; choice++) {
          const { start, skip, settled } = schedule(tasks, limit)
          for (const { taskId: id, because } of skip) {
            expect(isIn(lostTaskStates, stateOf(because))).toBe(true)
            tasks.find(task => task.fact.taskId === id)!.state = 'skipped'
          }
          for (const id of start) {
            const task = tasks.find(one => one.fact.taskId === id)!
            expect(task.state).toBe('pending')
            expect(task.fact.dependsOn.every(need => isIn(satisfiedTaskStates, stateOf(need)))).toBe(true)
            task.state = 'working'
          }
          const busy = tasks.filter(task => isIn(busyTaskStates, task.state))
          expect(busy.length).toBeLessThanOrEqual(limit.maxParallel)
          const claudes = busy.filter(task => task.fact.worker === 'claude').length
          expect(claudes).toBeLessThanOrEqual(limit.perWorker.claude ?? tasks.length)
          if (settled) break
          // One task at work moves on; after a while every move is an end, as the machines' bounds make sure.
          const moving = tasks.filter(task => isIn([...busyTaskStates, 'backingOff'], task.state))
          if (start.length + skip.length === 0) expect(moving.length).toBeGreaterThan(0)
          const pick = choices[choice % choices.length]!
          const states = turns > 100 ? ends : nextStates
          if (moving.length > 0) {
            const moved = moving[pick % moving.length]!
            const wished = states[pick % states.length]!
            // Only the scheduler takes a waiting task back to work.
            moved.state = moved.state === 'backingOff' && isIn(busyTaskStates, wished) ? 'pending' : wished
          }
          turns += 1
          expect(turns).toBeLessThan(1_000)
        }
        for (const task of tasks) {
          const isStranded = task.state === 'pending'
          if (isStranded) expect(tasks.some(one => one.state === 'awaitingOperator')).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})

/** Trains as the brain forms them: who rides when, and what becomes of whom. */
import { describe, expect, test } from 'vitest'
import type { LoopEvent } from '../../src/domain/event.ts'
import * as say from './facts.ts'

const of = (number: number) => ({ runId: say.runId, taskId: say.taskId(number) })
const tree = (number: number): string => say.oid(60 + number)

/** A task's life up to its verdict. */
const verified = (number: number): LoopEvent[] => [
  say.finished({}, number),
  say.harvested(10 + number, number),
  { ...say.checked('passed', 10 + number), ...of(number), tree: tree(number) } as LoopEvent,
  { ...say.verdict(), ...of(number), tip: say.oid(10 + number) } as LoopEvent,
]
const integrated = (number: number): LoopEvent => ({ ...say.integrated(), ...of(number) }) as LoopEvent
const red = (number: number): LoopEvent =>
  ({ ...say.checked('failed', 10 + number), ...of(number), agent: say.oid(50), stack: [say.taskId(1)] }) as LoopEvent

/** Four tasks and places for two; the first rides alone while two more become ready. */
const begun = say.begun(
  [1, 2, 3, 4].map(number => say.fact(number)),
  { maxParallel: 2 },
)
const waiting = [...begun, ...verified(1), ...verified(2), ...verified(3)]

const statesOf = (events: readonly LoopEvent[]): string[] => say.play(events).states.tasks.map(task => task.state)

describe('a train', () => {
  test('sets out with whoever is ready, and those who come later wait for the next one and hold no place', () => {
    expect(statesOf(waiting)).toEqual(['integrating', 'queued', 'queued', 'working'])
    const next = say.play([...waiting, integrated(1)])
    expect(next.states.tasks.map(task => task.state)).toEqual(['integrated', 'integrating', 'integrating', 'working'])
    expect(next.actions.map(action => action.name)).toContain('train.run')
    expect(next.actions.find(action => action.name === 'train.run')).toEqual({
      name: 'train.run',
      key: `${say.runId}/train.run/2`,
      runId: say.runId,
      train: 2,
      members: [2, 3].map(number => ({
        taskId: say.taskId(number),
        worker: 'claude',
        tip: say.oid(10 + number),
        agent: say.oid(1),
        tree: tree(number),
      })),
    })
  })

  const riding = [...waiting, integrated(1), say.trainEnded(1)]

  test('that sends a tip back gives its worker both sides, and takes whoever was behind it along next time', () => {
    const { states, actions } = say.play([...riding, red(2)])
    expect(states.tasks[1]).toMatchObject({ state: 'working', context: { attempt: 2, mode: 'combine' } })
    expect(actions).toContainEqual(
      expect.objectContaining({ name: 'attempt.run', mode: 'combine', agent: say.oid(50), tip: say.oid(12) }),
    )
    const after = say.play([...riding, red(2), say.trainEnded(2)])
    expect(after.states.tasks[2]).toMatchObject({ state: 'integrating', context: { train: 3 } })
  })

  test('that sends a tip back for the last time leaves it, and what it fails with, to the operator', () => {
    const once = say.begun([say.fact(1)], { maxAttempts: 1 })
    const { task } = say.play([...once, ...verified(1), red(1), say.trainEnded(1)])
    expect(task).toMatchObject({ state: 'awaitingOperator', context: { waitReason: 'attemptsUsed', mode: 'combine' } })
    const resumed = say.play([
      ...[...once, ...verified(1), red(1), say.trainEnded(1)],
      { type: 'run.concluded', runId: say.runId },
      say.resumed,
    ])
    expect(resumed.actions).toContainEqual(expect.objectContaining({ name: 'attempt.run', mode: 'combine' }))
  })

  test('that fails as an effect leaves everybody aboard to the operator, and nobody else', () => {
    const states = statesOf([...riding, say.effectFailed(null, 'train.run')])
    expect(states).toEqual(['integrated', 'awaitingOperator', 'awaitingOperator', 'working'])
    expect(statesOf([...riding, say.effectFailed(null, 'run.conclude')])).toEqual(statesOf(riding))
  })

  test('is called off as a whole with its run', () => {
    for (const stop of [say.cancelled, say.limitReached]) {
      const { actions } = say.play([...riding, stop])
      expect(actions).toContainEqual({ name: 'effects.void', runId: say.runId, taskId: null })
    }
  })

  test('that had landed in the moment it was called off is known as landed at the end of the run', () => {
    const cancelled = say.play([...riding, say.cancelled, integrated(2)])
    expect(cancelled.states.tasks.map(task => task.state)).toEqual([
      'integrated',
      'integrated',
      'cancelled',
      'cancelled',
    ])
    expect(cancelled.run).toMatchObject({ state: 'concluding', context: { outcome: 'cancelled' } })
  })

  test('that has ended says nothing to a later one', () => {
    expect(statesOf([...riding, say.trainEnded(1)])).toEqual(statesOf(riding))
  })
})

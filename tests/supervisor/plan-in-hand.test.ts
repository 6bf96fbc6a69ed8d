/** What the brain makes of the operator's hand on a plan: approval, the planner's question, edits. */
import { describe, expect, test } from 'vitest'
import type { Action } from '../../src/domain/effect.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import type { RunStates } from '../../src/supervisor/brain.ts'
import * as say from './facts.ts'

const concluded: LoopEvent = { type: 'run.concluded', runId: say.runId }
const statesOf = ({ tasks }: RunStates): Record<string, string> =>
  Object.fromEntries(tasks.map(task => [task.id.slice(9), task.state]))
const starts = (actions: readonly Action[]): string[] =>
  actions.flatMap(action => (action.name === 'attempt.run' ? [action.taskId.slice(9)] : []))

describe('a plan that was only to be made', () => {
  test('ends the run, and brings no task to life', () => {
    const { run, states } = say.play([...say.begun([say.fact(1)], { purpose: 'plan' }), concluded])
    expect(run!.state).toBe('done')
    expect(states.tasks).toEqual([])
  })
})

describe('a plan that waits for approval', () => {
  const reviewed = [...say.begun([say.fact(1), say.fact(2)], { reviewPlan: true }), concluded]

  test('has tasks, and none of them begins', () => {
    const { run, states, actions } = say.play(reviewed)
    expect(run).toMatchObject({ state: 'awaitingOperator', context: { waitReason: 'planReview' } })
    expect(statesOf(states)).toEqual({ 1: 'pending', 2: 'pending' })
    expect(actions).toEqual([])
  })

  test.each([
    ['a resumption', say.resumed],
    ['an answer', say.answered],
  ])('is not let go on by %s', (_, event) => {
    expect(say.play([...reviewed, event]).states).toEqual(say.play(reviewed).states)
  })

  test('begins once it is approved', () => {
    const { run, actions } = say.play([...reviewed, say.approved])
    expect(run).toMatchObject({ state: 'working', context: { waitReason: null, outcome: null } })
    expect(starts(actions)).toEqual(['1', '2'])
  })

  test('can be cancelled', () => {
    const { run, states } = say.play([...reviewed, say.cancelled, concluded])
    expect(run!.state).toBe('cancelled')
    expect(statesOf(states)).toEqual({ 1: 'cancelled', 2: 'cancelled' })
  })

  test('is edited while it waits, and the edit alone begins nothing', () => {
    const edited = say.planEdited([say.fact(3), say.fact(1, { worker: 'gemini' })], [say.taskId(2)])
    const { run, states, actions } = say.play([...reviewed, edited])
    expect(run!.state).toBe('awaitingOperator')
    expect(statesOf(states)).toEqual({ 1: 'pending', 2: 'dropped', 3: 'pending' })
    expect(actions).toEqual([])
    expect(starts(say.play([...reviewed, edited, say.approved]).actions)).toEqual(['3', '1'])
  })
})

describe('a planner that asks', () => {
  const asked = [...say.begun().slice(0, 2), say.planAsked, concluded]

  test('waits for the answer and for nothing else', () => {
    const { run } = say.play(asked)
    expect(run).toMatchObject({ state: 'awaitingOperator', context: { waitReason: 'plannerAsks' } })
    for (const event of [say.resumed, say.approved]) {
      expect(say.play([...asked, event]).run!.state).toBe('awaitingOperator')
    }
  })

  test('plans again once it is answered', () => {
    const { run, actions } = say.play([...asked, say.answered])
    expect(run).toMatchObject({ state: 'planning', context: { waitReason: null } })
    expect(actions).toContainEqual(expect.objectContaining({ name: 'plan.make' }))
    const planned = say.play([...asked, say.answered, say.planReady([say.fact(1)])])
    expect(planned.task!.state).toBe('working')
  })

  test('that is not answered can be cancelled', () => {
    expect(say.play([...asked, say.cancelled, concluded]).run!.state).toBe('cancelled')
  })
})

describe('an edit of a run at work', () => {
  /** Task 1 is at work; 2 and 3 wait for the only place. */
  const tasks = [say.fact(1), say.fact(2), say.fact(3)]
  const working = say.begun(tasks, { maxParallel: 1 })
  const finish: LoopEvent[] = [say.finished(), say.harvested(2), say.checked(), say.verdict(), say.integrated()]

  test('changes nothing that has begun, whatever it says', () => {
    const hostile = say.planEdited([say.fact(1, { worker: 'gemini' }), say.fact(2)], [say.taskId(1), say.taskId(3)])
    const { states, task } = say.play([...working, hostile])
    expect(statesOf(states)).toEqual({ 1: 'working', 2: 'pending', 3: 'dropped' })
    expect(task!.context.fact.worker).toBe('claude')
  })

  test('decides what begins next', () => {
    const edited = say.planEdited([say.fact(1), say.fact(3, { worker: 'codex' }), say.fact(2)])
    // The verdict frees the place; landing needs none.
    const { actions } = say.play([...working, edited, ...finish.slice(0, -1)])
    expect(actions).toContainEqual(
      expect.objectContaining({ name: 'attempt.run', taskId: say.taskId(3), worker: 'codex' }),
    )
  })

  test('starts a task that it adds as soon as there is a place', () => {
    const roomy = say.begun([say.fact(1)], { maxParallel: 2 })
    expect(starts(say.play([...roomy, say.planEdited([say.fact(1), say.fact(2)])]).actions)).toEqual(['2'])
  })

  test('that drops the rest lets the run end as done', () => {
    const edited = say.planEdited([say.fact(1)], [say.taskId(2), say.taskId(3)])
    const { run, states } = say.play([...working, edited, ...finish, concluded])
    expect(run!.state).toBe('done')
    expect(statesOf(states)).toEqual({ 1: 'integrated', 2: 'dropped', 3: 'dropped' })
  })

  test('reaches a task that waits for the operator before its first attempt', () => {
    const stopped = [...working, say.limitReached, concluded]
    const { states } = say.play([...stopped, say.planEdited([say.fact(1), say.fact(2)], [say.taskId(3)])])
    expect(statesOf(states)).toEqual({ 1: 'awaitingOperator', 2: 'awaitingOperator', 3: 'dropped' })
  })

  test('of a run that has ended adds nothing', () => {
    const ended = [...say.begun(), ...finish, concluded]
    expect(say.play([...ended, say.planEdited([say.fact(1), say.fact(2)])]).states).toEqual(say.play(ended).states)
  })
})

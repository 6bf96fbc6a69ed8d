import { describe, expect, test } from 'vitest'
import { Plan } from '../../src/domain/plan.ts'
import { makePlan, type PlannerReply } from '../../src/planner/make-plan.ts'

const good = { summary: 'One task is enough.', tasks: [{ key: 'a', title: 'A', what: 'Do a' }] }
const bad = { tasks: [{ key: 'a', title: 'A', what: 'Do a', dependsOn: ['a'] }] }

const planWith = async (replies: PlannerReply[]) => {
  const prompts: string[] = []
  const made = await makePlan({
    runId: 'k3m9q2x7',
    workers: ['codex', 'claude'],
    checks: ['test'],
    material: {
      goal: 'Make it greet',
      lane: 'personal',
      workers: [
        { name: 'codex', vendor: 'openai' },
        { name: 'claude', vendor: 'anthropic' },
      ],
      checks: ['test'],
      instructions: [],
      tree: ['src/greet.ts'],
    },
    ask: async prompt => {
      prompts.push(prompt)
      return replies[prompts.length - 1]!
    },
  })
  return { made, prompts }
}

test('a good answer is the plan at once', async () => {
  const { made, prompts } = await planWith([{ answer: good }])
  expect(made).toMatchObject({ returned: 0, plan: { origin: 'model', summary: 'One task is enough.' } })
  expect(prompts).toHaveLength(1)
})

test('a text answer is read as strictly as a structured one', async () => {
  const { made } = await planWith([
    { answer: `Here you go: ${JSON.stringify(good)}` },
    { answer: JSON.stringify(good) },
  ])
  expect(made).toMatchObject({ returned: 1, plan: { origin: 'model' } })
})

test('an answer out of shape goes back with the reason', async () => {
  const { made, prompts } = await planWith([{ answer: bad }, { answer: good }])
  expect(made).toMatchObject({ returned: 1, plan: { origin: 'model' } })
  expect(prompts[0]).not.toContain('could not be used')
  expect(prompts[1]).toContain('the tasks depend on each other in a circle: a → a')
})

test('after two returns it is one single task, and the plan says so', async () => {
  const { made, prompts } = await planWith([
    { answer: bad },
    { answer: 'no' },
    { failed: 'malformed', retryAt: null, detail: 'no structured answer' },
  ])
  expect(prompts).toHaveLength(3)
  if (!('plan' in made)) throw new Error('expected a plan')
  Plan.parse(made.plan)
  expect(made.returned).toBe(2)
  expect(made.plan.origin).toBe('fallback')
  expect(made.plan.summary).toContain('no structured answer')
  expect(made.plan.summary).toContain('one single task')
  expect(made.plan.tasks).toMatchObject([
    { taskId: 'k3m9q2x7-1', worker: 'codex', what: 'Make it greet', kind: 'change' },
  ])
})

describe('a back end that failed is not asked again; the brain decides', () => {
  test.each(['auth', 'rateLimit', 'overloaded', 'network', 'limit', 'crashed', 'interrupted'] as const)(
    '%s',
    async failed => {
      const { made, prompts } = await planWith([{ answer: bad }, { failed, retryAt: 17, detail: 'why' }])
      expect(made).toEqual({ failed, retryAt: 17, detail: 'why', returned: 1 })
      expect(prompts).toHaveLength(2)
    },
  )
})

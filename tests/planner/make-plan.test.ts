import { describe, expect, test } from 'vitest'
import { type AnsweredQuestion, Plan } from '../../src/domain/plan.ts'
import { makePlan, type PlannerReply } from '../../src/planner/make-plan.ts'

const good = { summary: 'One task is enough.', tasks: [{ key: 'a', title: 'A', what: 'Do a' }] }
const bad = { tasks: [{ key: 'a', title: 'A', what: 'Do a', dependsOn: ['a'] }] }

const planWith = async (replies: PlannerReply[], answered: AnsweredQuestion[] = []) => {
  const prompts: string[] = []
  const made = await makePlan({
    runId: 'k3m9q2x7',
    lane: 'personal',
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
      answered,
    },
    ask: async prompt => {
      prompts.push(prompt.words)
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

describe('a planner that asks', () => {
  const question = 'Which language?'
  const asked = (count: number): AnsweredQuestion[] =>
    Array.from({ length: count }, (_, n) => ({
      question: `Question ${n + 1}?`,
      answer: `Answer ${n + 1} \`\`\` and more`,
    }))

  test.each([
    ['alone', { question }],
    ['as a strict back end gives it', { question, summary: null, tasks: null }],
    ['with an empty list of tasks', { question, tasks: [] }],
    ['as text', JSON.stringify({ question })],
  ])('is understood: %s', async (_, answer) => {
    const { made, prompts } = await planWith([{ answer }])
    expect(made).toEqual({ question, returned: 0 })
    expect(prompts).toHaveLength(1)
  })

  test('is cleaned of what a terminal would obey, and bounded', async () => {
    const { made } = await planWith([{ answer: { question: `\u001b[31mRed?\u0007 ${'x'.repeat(9_000)}` } }])
    expect((made as { question: string }).question).toMatch(/^Red\? x+$/)
    expect((made as { question: string }).question.length).toBeLessThanOrEqual(2_000)
  })

  test('is told what it asked and what was answered, as data', async () => {
    const { made, prompts } = await planWith([{ answer: good }], asked(2))
    expect(made).toMatchObject({ plan: { origin: 'model' } })
    expect(prompts[0]).toMatch(/````\nYou asked: Question 1\?\nThe operator answered: Answer 1 ``` and more/)
    expect(prompts[0]).toContain('Questions left: 1.')
  })

  test('is sent back once it has asked as often as it may', async () => {
    const { made, prompts } = await planWith([{ answer: { question } }, { answer: good }], asked(3))
    expect(made).toMatchObject({ plan: { origin: 'model' }, returned: 1 })
    expect(prompts[0]).toContain('asked as often as you may')
    expect(prompts[1]).toContain('no more questions may be asked')
  })

  test.each([
    ['a question and tasks at once', { question, ...good }, /a question and tasks/],
    ['a question that is no text', { question: 7 }, /tasks/],
    ['a blank question without tasks', { question: ' \u0007' }, /tasks/],
  ])('is sent back for %s', async (_, answer, problem) => {
    const { made, prompts } = await planWith([{ answer }, { answer: good }])
    expect(made).toMatchObject({ plan: { origin: 'model' }, returned: 1 })
    expect(prompts[1]).toMatch(problem)
  })
})

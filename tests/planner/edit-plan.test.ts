/** The operator's edit of a plan: read back to the same plan where nothing was changed, and what it may and may not do. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Plan } from '../../src/domain/plan.ts'
import { acceptProposal } from '../../src/planner/accept-proposal.ts'
import { type EditContext, type Edited, editPlan } from '../../src/planner/edit-plan.ts'
import { planFromFile } from '../../src/planner/plan-file.ts'
import { planText } from '../../src/planner/plan-text.ts'

const runId = 'k3m9q2x7'
const crew = { runId, lane: 'personal' as const, workers: ['claude', 'codex'] as const, checks: ['test'] }

const planOf = (tasks: object[], summary = 'As it is cut.'): Plan => {
  const accepted = acceptProposal({ summary, tasks }, crew)
  if (!accepted.ok) throw new Error(accepted.problem)
  return accepted.plan
}

/** Three tasks; c waits for a. */
const plan = planOf([
  { key: 'a', title: 'Do a', what: 'Do a.\n\n  With care: #1' },
  { key: 'b', title: 'Do b', what: 'Do b.', worker: 'codex', paths: ['src/b.ts'], acceptance: ['b is done'] },
  { key: 'c', title: 'Do c', what: 'Do c.', dependsOn: ['a'], turnsGreen: ['test'], risk: 'high' },
])

const text = (of = plan): string => planText(of, { head: ['As it stands'], withIds: true })
const edited = (yaml: string, over: Partial<EditContext> = {}): Edited =>
  editPlan(yaml, 'plan.yaml', { ...crew, plan, fixed: new Map(), lastNumber: 3, ...over })
const accepted = (yaml: string, over: Partial<EditContext> = {}) => {
  const result = edited(yaml, over)
  if (!result.ok) throw new Error(result.problem)
  return { ...result, order: result.plan.tasks.map(task => task.taskId.slice(9)) }
}
const begun = (number: number) => ({ fixed: new Map([[`${runId}-${number}`, 'has begun (working)']]) })
/** The text without the task of this key. */
const without = (key: string): string =>
  text(plan).replace(new RegExp(`  - id: \\S+\\n    key: ${key}\\n(?:    .*\\n|\\n)*`), '')

test('a plan that is printed and read back is the same plan', () => {
  expect(edited(text())).toEqual({ ok: true, plan, dropped: [], isUnchanged: true })
  const printed = planText(plan, { head: [], withIds: false })
  expect(planFromFile(printed, 'plan.yaml', crew)).toEqual({ ...plan, origin: 'file' })
})

test('so is any other plan, whatever its words are', () => {
  const words = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
  const task = fc.record({
    title: words,
    what: fc.array(words, { minLength: 1 }).map(lines => lines.join('\n')),
    why: words,
  })
  fc.assert(
    fc.property(fc.array(task, { minLength: 1, maxLength: 4 }), words, (tasks, summary) => {
      const proposal = { summary, tasks: tasks.map((one, index) => ({ key: `t${index}`, ...one, paths: [one.why] })) }
      const made = acceptProposal(proposal, crew)
      fc.pre(made.ok)
      if (!made.ok) return
      const again = edited(text(made.plan), { plan: made.plan, lastNumber: made.plan.tasks.length })
      expect(again).toMatchObject({ ok: true, plan: made.plan, isUnchanged: true })
    }),
    { numRuns: 60 },
  )
})

describe('what an edit may do', () => {
  test('drop a task, and no number is used twice', () => {
    const added = `${without('b')}  - { key: d, title: Do d, what: Do d., worker: claude }\n`
    const { dropped, order, plan: now } = accepted(added, { lastNumber: 5 })
    expect(dropped).toEqual([`${runId}-2`])
    expect(order).toEqual(['1', '3', '6'])
    expect(now.tasks[1]!.dependsOn).toEqual([`${runId}-1`])
  })

  test('reorder tasks, which keep their ids', () => {
    const [head, a, b, c] = text().split(/(?= {2}- id:)/)
    expect(accepted([head, b, a, c].join('')).order).toEqual(['2', '1', '3'])
  })

  test('give a task to another worker, and word it anew', () => {
    const { plan: now } = accepted(text().replace('worker: codex', 'worker: claude').replace('Do b.', 'Do b well.'))
    expect(now.tasks[1]).toMatchObject({ taskId: `${runId}-2`, worker: 'claude', what: 'Do b well.' })
  })

  test('leave the ids out: a task is known by its key, too', () => {
    expect(accepted(planText(plan, { head: [], withIds: false })).isUnchanged).toBe(true)
  })

  test('rename a task whose id stands there', () => {
    const { plan: now, dropped } = accepted(
      text()
        .replaceAll(/key: a$/gm, 'key: first')
        .replace('- a', '- first'),
    )
    expect(dropped).toEqual([])
    expect(now.tasks.map(task => [task.taskId.slice(9), task.key])).toEqual([
      ['1', 'first'],
      ['2', 'b'],
      ['3', 'c'],
    ])
  })

  test('change what has not begun beside what has', () => {
    expect(accepted(text().replace('Do b.', 'Do b well.'), begun(1)).isUnchanged).toBe(false)
  })
})

describe('what an edit may not do', () => {
  test.each([
    ['drop what has begun', without('b'), begun(2), /task 2 \("b"\) has begun \(working\) and can't be dropped/],
    [
      'change what has begun',
      text().replace('Do b.', 'Do b well.'),
      begun(2),
      /task 2 \("b"\) has begun \(working\) and can't be changed \(what\)/,
    ],
    [
      'make what has begun wait for another task',
      text().replace('    paths:\n      - src/b.ts', '    dependsOn: [a]\n    paths:\n      - src/b.ts'),
      begun(2),
      /can't be changed \(dependsOn\)/,
    ],
    ['drop what another task needs', without('a'), {}, /task "c" depends on "a", which is not a task of the plan/],
    ['make a circle', text().replace('title: Do a', 'title: Do a\n    dependsOn: [c]'), {}, /circle: a → c → a/],
    [
      'name a worker the run has not got',
      text().replace('worker: codex', 'worker: gemini'),
      {},
      /"b" is given to gemini.*claude, codex/,
    ],
    ['name a check that does not exist', text().replace('- test', '- tests'), {}, /check "tests".*known: test/],
    ['name a task of another run', text().replace(`${runId}-2`, 'aaaaaaaa-2'), {}, /no task aaaaaaaa-2 in this plan/],
    ['name one task twice', text().replace(`${runId}-2`, `${runId}-1`), {}, /two tasks have the id k3m9q2x7-1/],
    [
      'go past the last number there is',
      `${text()}  - { key: d, title: Do d, what: Do d. }\n`,
      { lastNumber: 99 },
      /99 tasks in all/,
    ],
  ])('%s', (_, yaml, over, problem) => {
    const result = edited(yaml, over)
    expect(result.ok).toBe(false)
    expect(result.ok ? '' : result.problem).toMatch(problem)
  })

  test.each([
    [
      'a misspelt key',
      text().replace('title: Do b', 'titel: Do b'),
      /plan\.yaml:\d+: tasks\[1\]\.titel.*did you mean "title"/,
    ],
    ['no YAML', `${text()}  - {`, /plan\.yaml:\d+/],
    ['more than 30 tasks', `tasks: [${Array.from({ length: 31 }, (_, n) => `{key: t${n}, title: T, what: W}`)}]`, /30/],
    ['no tasks', 'summary: nothing\n', /tasks/],
  ])('be %s: it names file, line and key', (_, yaml, message) => {
    expect(() => edited(yaml)).toThrow(message)
  })
})

test('what can not be changed any more says so above itself', () => {
  const fixed = begun(2).fixed
  expect(planText(plan, { head: [], withIds: true, fixed })).toMatch(
    /# has begun \(working\): it stays as it is\n +- id: k3m9q2x7-2/,
  )
})

test('a line of the head can not break out of its comment', () => {
  const printed = planText(plan, { head: ['advice\ntasks: []'], withIds: true })
  expect(edited(printed)).toMatchObject({ isUnchanged: true })
})

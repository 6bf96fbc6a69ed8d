import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Plan } from '../../src/domain/plan.ts'
import { acceptProposal } from '../../src/planner/accept-proposal.ts'

const context = {
  runId: 'k3m9q2x7',
  lane: 'personal' as const,
  workers: ['claude', 'codex', 'gemini'] as const,
  checks: ['test', 'lint'],
}
const task = (key: string, over: object = {}) => ({ key, title: `Title ${key}`, what: `Do ${key}`, ...over })
const accepted = (tasks: object[], over: object = {}) => {
  const result = acceptProposal({ tasks }, { ...context, ...over })
  if (!result.ok) throw new Error(result.problem)
  return result.plan
}

describe('a proposal out of shape is refused with the reason', () => {
  test.each([
    ['not an object', 'a plan', /expected object/],
    ['nothing', undefined, /expected object/],
    ['no tasks', { tasks: [] }, /tasks: .*1/],
    ['more than 30 tasks', { tasks: Array.from({ length: 31 }, (_, i) => task(`t${i}`)) }, /tasks: .*30/],
    ['an unknown key', { tasks: [task('a', { depends: [] })] }, /tasks\[0\].*depends/],
    ['an unknown key at the top', { tasks: [task('a')], notes: '' }, /the plan.*notes/],
    ['a key of ours', { tasks: [task('a', { taskId: 'k3m9q2x7-1' })] }, /taskId/],
    ['a key with a path in it', { tasks: [task('../x')] }, /tasks\[0\]\.key/],
    ['two tasks of one key', { tasks: [task('a'), task('a')] }, /two tasks have the key "a"/],
    ['an unknown dependency', { tasks: [task('a', { dependsOn: ['b'] })] }, /"a" depends on "b", which is not a task/],
    ['a task that depends on itself', { tasks: [task('a', { dependsOn: ['a'] })] }, /circle: a → a/],
    [
      'a circle',
      {
        tasks: [
          task('z'),
          task('a', { dependsOn: ['c'] }),
          task('b', { dependsOn: ['a'] }),
          task('c', { dependsOn: ['b'] }),
        ],
      },
      /circle: a → c → b → a/,
    ],
    ['an unknown check', { tasks: [task('a', { turnsGreen: ['tset'] })] }, /check "tset".*known: test, lint/],
    [
      'a path outside the repository',
      { tasks: [task('a', { paths: ['src/../../etc/passwd'] })] },
      /outside the repository/,
    ],
    ['an absolute path', { tasks: [task('a', { paths: ['/etc/passwd'] })] }, /outside the repository/],
    ['a title of invisible characters', { tasks: [task('a', { title: '\u200b\u202e' })] }, /blank title/],
    ['an unknown worker', { tasks: [task('a', { worker: 'gpt' })] }, /tasks\[0\]\.worker/],
  ])('%s', (_, raw, problem) => {
    const result = acceptProposal(raw, context)
    expect(result).toMatchObject({ ok: false, problem: expect.stringMatching(problem) })
  })
})

test('ids are ours, in dependency order, as near to the proposed order as it goes', () => {
  const plan = accepted([
    task('ui', { dependsOn: ['api'] }),
    task('docs'),
    task('api'),
    task('end', { dependsOn: ['ui', 'docs', 'ui'] }),
  ])
  expect(plan.tasks.map(one => [one.taskId, one.title, one.dependsOn])).toEqual([
    ['k3m9q2x7-1', 'Title docs', []],
    ['k3m9q2x7-2', 'Title api', []],
    ['k3m9q2x7-3', 'Title ui', ['k3m9q2x7-2']],
    ['k3m9q2x7-4', 'Title end', ['k3m9q2x7-3', 'k3m9q2x7-1']],
  ])
})

test('tasks without a worker are dealt out in turn over the allowed ones', () => {
  const plan = accepted([task('a'), task('b', { worker: 'gemini' }), task('c', { worker: null }), task('d'), task('e')])
  expect(plan.tasks.map(one => one.worker)).toEqual(['claude', 'gemini', 'codex', 'gemini', 'claude'])
})

test('a worker this run has not got is replaced by the most preferred one, and that is said', () => {
  const plan = accepted([task('a', { worker: 'gemini' })], { workers: ['codex', 'claude'] })
  expect(plan.tasks[0]!.worker).toBe('codex')
  expect(plan.summary).toBe('"Title a" was meant for gemini, which this run has not got; codex does it.')
})

test('text loses what a terminal would obey', () => {
  const plan = accepted([
    task('a', { title: 'Red \u001b[31malert\u001b[0m\nnow', what: 'x\u202ey\u0000', acceptance: ['\u200b', 'ok'] }),
  ])
  expect(plan.tasks[0]).toMatchObject({ title: 'Red alert now', what: 'xy', acceptance: ['ok'] })
})

test('any graph of known keys is either accepted in dependency order or refused for a circle', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f']
  const graph = fc.array(fc.subarray(keys), { minLength: 6, maxLength: 6 })
  fc.assert(
    fc.property(graph, dependencies => {
      const result = acceptProposal({ tasks: keys.map((key, i) => task(key, { dependsOn: dependencies[i] })) }, context)
      if (!result.ok) return result.problem.includes('circle')
      Plan.parse(result.plan)
      const seen = new Set<string>()
      return result.plan.tasks.every(one => one.dependsOn.every(id => seen.has(id)) && seen.add(one.taskId))
    }),
  )
})

import { expect, test } from 'vitest'
import { planFromFile } from '../../src/planner/plan-file.ts'

const context = {
  runId: 'k3m9q2x7',
  lane: 'personal' as const,
  workers: ['claude', 'codex'] as const,
  checks: ['test'],
}
const read = (text: string) => planFromFile(text, 'plan.yaml', context)

test('reads a plan written by hand', () => {
  const plan = read(`
summary: Two steps
tasks:
  - key: greet
    title: Greet by name
    what: greet(name) says hello
    turnsGreen: [test]
  - key: docs
    title: Document it
    what: Describe greet in the README
    dependsOn: [greet]
    worker: codex
`)
  expect(plan).toMatchObject({ origin: 'file', summary: 'Two steps' })
  expect(plan.tasks.map(task => [task.taskId, task.worker, task.dependsOn])).toEqual([
    ['k3m9q2x7-1', 'claude', []],
    ['k3m9q2x7-2', 'codex', ['k3m9q2x7-1']],
  ])
})

test.each([
  [
    'a misspelt key',
    'tasks:\n  - key: a\n    title: A\n    what: x\n    dependOn: []\n',
    /plan\.yaml:5: tasks\[0\]\.dependOn.*did you mean "dependsOn"/,
  ],
  ['no tasks', 'summary: x\n', /plan\.yaml:1: tasks/],
  ['broken YAML', 'tasks: [', /plan\.yaml:1/],
  ['an empty file', '', /tasks/],
  [
    'a circle',
    'tasks:\n  - {key: a, title: A, what: x, dependsOn: [b]}\n  - {key: b, title: B, what: x, dependsOn: [a]}\n',
    /planner failed on plan\.yaml: .*circle: a → b → a/,
  ],
])('%s is refused, naming the place', (_, text, message) => {
  expect(() => read(text)).toThrow(message)
})

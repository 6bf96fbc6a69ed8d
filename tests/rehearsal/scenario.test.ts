import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AgentLabError } from '../../src/domain/errors.ts'
import { builtInScenarios, parseScenario } from '../../src/rehearsal/scenario.ts'
import { scriptFor } from '../../src/rehearsal/script.ts'

const scenarios = join(import.meta.dirname, '../../src/rehearsal/scenarios')

const mistake = (text: string): string => {
  try {
    parseScenario(text, 'my.yaml')
  } catch (error) {
    if (error instanceof AgentLabError) return error.message
    throw error
  }
  return 'no mistake found'
}

const plan = 'plan: { tasks: [{ key: parser, title: T, what: W }] }\n'
const oneStep = (step: string): string => `tasks:\n  a:\n    attempts:\n      - steps:\n          - ${step}\n`

test.each([
  ['a misspelt key at the top', 'verfy: {}\n', /my\.yaml:1: .*"?verfy"?.*verify/],
  ['a misspelt step', oneStep('writ: { path: a, content: b }'), /my\.yaml:5: .*writ.*write/],
  ['a misspelt key inside a step', oneStep('write: { path: a, contents: b }'), /my\.yaml:5: .*contents.*content/],
  ['two words in one step', oneStep('{ say: a, run: b }'), /exactly one of .*; here is say and run/],
  ['no word in a step', oneStep('{ onLaunch: 1 }'), /exactly one of .*; here is none/],
  ['a path outside the repository', oneStep('write: { path: ../x, content: b }'), /inside the repository/],
  ['an absolute path', oneStep('read: /etc/passwd'), /inside the repository/],
  [
    'a number of times for what goes well',
    oneStep('{ run: ls, times: 2 }'),
    /times is for what goes wrong .*; here is run/,
  ],
  ['a pace for what goes wrong', oneStep('{ drop: true, pace: { tokensPerS: 2 } }'), /pace is for a whole answer/],
  ['a status that is no error', oneStep('status: { code: 200 }'), /400/],
  [
    'a task the plan does not have',
    `${plan}tasks: { parsr: { attempts: [{ steps: [{ say: x }] }] } }`,
    /parsr.*parser/s,
  ],
  ['a round for a task the plan does not have', `${plan}verify: { lexer: [{ verdict: pass }] }`, /no task "lexer"/],
  ['an attempt without steps', 'tasks: { a: { attempts: [{}] } }', /needs steps or stepsFor/],
  ['an unknown verdict', 'verify: { a: [{ verdict: maybe }] }', /verdict/],
  ['a plan without tasks', 'plan: { tasks: [] }', /plan\.tasks/],
  ['something else than YAML', 'tasks: [', /my\.yaml:1/],
])('%s is told by file, line and name', (_case, text, expected) => {
  expect(mistake(text)).toMatch(expected)
})

test('each built-in scenario is a valid one, and each file beside it is built in', async () => {
  const files = (await readdir(scenarios)).map(file => file.replace('.yaml', ''))
  expect(files.sort()).toEqual([...builtInScenarios].sort())
  for (const name of builtInScenarios) {
    const scenario = parseScenario(await readFile(join(scenarios, `${name}.yaml`), 'utf8'), name)
    expect(scenario.plan?.tasks.length).toBeGreaterThan(0)
  }
})

test('each example of the documentation is a valid scenario', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/rehearsal.md'), 'utf8')
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(match => match[1]!)
  expect(examples).toHaveLength(4)
  for (const example of examples) expect(() => parseScenario(example, 'docs/rehearsal.md')).not.toThrow()
})

const identity = { role: 'worker', worker: 'claude', task: 'a', attempt: 1, launch: 1 } as const

test('a task is found by key, by its number in the plan, or among the defaults', () => {
  const scenario = parseScenario(
    `plan: { tasks: [{ key: one, title: T, what: W }, { key: two, title: T, what: W }] }
tasks: { two: { attempts: [{ steps: [{ answer: scripted }] }] } }
defaults: { worker: { steps: [{ answer: "default of {{task}}, attempt {{attempt}}" }] } }`,
    'x.yaml',
  )
  const said = (task: string | number, attempt = 1) => {
    const scripted = scriptFor(scenario, { ...identity, task, attempt })
    return scripted.ok
      ? scripted.turns.map(({ action }) => ('text' in action ? action.text : action.kind))
      : scripted.why
  }
  expect(said('two')).toEqual(['scripted'])
  expect(said(2)).toEqual(['scripted'])
  expect(said(1, 7)).toEqual(['default of one, attempt 7'])
  expect(said('two', 2)).toContain('worker of task two, attempt 2')
})

test('steps may differ by worker and by launch', () => {
  const scenario = parseScenario(
    `tasks:
  a:
    attempts:
      - steps: [{ status: { code: 529 }, onLaunch: 1 }, { answer: second time lucky }]
        stepsFor: { codex: [{ answer: codex does it otherwise }] }`,
    'x.yaml',
  )
  const kinds = (worker: string, launch: number) => {
    const scripted = scriptFor(scenario, { ...identity, worker, launch })
    return scripted.ok ? scripted.turns.map(({ action }) => action) : scripted.why
  }
  expect(kinds('claude', 1)).toMatchObject([{ kind: 'status', code: 529 }, { text: 'second time lucky' }])
  expect(kinds('claude', 2)).toEqual([{ kind: 'text', text: 'second time lucky' }])
  expect(kinds('codex', 1)).toEqual([{ kind: 'text', text: 'codex does it otherwise' }])
})

test('a script that ends in a tool call gets a last word, and one that ends in talk ends with it', () => {
  const turns = (steps: string) => {
    const scenario = parseScenario(`tasks: { a: { attempts: [{ steps: [${steps}] }] } }`, 'x.yaml')
    const scripted = scriptFor(scenario, identity)
    return scripted.ok ? scripted.turns.map(({ say, action }) => [say, action.kind]) : []
  }
  expect(turns('{ run: ls }')).toEqual([
    ['', 'run'],
    ['', 'text'],
  ])
  expect(turns('{ say: first }, { run: ls }, { say: last }')).toEqual([
    ['first', 'run'],
    ['', 'text'],
  ])
})

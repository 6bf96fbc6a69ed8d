/** The two configuration files: what each may say, and how a mistake is told. */
import { describe, expect, test } from 'vitest'
import type { EffectiveConfig } from '../../src/config/effective.ts'
import { parseConfig } from '../../src/config/load.ts'
import { AgentLabError } from '../../src/domain/errors.ts'

const operatorPath = '/home/operator/.config/agentlab/config.yaml'

const load = (repository: string, operator = '') =>
  parseConfig({
    repository: { path: '/repo/agentlab.yaml', text: repository, exists: true },
    operator: { path: operatorPath, text: operator, exists: true },
  })

const effective = (repository: string, operator = ''): EffectiveConfig => load(repository, operator).effective

const refusal = (repository: string, operator = ''): AgentLabError => {
  try {
    load(repository, operator)
  } catch (error) {
    if (error instanceof AgentLabError) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('the defaults', () => {
  test('hold when both files are empty', () => {
    expect(effective('')).toMatchObject({
      main: null,
      branches: { agent: 'agent', prefix: '' },
      lane: 'personal',
      checks: [],
      setup: null,
      verifier: { independence: 'vendor' },
      agents: ['claude', 'codex', 'gemini', 'local'],
      limits: {
        requests: 2000,
        tokens: 20_000_000,
        minutes: 240,
        wallMinutes: 60,
        silenceMinutes: 10,
        toolMinutes: 30,
        maxParallel: 3,
        maxAttempts: 3,
      },
      upstreams: { anthropic: 'https://api.anthropic.com' },
    })
  })

  test('give way to the operator, and the repository tightens further', () => {
    const { limits, lane } = effective(
      'limits: {tokens: 500}\nlane: private',
      'limits: {tokens: 1000, wallMinutes: 90}\ndefaults: {lane: enterprise, maxParallel: 8}',
    )
    expect(limits).toMatchObject({ tokens: 500, wallMinutes: 90, maxParallel: 8 })
    expect(lane).toBe('private')
  })
})

describe('commands', () => {
  test('are a list of words, or a plain string split on blanks', () => {
    const { checks } = effective(
      'checks:\n  - {name: a, command: npm  run test}\n  - {name: b, command: [sh, -c, "a && b"], timeoutMinutes: 2}',
    )
    expect(checks).toEqual([
      { name: 'a', command: ['npm', 'run', 'test'], timeoutMs: 600_000 },
      { name: 'b', command: ['sh', '-c', 'a && b'], timeoutMs: 120_000 },
    ])
  })

  test.each([
    'npm test && true',
    'npm test | tee x',
    'echo $HOME',
    'cat <x',
    'a; b',
    'ls *.ts',
    'echo `id`',
    "echo 'x'",
    'a\nb',
  ])('with a shell character are refused as a string: %s', command => {
    const error = refusal(`checks: [{name: a, command: ${JSON.stringify(command)}}]`)
    expect(error.message).toMatch(
      /^agentlab\.yaml:1: checks\[0\]\.command holds .*only a shell understands.*list of words/,
    )
    expect(error.exit).toBe(2)
  })

  test('that set a variable first are refused', () => {
    expect(refusal('setup: {command: CI=1 npm ci}').message).toContain('setting a variable')
  })
})

describe('a mistake', () => {
  test.each<[string, string, string]>([
    [
      'a misspelt key',
      'main: trunk\n\nchekcs: []\n',
      'agentlab.yaml:3: chekcs is not a known key; did you mean "checks"?',
    ],
    [
      'a misspelt key deep inside',
      'checks:\n  - name: a\n    comand: x\n',
      'agentlab.yaml:3: checks[0].comand is not a known key; did you mean "command"?',
    ],
    [
      'a key like nothing known',
      'zzzzqqqq: 1',
      'agentlab.yaml:1: zzzzqqqq is not a known key; known here: main, branches, lane, paths, checks, setup, ports, planner, verifier, limits, agents',
    ],
    ['a wrong type', 'limits:\n  tokens: many', 'agentlab.yaml:2: limits.tokens must be a number, not a text'],
    ['a wrong word', 'lane: privat', 'agentlab.yaml:1: lane must be one of enterprise, personal, private'],
    ['a missing key', 'checks: [{name: a}]', 'agentlab.yaml:1: checks[0].command is missing'],
    [
      'two checks of one name',
      'checks: [{name: a, command: x}, {name: a, command: y}]',
      'agentlab.yaml:1: checks has two checks of one name',
    ],
    ['a key twice', 'main: a\nmain: b', 'agentlab.yaml:2: Map keys must be unique'],
    ['an alias', 'main: &x a\nlane: *x', 'agentlab.yaml: aliases (*name) are not used here: write the value out'],
    ['a list instead of a mapping', '[]', 'agentlab.yaml:1: the file must be a mapping, not a list'],
    [
      'a branch git would take for an option',
      'main: -x',
      'agentlab.yaml:1: main must be a plain branch name: letters, digits, . _ - and /',
    ],
    [
      'a set-up input outside',
      'setup: {command: a, inputs: [../../etc/passwd]}',
      'agentlab.yaml:1: setup.inputs[0] must lie inside the repository',
    ],
  ])('%s is told with file, line and key', (_, text, message) => {
    const error = refusal(text)
    expect(error.message.split('\n')[0]).toBe(message)
    expect(error).toMatchObject({ code: 'invalid-file', exit: 2 })
  })

  test("in the operator's file names that file", () => {
    expect(refusal('', 'agents:\n  claud: {}').message).toBe(
      `${operatorPath}:2: agents.claud is not a known key; did you mean "claude"?`,
    )
  })

  test('never shows control characters of the file', () => {
    expect(refusal('"evil\\u001b[2J\\u202Ekey": 1').message).not.toMatch(/[\u001b\u202e]/)
  })

  test('of every kind is listed, misspelt keys first', () => {
    expect(refusal('checks: [{nmae: a}]\nlane: x').message.split('\n')).toHaveLength(4)
  })
})

describe("the repository's file", () => {
  test.each([
    'upstreams: {anthropic: "https://evil.example"}',
    'credentials: {anthropic: {env: X}}',
    'env: {A: b}',
    'environment: {A: b}',
    'defaults: {lane: personal}',
    'identity: {name: a, email: b}',
    'lanes: {personal: {providers: [openai]}}',
    'tools: [/bin/x]',
  ])('can not say %s, and is told where it belongs', text => {
    expect(refusal(text).message).toMatch(
      /^agentlab\.yaml:1: \w+ .*a repository can't do.*~\/\.config\/agentlab\/config\.yaml$/,
    )
  })

  test("can not name an agent's program", () => {
    expect(refusal('agents: {claude: {path: /tmp/evil}}').message).toContain(
      'paths and models belong in ~/.config/agentlab/config.yaml',
    )
  })

  test('can not take the box away', () => {
    expect(refusal('unboxed: true').message).toContain('the flag --unboxed')
  })

  test.each(['tokens', 'requests', 'minutes', 'wallMinutes', 'maxParallel', 'maxAttempts'])(
    'can not loosen limits.%s',
    name => {
      const error = refusal(`limits: {${name}: 10}`, `limits: {${name}: 9}`)
      expect(error.message).toContain(`limits.${name} is 10, looser than your 9`)
      expect(error.code).toBe('config-loosens')
      expect(effective(`limits: {${name}: 8}`, `limits: {${name}: 9}`).limits).toMatchObject({ [name]: 8 })
    },
  )

  test.each([
    ['personal', 'enterprise'],
    ['personal', 'private'],
    ['enterprise', 'private'],
  ])('can not loosen the lane to %s from %s', (repository, operator) => {
    expect(refusal(`lane: ${repository}`, `defaults: {lane: ${operator}}`).message).toContain(
      'a repository can only tighten the lane',
    )
    expect(effective(`lane: ${operator}`, `defaults: {lane: ${repository}}`).lane).toBe(operator)
  })
})

describe("the operator's upstreams", () => {
  test.each([
    'http://models.example',
    'https://user:pass@models.example',
    'ftp://models.example',
    'models.example',
    'https://models.example/?key=1',
  ])('refuse %s', url => {
    expect(refusal('', `upstreams: {openai: "${url}"}`).code).toBe('invalid-file')
  })

  test('may be plain http on this machine', () => {
    expect(effective('', 'upstreams: {openai: "http://127.0.0.1:8080/"}').upstreams.openai).toBe(
      'http://127.0.0.1:8080',
    )
  })
})

test("the hash changes with either file's text and with nothing else", () => {
  const hashes = [
    load('lane: private').hash,
    load('lane: private').hash,
    load('lane: private ').hash,
    load('lane: private', 'limits: {}').hash,
  ]
  expect(hashes[0]).toBe(hashes[1])
  expect(new Set(hashes).size).toBe(3)
})

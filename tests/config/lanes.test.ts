/** What the two files may say about lanes, paths, local servers and the box: who may say it, and what is refused why. */
import { describe, expect, test } from 'vitest'
import type { EffectiveConfig } from '../../src/config/effective.ts'
import { parseConfig } from '../../src/config/load.ts'
import { AgentLabError } from '../../src/domain/errors.ts'

const load = (repository: string, operator = ''): EffectiveConfig =>
  parseConfig({
    repository: { path: '/repo/agentlab.yaml', text: repository, exists: true },
    operator: { path: '/home/o/config.yaml', text: operator, exists: true },
  }).effective

const refusal = (repository: string, operator = ''): string => {
  try {
    load(repository, operator)
  } catch (error) {
    if (error instanceof AgentLabError && error.exit === 2 && error.cure !== undefined) return error.message
    throw error
  }
  throw new Error('was accepted')
}

test('nothing said leaves every lane as shipped', () => {
  expect(load('')).toMatchObject({ laneFrom: 'shipped', paths: [], lanes: {}, local: [], tools: [], userns: [] })
})

test("the operator's words on lanes, servers, tools and this repository are all carried", () => {
  const config = load(
    'paths: {"clients/**": enterprise}',
    `
defaults: {lane: personal}
lanes:
  personal: {providers: [anthropic, openai], models: {anthropic: ['claude-*']}, workers: [claude, codex], unboxed: true, registries: ['packages.example:8443'], mirror: 'http://127.0.0.1:4873/'}
local: [{name: mac, url: 'http://127.0.0.1:11434', models: ['qwen3:8b']}]
tools: [/opt/sdk, ~/sdk/go1.26]
repositories:
  /repo: {paths: {'private/**': private}, box: {userns: [e2e]}}
  /other: {paths: {'x/**': private}, box: {userns: [no]}, files: [.env.test]}
`,
  )
  expect(config).toMatchObject({
    laneFrom: 'operator',
    lanes: {
      personal: { providers: ['anthropic', 'openai'], models: { anthropic: ['claude-*'] }, unboxed: true },
    },
    local: [{ name: 'mac', url: 'http://127.0.0.1:11434', models: ['qwen3:8b'] }],
    tools: ['/opt/sdk', '~/sdk/go1.26'],
    userns: ['e2e'],
    handIn: [],
    paths: [
      { pattern: 'clients/**', lane: 'enterprise', from: 'repository' },
      { pattern: 'private/**', lane: 'private', from: 'operator' },
    ],
  })
  expect(config.lanes.personal).toMatchObject({
    mirror: 'http://127.0.0.1:4873',
    registries: ['packages.example:8443'],
  })
})

test.each<[string, RegExp]>([
  ['lanes: {privat: {}}', /lanes\.privat is not a known key; did you mean "private"\?/],
  [
    'lanes: {enterprise: {providers: [anthropic, openai]}}',
    /providers\[1\] must not be openai: lane enterprise is for/,
  ],
  ['lanes: {private: {providers: [anthropic]}}', /providers\[0\] must not be anthropic: lane private is for local at/],
  ['lanes: {personal: {providers: [mistral]}}', /providers\[0\] must be one of anthropic, openai, google, local/],
  ['lanes: {personal: {providers: []}}', /lanes\.personal\.providers /],
  ['lanes: {personal: {workers: [aider]}}', /workers\[0\] must be one of claude, codex, gemini/],
  ['lanes: {personal: {models: {anthropic: ["claude ?"]}}}', /must be a model's name, in which \* stands for/],
  ['lanes: {personal: {models: {mistral: [x]}}}', /lanes\.personal\.models\.mistral is not a known key/],
  ['lanes: {private: {models: {anthropic: ["*"]}}}', /is for nothing: anthropic sees no data of lane private/],
  ['lanes: {personal: {providers: [google], models: {openai: [x]}}}', /is for nothing: openai sees no data of/],
  ['lanes: {private: {unboxed: true}}', /must not be true: nothing of lane private ever runs without its box/],
  ['lanes: {private: {registries: [packages.example]}}', /must be empty: lane private reaches no registry/],
  ['lanes: {personal: {registries: ["https://packages.example"]}}', /must be a host, or host:port/],
  ['lanes: {personal: {registries: ["packages.example:70000"]}}', /has a port above 65535/],
  ['lanes: {private: {mirror: "https://packages.example"}}', /mirror must be localhost or an address in numbers/],
  ['tools: [sdk]', /tools\[0\] must be an absolute path, or one that begins with ~\//],
  ['tools: [/]', /tools\[0\] must be an absolute path/],
  ['tools: ["~/"]', /tools\[0\] must be an absolute path/],
  ['tools: [/opt/../etc]', /tools\[0\] must be an absolute path/],
  ['repositories: {/repo: {box: {usrns: [a]}}}', /usrns is not a known key; did you mean "userns"/],
])('the operator can not say %s', (text, message) => {
  expect(refusal('', text)).toMatch(message)
})

const server = (url: string, more = ''): string =>
  `local: [{name: a, url: ${JSON.stringify(url)}, models: [m]}]\n${more}`

describe('a local server', () => {
  test.each([
    ['http://127.0.0.1:11434', ''],
    ['http://localhost:11434', ''],
    ['http://[::1]:11434', ''],
    ['https://192.168.1.5', ''],
    ['https://[fd00::1]:8443', ''],
    ['http://10.42.60.12:11434', 'tunnels: [10.42.60.0/24]'],
    ['http://100.100.1.2:11434', 'tunnels: [100.64.0.0/10]'],
    ['http://[fd00:1::2]:1', 'tunnels: ["fd00:1::/64"]'],
    ['http://gpu.lan:11434', ''],
    ['https://models.example', ''],
  ])('may be at %s %s', (url, more) => {
    expect(load('', server(url, more)).local[0]!.url).toBe(url)
  })

  test.each<[string, string, RegExp]>([
    ['https://8.8.8.8', '', /is not on your own network/],
    ['https://134744072', '', /is not on your own network/],
    ['https://[::ffff:8.8.8.8]', '', /is not on your own network/],
    ['https://[2606:4700::1111]', '', /is not on your own network/],
    ['http://0.0.0.0:11434', '', /is not on your own network/],
    ['http://169.254.169.254', '', /is not on your own network/],
    ['https://[fe80::1]', '', /is not on your own network/],
    ['https://[::ffff:10.42.60.12]', 'tunnels: [10.42.60.0/24]', /is not on your own network/],
    ['http://[::ffff:127.0.0.1]', '', /is not on your own network/],
    ['http://2130706433:11434', '', /must be written out: 127\.0\.0\.1/],
    ['http://0x7f.1', '', /must be written out: 127\.0\.0\.1/],
    ['http://0177.0.0.1', '', /must be written out: 127\.0\.0\.1/],
    ['http://127.1', '', /must be written out: 127\.0\.0\.1/],
    ['http://１２７.0.0.1', '', /must be written out: 127\.0\.0\.1/],
    ['http:\\\\127.0.0.1', '', /must be written out: 127\.0\.0\.1/],
    ['https://gpu%2elan', '', /must be written out: gpu\.lan/],
    ['https://gpu.lan.', '', /must name a host/],
    ['https://gpu..lan', '', /must name a host/],
    ['unix:/run/x', '', /must begin with http/],
    ['https://a:b@10.0.0.1', '', /must not hold a user name/],
    ['http://10.42.60.12:11434', '', /is plain http beyond this machine.*tunnels: \[/],
    ['http://10.42.61.12:11434', 'tunnels: [10.42.60.0/24]', /is plain http beyond this machine/],
    ['http://127.0.0.1', 'tunnels: [8.8.8.0/24]', /tunnels\[0\] must be a private range/],
    ['http://127.0.0.1', 'tunnels: [0.0.0.0/0]', /tunnels\[0\] must be a private range/],
    ['http://127.0.0.1', 'tunnels: [10.0.0.0/40]', /tunnels\[0\] must be a private range/],
  ])('may not be at %s %s', (url, more, message) => {
    expect(refusal('', server(url, more))).toMatch(message)
  })

  test('has a name of its own and says its models', () => {
    expect(refusal('', 'local: [{name: a, url: "http://127.0.0.1"}]')).toMatch(/local\[0\]\.models is missing/)
    const twice = '{name: a, url: "http://127.0.0.1", models: [m]}'
    expect(refusal('', `local: [${twice}, ${twice}]`)).toMatch(/has two servers of one name/)
  })
})

describe.each(['repository', 'operator'])("the %s's path rules", from => {
  const files = (rules: string): [string, string] =>
    from === 'repository' ? [`paths: ${rules}`, ''] : ['', `repositories: {/repo: {paths: ${rules}}}`]

  test.each<[string, RegExp]>([
    ['{"a/**": privat}', /must be one of enterprise, personal, private/],
    ['{"a/**": personal}', /can never win: personal is the loosest lane/],
    ['{"a/**": private, "a/b/**": enterprise}', /a\/b\/\*\* can never win: a\/\*\* covers it and is private/],
    ['{"a/**": private, a: enterprise}', /a can never win: a\/\*\* covers it/],
    ['{"Clients/**": private, "clients/**": enterprise}', /can never win: Clients\/\*\* covers it/],
    ['{"a/**": private, "a/**": enterprise}', /must be unique/],
    ['{"/a": private}', /must be a path below the top/],
    ['{"a/": private}', /must be a path below the top/],
    ['{"../a": private}', /must be a path below the top/],
    ['{"./a": private}', /must be a path below the top/],
    ['{"a**": private}', /must have \*\* as a whole name/],
    ['{"{a,b}/**": private}', /must be plain but for/],
    ['{"!a": private}', /must be plain but for/],
    ['["a/**"]', /must be a mapping, not a list/],
  ])('can not be %s', (rules, message) => {
    expect(refusal(...files(rules))).toMatch(message)
  })

  test('may overlap where the stricter lies within the looser, or neither holds the other', () => {
    expect(load(...files('{"a/**": enterprise, "a/b/**": private, "*/b/**": enterprise}')).paths).toHaveLength(3)
  })
})

describe("the repository's file", () => {
  test('can not name a path looser than its own lane', () => {
    expect(refusal('lane: private\npaths: {"a/**": enterprise}')).toMatch(/is looser than lane: private/)
  })

  test("may name a path looser than the operator's default: it only never wins", () => {
    expect(load('paths: {"a/**": enterprise}', 'defaults: {lane: private}').lane).toBe('private')
  })

  test.each([
    'lanes: {private: {providers: [anthropic]}}',
    'local: [{name: a, url: "http://127.0.0.1:1", models: [m]}]',
    'tunnels: [10.0.0.0/24]',
    'tools: [/usr]',
    'registries: [packages.example]',
    'mirror: "http://127.0.0.1:1"',
    'repositories: {}',
    'box: {userns: [test]}',
    'checks: [{name: a, command: b, userns: true}]',
    'providers: [openai]',
    'models: {}',
    'workers: [codex]',
  ])('can not say %s, and is told where it belongs', text => {
    expect(refusal(text)).toMatch(/ .*a repository can't do: it belongs in ~\/\.config\/agentlab\/config\.yaml/)
  })

  test('is not taken for naming a program by a path of its own that is called model', () => {
    expect(refusal('paths: {model: enterpris}')).toMatch(/paths\.model must be one of/)
  })
})

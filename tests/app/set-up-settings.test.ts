/** What goes from the operator's own settings into a set-up's box, and what is said of a set-up that failed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inputsOf } from '../../src/app/environment/inputs.ts'
import { certificateSettings, registrySettings, withoutLogins } from '../../src/app/environment/operator-settings.ts'
import { setupHints } from '../../src/app/environment/set-up-words.ts'
import { setupDiagnoses } from '../../src/cli/set-up-diagnoses.ts'
import { parseConfig } from '../../src/config/load.ts'
import { openRepository } from '../../src/git/repository.ts'
import { proxyVariables } from '../../src/lanes/registry-proxy/variables.ts'
import { setupReach } from '../../src/lanes/setup-reach.ts'
import { makeRepository, makeScratch, removeScratch, shellGit, writeFiles } from '../support/git-repository.ts'

let scratch: string
beforeAll(() => {
  scratch = makeScratch('settings')
})
afterAll(() => removeScratch(scratch))

test('of the operator’s package managers the registry comes along, and never a login', async () => {
  const home = join(scratch, 'home')
  writeFiles(home, {
    '.npmrc':
      'registry=https://me:secret@npm.test/\n@shop:registry = https://shop.test/npm/\n//npm.test/:_authToken=secret\nignore-scripts=true\n',
    '.config/pip/pip.conf':
      '[global]\nindex-url = https://me:secret@pip.test/simple\ncert = /x\n[install]\ntrusted-host = a\n',
  })
  const env = {
    HOME: home,
    PIP_INDEX_URL: 'https://token@pip.test/simple',
    GOPROXY: 'https://go.test,direct',
    OTHER: 'x',
  }
  const found = await registrySettings(env)
  expect(found.env).toEqual({ PIP_INDEX_URL: 'https://pip.test/simple', GOPROXY: 'https://go.test,direct' })
  expect(found.files).toEqual([
    { path: '.npmrc', content: 'registry=https://npm.test/\n@shop:registry = https://shop.test/npm/\n' },
    { path: '.config/pip/pip.conf', content: '[global]\nindex-url = https://pip.test/simple\n' },
  ])
  expect(JSON.stringify(found)).not.toContain('secret')
})

test.each([
  ['https://a:b@c.test/d', 'https://c.test/d'],
  ['https://a:b%40@c.test', 'https://c.test'],
  ['https://a:b@x@c.test/', 'https://c.test/'],
  ['https://c.test/@scope/x@1', 'https://c.test/@scope/x@1'],
])('%s goes in as %s', (text, expected) => expect(withoutLogins(text)).toBe(expected))

test('certificates that are there can be read, and no other path is opened', async () => {
  mkdirSync(join(scratch, 'certs'))
  writeFileSync(join(scratch, 'own.pem'), '')
  const env = {
    NODE_EXTRA_CA_CERTS: join(scratch, 'own.pem'),
    SSL_CERT_FILE: join(scratch, 'own.pem'),
    SSL_CERT_DIR: join(scratch, 'certs'),
    PIP_CERT: join(scratch, 'gone.pem'),
    CURL_CA_BUNDLE: 'relative.pem',
  }
  const { PIP_CERT: _, CURL_CA_BUNDLE: __, ...kept } = env
  expect(await certificateSettings(env)).toEqual({
    env: kept,
    readable: [join(scratch, 'own.pem'), join(scratch, 'certs')],
  })
})

test('loopback goes past the proxy unless a listed place lies there', () => {
  const direct = (host: string): string | undefined => proxyVariables(1, [{ host, port: 443, mirror: false }]).NO_PROXY
  expect([direct('a.test'), direct('127.0.0.1')]).toEqual(['localhost,127.0.0.1,::1', ''])
})

test('an input is a file, a folder, or a pattern in which a star stands within one name', async () => {
  const files = [
    'package.json',
    'a/package.json',
    'a/b/package.json',
    'patches/x/y.patch',
    'patchesX',
    'a+b.txt',
    'src/x.ts',
  ]
  const root = makeRepository(scratch, Object.fromEntries(files.map(file => [file, 'x'])))
  const repository = await openRepository(root)
  const head = shellGit(root, ['rev-parse', 'HEAD'])
  const named = async (...inputs: string[]): Promise<string[]> =>
    (await inputsOf(repository, { inputs }, head)).map(entry => entry.path)
  expect(await named('package.json', 'patches', 'a+b.txt')).toEqual(['a+b.txt', 'package.json', 'patches/x/y.patch'])
  expect(await named('*/package.json')).toEqual(['a/package.json'])
  expect(await named('a/**/package.json')).toEqual(['a/b/package.json'])
  expect(await named('.*', 'src.x')).toEqual([])
})

const listed = setupReach({ registries: ['a.test'], mirror: null }, { inputs: ['x'], network: 'registries' })

test('each refusal has its sentence, told places come without control characters', () => {
  const refused = [
    { place: 'b.test:443', reason: 'notListed' },
    { place: 'c.test:80', reason: 'notListed' },
    { place: 'a.test:443', reason: 'privateAddress' },
    { place: 'd.test:443', reason: 'unknownHost' },
    { place: 'e.test:443', reason: 'unreachable' },
    { place: '', reason: 'tooMuch' },
  ] as const
  expect(setupHints({ lane: 'enterprise', reach: listed, refused, inputs: ['x'] })).toEqual([
    'The set-up asked for b.test, c.test:80, which are not listed. If it may, add to lanes.enterprise.registries in ~/.config/agentlab/config.yaml: b.test, c.test:80',
    "a.test:443 leads into a private network: list its address instead of its name, or make it the lane's mirror.",
    'd.test:443 is listed, and its name has no address on this machine.',
    'e.test:443 is listed, and did not answer.',
    'The set-up was cut off: it sent, fetched or opened more than a set-up may.',
    expect.stringContaining('its 1 declared input (x)'),
  ])
  expect(setupHints({ lane: 'personal', reach: null, refused: [], inputs: [] })).toEqual([])
})

test.each([
  ['checks: []', '', []],
  ['setup: {command: a}', '', [{ status: 'ok', detail: expect.stringContaining('nothing is listed') }]],
  [
    'setup: {command: a}',
    'lanes: {personal: {registries: [a.test]}}',
    [{ status: 'warn', detail: expect.stringContaining('declares no inputs') }],
  ],
  [
    'setup: {command: a, inputs: [b]}',
    'lanes: {personal: {registries: [a.test, "b.test:80"]}}',
    [{ status: 'ok', detail: expect.stringContaining('may reach a.test, b.test:80') }],
  ],
  [
    'setup: {command: a, inputs: [b], network: none}',
    'lanes: {personal: {registries: [a.test]}}',
    [{ status: 'ok', detail: expect.stringContaining('as agentlab.yaml wants it') }],
  ],
  [
    'lane: private\nsetup: {command: a, inputs: [b]}',
    '',
    [{ status: 'ok', cure: expect.stringContaining('lanes.private.mirror') }],
  ],
])('doctor on %j with %j', (repository, operator, expected) => {
  const { effective } = parseConfig({
    repository: { path: 'agentlab.yaml', text: repository, exists: true },
    operator: { path: 'config.yaml', text: operator, exists: true },
  })
  expect(setupDiagnoses(effective)).toMatchObject(expected)
})

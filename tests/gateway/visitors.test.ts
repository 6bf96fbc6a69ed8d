/** Who may knock at the gateway for tools, told from the head alone. */
import { describe, expect, test } from 'vitest'
import { namedModel } from '../../src/lanes/door/named-model.ts'
import { askedOf, matchAt } from '../../src/lanes/door/paths.ts'
import { preflightHeaders, visitorFault } from '../../src/lanes/door/visitor.ts'

const visitors = { hosts: ['host.docker.internal'], origins: ['http://127.0.0.1:3000'] }

describe('by its host', () => {
  test.each(['127.0.0.1:4880', 'localhost:4880', '[::1]:4880', 'LOCALHOST', '127.0.0.2', 'host.docker.internal:4880'])(
    '%s may',
    host => expect(visitorFault({ host }, visitors)).toBeNull(),
  )
  test.each([
    'evil.example:4880',
    'localhost.evil.example',
    '127.0.0.1.evil.example:4880',
    'evil.example:127.0.0.1',
    '10.0.0.1:4880',
    '0.0.0.0:4880',
    'localhost:4880, evil.example',
    'user@localhost:4880',
    '[::1].evil.example',
    '',
    undefined,
  ])('%s may not', host => expect(visitorFault(host === undefined ? {} : { host }, visitors)).toMatch(/gateway\.hosts/))
})

describe('by its page', () => {
  const fault = (origin: string | undefined) =>
    visitorFault({ host: '127.0.0.1:4880', ...(origin === undefined ? {} : { origin }) }, visitors)
  test.each([undefined, 'http://127.0.0.1:3000'])('%s may', origin => expect(fault(origin)).toBeNull())
  test.each([
    'null',
    '*',
    '',
    'https://127.0.0.1:3000',
    'http://127.0.0.1:30000',
    'http://127.0.0.1',
    'http://127.0.0.1:4880',
    'http://localhost:3000',
    'HTTP://127.0.0.1:3000',
    'http://127.0.0.1:3000/',
    'http://127.0.0.1:3000, http://evil.example',
  ])('%j may not', origin => expect(fault(origin)).toMatch(/gateway\.origins/))

  test('of what it asks to send, the SDKs’ headers are let through and no others', () => {
    const asked = 'Authorization,content-type, x-stainless-os,anthropic-dangerous-direct-browser-access,cookie,x-evil'
    expect(preflightHeaders({ 'access-control-request-headers': asked })['access-control-allow-headers']).toBe(
      'authorization, content-type, x-stainless-os, anthropic-dangerous-direct-browser-access',
    )
  })
})

describe('a path', () => {
  test.each([
    ['GET', '/v1/models', { kind: 'models', name: null }],
    ['GET', '/v1/models?limit=20', { kind: 'models', name: null }],
    ['GET', '/v1/models/private%2Fqwen3%3A8b', { kind: 'models', name: 'private/qwen3:8b' }],
    ['POST', '/v1/messages?beta=true', { kind: 'model', path: '/v1/messages', query: 'beta=true' }],
    ['POST', '/v1/chat/completions', { kind: 'model', path: '/v1/chat/completions', query: '' }],
  ])('%s %s is known', (method, url, asked) => expect(askedOf(method, url)).toEqual(asked))
  test.each([
    ['GET', '/v1/chat/completions'],
    ['DELETE', '/v1/models/private/qwen3:8b'],
    ['POST', '/v1/models'],
    ['POST', '/v1/files'],
    ['POST', '/v1//messages'],
    ['POST', '/v1/messages/'],
    ['POST', '/v1/messages/../files'],
    ['POST', '/v1/%6dessages'],
    ['POST', '/v1/messages?key=x'],
    ['POST', '/v1/messages?beta=true?x'],
    ['POST', 'http://127.0.0.1/v1/messages'],
    ['POST', '/anthropic/v1/messages'],
    ['POST', '/api/pull'],
    ['POST', '__proto__'],
    ['POST', 'constructor'],
    ['GET', '/v1/models/%zz'],
    ['GET', '/'],
  ])('%s %s is refused', (method, url) => expect(askedOf(method, url)).toBeNull())

  test('leads to the provider’s own', () => {
    const asked = { kind: 'model' as const, path: '/v1/chat/completions', query: '' }
    const target = (provider: 'google' | 'anthropic') => {
      const at = matchAt(asked, provider)
      return at.ok ? at.match.target : at.message
    }
    expect(target('google')).toBe('/v1beta/openai/chat/completions')
    expect(target('anthropic')).toBe('/v1/chat/completions')
    const messages = matchAt({ ...asked, path: '/v1/messages' }, 'google')
    expect(messages).toMatchObject({ message: 'google does not take /v1/messages; ask it at /v1/chat/completions' })
  })
})

describe('the one model of a body', () => {
  test('is a name under model', () => {
    expect(namedModel({ model: 'private/x', messages: [] })).toEqual({ ok: true, name: 'private/x' })
  })
  test.each([
    {},
    { model: null },
    { model: ['private/x'] },
    { model: '' },
    { Model: 'private/x' },
    { model: 'private/x', Model: 'enterprise/y' },
    { model: 'private/x', mo_del: 'enterprise/y' },
    { MODEL: 'enterprise/y', model: 'private/x' },
    JSON.parse('{"model": "private/x", "modeL": "enterprise/y"}'),
  ])('%j has none', body => expect(namedModel(body)).toMatchObject({ ok: false }))
})

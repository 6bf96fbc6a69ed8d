/** A provider that asked to be left alone is left alone, by everybody who would ask it with the same login. */
import type { OutgoingHttpHeaders } from 'node:http'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { createWireNotebook } from '../../src/app/wire-notes.ts'
import type { Grant } from '../../src/lanes/gateway/grant.ts'
import { restMs, retryInfoMs } from '../../src/lanes/gateway/rate-limit.ts'
import { createResting, longestRestMs } from '../../src/lanes/gateway/resting.ts'
import { grantFor, post, startMetered, startUpstream, wires } from './upstream.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

const start = Date.parse('2026-01-01T00:00:00Z')

/** An upstream that answers with what is in `next`, and a clock that is set by hand. */
const served = async (next: { status: number; headers: OutgoingHttpHeaders }) => {
  const now = { at: start }
  const notebook = createWireNotebook()
  const upstream = await startUpstream(response => response.writeHead(next.status, next.headers).end('{}'))
  const metered = await startMetered({
    clock: () => now.at,
    rests: (grant, waitMs) => notebook.rests(grant, now.at + waitMs),
  })
  open.push(metered.gateway, upstream)
  const ask = async (wire: (typeof wires)[number], more: Partial<Grant> = {}, model = 'm') => {
    const grant = grantFor(wire.provider, upstream.origin, more)
    const token = metered.gateway.issueToken(grant)
    const answer = await post(
      metered.gateway.origin + wire.path,
      wire.header(token),
      wire.provider === 'google' ? {} : { model },
    )
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text(), grant }
  }
  return { ...metered, upstream, now, ask, notebook }
}

const otherLogin = { credential: { kind: 'key' as const, read: async () => 'sk-another' } }
const withoutLogin = { credential: { kind: 'none' as const, read: async () => '' } }

test.each(wires)('$provider: after a 429 no request leaves until its retry-after is over', async wire => {
  const next = { status: 429, headers: { 'retry-after': '30' } as OutgoingHttpHeaders }
  const { ask, now, upstream, records, notebook } = await served(next)
  expect(await ask(wire)).toMatchObject({ status: 429, retryAfter: '30' })
  next.status = 200
  next.headers = {}
  now.at += 10_000
  const early = await ask(wire)
  expect(early).toMatchObject({ status: 429, retryAfter: '20' })
  expect(early.text).toContain(`AgentLab: ${wire.provider} asked to be left alone; try again in 20s`)
  // The word would be taken for the run's own limit.
  expect(early.text).not.toMatch(/\blimit\b/)
  expect(notebook.of(early.grant).retryAt).toBe(start + 30_000)
  expect(upstream.seen).toHaveLength(1)
  expect(records).toHaveLength(1)
  now.at += 20_000
  expect((await ask(wire)).status).toBe(200)
  expect(upstream.seen).toHaveLength(2)
})

test('Google asks for a rest in the body of its 429, and it is heard', async () => {
  const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.2s' }
  const upstream = await startUpstream(response =>
    response.writeHead(429).end(JSON.stringify({ error: { code: 429, details: [{ '@type': 'x' }, retry] } })),
  )
  const { gateway, metered } = await startMetered({ clock: () => start })
  open.push(gateway, upstream)
  const header = { 'x-goog-api-key': gateway.issueToken(grantFor('google', upstream.origin)) }
  const ask = () => post(`${gateway.origin}/google/v1beta/models/g:generateContent`, header, {})
  expect((await ask()).status).toBe(429)
  expect((await metered(1))[0]).toMatchObject({ retryAfterMs: 34_200 })
  expect((await ask()).headers.get('retry-after')).toBe('35')
  expect(upstream.seen).toHaveLength(1)
})

test.each([
  '',
  '{}',
  '[1]',
  '{"error":{"details":[{"@type":"x/google.rpc.RetryInfo","retryDelay":"-5s"}]}}',
  '{"error":{"details":[{"retryDelay":"5s"}]}}',
])('a body that asks for no rest asks for none: %s', body => {
  expect(retryInfoMs(body)).toBeNull()
})

test('another login, another model, and what asks without a login are not held back', async () => {
  const next = { status: 429, headers: { 'retry-after': '30' } }
  const { ask, upstream } = await served(next)
  await ask(wires[0])
  next.status = 200
  expect((await ask(wires[0], otherLogin)).status).toBe(200)
  expect((await ask(wires[0], {}, 'another')).status).toBe(200)
  expect((await ask(wires[0], withoutLogin)).status).toBe(200)
  expect((await ask(wires[0])).status).toBe(429)
  expect(upstream.seen).toHaveLength(4)
})

test('a good answer that says that nothing remains holds the next request back until the reset', async () => {
  const next = {
    status: 200,
    headers: {
      date: new Date(start).toUTCString(),
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:08Z',
    },
  }
  const { ask, now, upstream } = await served(next)
  expect((await ask(wires[0])).status).toBe(200)
  expect(await ask(wires[0])).toMatchObject({ status: 429, retryAfter: '8' })
  now.at += 8_000
  expect((await ask(wires[0])).status).toBe(200)
  expect(upstream.seen).toHaveLength(2)
})

test('counting tokens has a limit of its own, and is not held back', async () => {
  const { ask, upstream } = await served({ status: 429, headers: { 'retry-after': '30' } })
  await ask(wires[0])
  const counting = { ...wires[0], path: '/anthropic/v1/messages/count_tokens' } as unknown as (typeof wires)[number]
  await ask(counting)
  await ask(counting)
  expect(upstream.seen).toHaveLength(3)
})

test('headers nobody knows hold nothing back and are passed on', async () => {
  const headers = { 'x-provider-quota-left': '0', 'anthropic-ratelimit-unified-status': 'allowed_warning' }
  const upstream = await startUpstream(response => response.writeHead(200, headers).end('{}'))
  const { gateway } = await startMetered()
  open.push(gateway, upstream)
  const header = { 'x-api-key': gateway.issueToken(grantFor('anthropic', upstream.origin)) }
  for (let i = 0; i < 2; i++) {
    const answer = await post(`${gateway.origin}/anthropic/v1/messages`, header)
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toMatchObject(headers)
  }
})

const spent = (reset: string) => ({
  'anthropic-ratelimit-tokens-remaining': '0',
  'anthropic-ratelimit-tokens-reset': reset,
})

test.each([
  ['a date an hour in the past', 429, { 'retry-after': 'Wed, 31 Dec 2025 23:00:00 GMT' }, 0],
  ['a date to come', 429, { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 9_000],
  [
    'a date of a provider whose clock is a day ahead',
    503,
    { 'retry-after': 'Fri, 02 Jan 2026 00:00:09 GMT', date: 'Fri, 02 Jan 2026 00:00:00 GMT' },
    9_000,
  ],
  [
    'a reset of a provider whose clock is a day behind',
    200,
    { ...spent('2025-12-31T00:00:07Z'), date: 'Wed, 31 Dec 2025 00:00:00 GMT' },
    7_000,
  ],
  ['a reset in the past', 200, spent('2025-12-31T00:00:00Z'), 0],
  ['a reset that is no date', 200, spent('soon'), 0],
  ['a number of seconds below zero', 429, { 'retry-after': '-5' }, 0],
  ['seconds nobody can count', 429, { 'retry-after': '1e9' }, 0],
  ['an overload', 529, { 'retry-after': '2' }, 2_000],
  ['a refused login', 401, { 'retry-after': '30' }, 0],
  [
    'a limit of OpenAI’s',
    200,
    { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1m0.5s' },
    60_500,
  ],
])('%s (%i %j) means a rest of %s ms', (_what, status, headers, expected) => {
  expect(restMs(status, headers, start)).toBe(expected)
})

describe('what is remembered', () => {
  test('ends at the latest after ten minutes, whatever a provider or the clock says', () => {
    const waits = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e15, Number.POSITIVE_INFINITY))
    fc.assert(
      fc.property(waits, fc.integer({ min: -1e12, max: 1e12 }), (wait, jump) => {
        let now = start
        const resting = createResting(() => now)
        resting.note('a', wait)
        now += jump
        expect(resting.left('a')).toBeGreaterThanOrEqual(0)
        expect(resting.left('a')).toBeLessThanOrEqual(longestRestMs)
        now = Math.max(now, start) + longestRestMs
        expect(resting.left('a')).toBe(0)
      }),
    )
  })

  test('is the longer of two waits', () => {
    const resting = createResting(() => start)
    resting.note('a', 5_000)
    resting.note('a', 1_000)
    expect(resting.left('a')).toBe(5_000)
    resting.note('a', 9_000)
    expect(resting.left('a')).toBe(9_000)
  })

  test('is bounded: the oldest of too many is forgotten', () => {
    const resting = createResting(() => start)
    for (let i = 0; i < 5_000; i++) resting.note(`login ${i}`, 60_000)
    expect(resting.left('login 0')).toBe(0)
    expect(resting.left('login 4999')).toBe(60_000)
  })
})

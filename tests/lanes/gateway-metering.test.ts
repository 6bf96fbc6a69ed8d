import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { MarkedEvents } from '../../src/lanes/gateway/marked-events.ts'
import { retryAfterMs } from '../../src/lanes/gateway/rate-limit.ts'
import { EventSplitter } from '../../src/lanes/gateway/sse.ts'
import { usageReader } from '../../src/lanes/gateway/usage.ts'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { startRehearsal } from '../../src/rehearsal/server.ts'
import { grantFor, post, startMetered, startUpstream, wires } from './upstream.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

const sse = (events: unknown[]): string => events.map(event => `data: ${JSON.stringify(event)}\n\n`).join('')

const streamed: Record<string, string> = {
  anthropic: sse([
    {
      type: 'message_start',
      message: {
        usage: { input_tokens: 100, cache_read_input_tokens: 800, cache_creation_input_tokens: 50, output_tokens: 1 },
      },
    },
    { type: 'content_block_delta', delta: { text: 'the "usage": {"input_tokens": 9} of words' } },
    { type: 'message_delta', delta: {}, usage: { output_tokens: 20 } },
    { type: 'message_delta', delta: {}, usage: { output_tokens: 45 } },
    { type: 'message_stop' },
  ]),
  openai: sse([
    { type: 'response.created', response: { usage: null } },
    {
      type: 'response.completed',
      response: { usage: { input_tokens: 950, input_tokens_details: { cached_tokens: 800 }, output_tokens: 45 } },
    },
  ]),
  google: sse([
    {
      candidates: [{}],
      usageMetadata: { promptTokenCount: 950, cachedContentTokenCount: 800, candidatesTokenCount: 5 },
    },
    {
      candidates: [{}],
      usageMetadata: {
        promptTokenCount: 950,
        cachedContentTokenCount: 800,
        candidatesTokenCount: 35,
        thoughtsTokenCount: 10,
      },
    },
  ]),
}

const whole: Record<string, unknown> = {
  anthropic: {
    content: [],
    usage: { input_tokens: 100, cache_read_input_tokens: 800, cache_creation_input_tokens: 50, output_tokens: 45 },
  },
  openai: { output: [], usage: { input_tokens: 950, input_tokens_details: { cached_tokens: 800 }, output_tokens: 45 } },
  google: {
    candidates: [],
    usageMetadata: {
      promptTokenCount: 950,
      cachedContentTokenCount: 800,
      candidatesTokenCount: 35,
      thoughtsTokenCount: 10,
    },
  },
}

const through = async (provider: (typeof wires)[number], contentType: string, body: string) => {
  const upstream = await startUpstream(response => response.writeHead(200, { 'content-type': contentType }).end(body))
  const { gateway, metered } = await startMetered()
  open.push(gateway, upstream)
  const token = gateway.issueToken(grantFor(provider.provider, upstream.origin))
  const answer = await post(gateway.origin + provider.path, provider.header(token), { model: 'gemini-2.5-pro' })
  expect(await answer.text()).toBe(body)
  return (await metered(1))[0]
}

test.each(wires)('$provider: counts a stream from its wire', async wire => {
  const record = await through(wire, 'text/event-stream; charset=utf-8', streamed[wire.provider]!)
  expect(record).toMatchObject({
    model: 'gemini-2.5-pro',
    status: 200,
    input: 950,
    cached: 800,
    output: 45,
    aborted: false,
  })
})

test.each(wires)('$provider: counts one JSON answer', async wire => {
  const record = await through(wire, 'application/json', JSON.stringify(whole[wire.provider]))
  expect(record).toMatchObject({ input: 950, cached: 800, output: 45, aborted: false })
})

test('an answer without usage is not measured, which is not zero', async () => {
  const record = await through(wires[0], 'application/json', '{"content":[]}')
  expect(record).toMatchObject({ input: null, cached: null, output: null })
})

test('counting tokens is free and still counted as a request', async () => {
  const counting = { ...wires[0], path: '/anthropic/v1/messages/count_tokens' } as unknown as (typeof wires)[number]
  const record = await through(counting, 'application/json', '{"input_tokens":5}')
  expect(record).toMatchObject({ status: 200, input: 0, cached: 0, output: 0 })
})

test('usage is read from events far over the bound, and a model’s own words can’t fake it', () => {
  const text = `${'x'.repeat(3_000_000)} "usage":{"input_tokens":1,"output_tokens":1}`
  const usage = { input_tokens: 950, input_tokens_details: { cached_tokens: 800 }, output_tokens: 45 }
  const data = sse([{ type: 'response.completed', response: { output: [{ text }], usage } }])
  const reader = usageReader('openai', 'text/event-stream')
  for (let at = 0; at < data.length; at += 60_000) reader.push(Buffer.from(data.slice(at, at + 60_000)))
  expect(reader.finish()).toEqual({ input: 950, cached: 800, output: 45 })
})

test('events come out the same however the bytes are cut', () => {
  const text =
    'event: a\r\ndata: {"a":1}\r\n\r\n: comment\ndata:{"ü":"€"}\nid: 4\n\ndat: no\n\ndata: {"b":\ndata: 2}\n\n'
  const bytes = Buffer.from(text)
  const split = (cuts: number[]) => {
    const found: unknown[] = []
    const splitter = new EventSplitter(({ data }) => found.push(JSON.parse(data)))
    const at = [0, ...cuts.map(cut => cut % bytes.length).sort((a, b) => a - b), bytes.length]
    at.slice(1).forEach((end, i) => {
      splitter.push(bytes.subarray(at[i], end))
    })
    return found
  }
  expect(split([])).toEqual([{ a: 1 }, { ü: '€' }, { b: 2 }])
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 40 }), cuts => {
      expect(split(cuts)).toEqual(split([]))
    }),
  )
})

test('events that are looked for are found however the bytes are cut, whatever stands between and however long it is', () => {
  const plain = fc.constantFrom(
    'data: {"x":1}\n\n',
    'event: a\r\ndata: {"ü":"€"}\r\n\r\n',
    `data: {"long":"${'x'.repeat(70_000)}"}\n\n`,
  )
  const marked = fc.nat().map(n => `data: {"usage":${n}}\n\n`)
  const long = fc.nat().map(n => `data: {"pad":"${'x'.repeat(70_000)}","usage":${n}}\r\n\r\n`)
  const stream = fc.array(fc.oneof({ weight: 4, arbitrary: plain }, { weight: 2, arbitrary: marked }, long), {
    maxLength: 12,
  })
  const usages = (bytes: Buffer, cuts: number[]): unknown[] => {
    const found: unknown[] = []
    const events = new MarkedEvents('usage"', ({ data }) => {
      const { usage } = JSON.parse(data) as { usage?: number }
      if (usage !== undefined) found.push(usage)
    })
    const at = [0, ...cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
    for (const [i, end] of at.slice(1).entries()) events.push(bytes.subarray(at[i], end))
    return found
  }
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 30 }), (events, cuts) => {
      const expected = events.flatMap(event => /"usage":(\d+)/.exec(event)?.[1] ?? []).map(Number)
      expect(usages(Buffer.from(events.join('')), cuts)).toEqual(expected)
    }),
  )
})

test('a reader of usage takes any bytes without throwing', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom('text/event-stream', 'application/json'),
      (bytes, type) => {
        for (const wire of ['anthropic', 'openai', 'google'] as const) {
          const reader = usageReader(wire, type)
          reader.push(Buffer.from('data: {"usage":'))
          reader.push(Buffer.from(bytes))
          reader.push(Buffer.from('\n\n'))
          expect(reader.finish()).toEqual({ input: null, cached: null, output: null })
        }
      },
    ),
  )
})

const now = Date.parse('2026-01-01T00:00:00Z')
test.each([
  [429, { 'retry-after': '2' }, 2000],
  [529, { 'retry-after': '0.5' }, 500],
  [429, { 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
  [503, { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, 60_000],
  [
    429,
    { 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:30Z' },
    30_000,
  ],
  [429, { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m30.5s' }, 90_500],
  [429, { 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': '1m' }, null],
  [200, { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m' }, null],
  [500, {}, null],
  [429, { 'retry-after': 'soon' }, null],
])('status %i with %j says to wait %s ms', (status, headers, expected) => {
  expect(retryAfterMs(status, headers as Record<string, string>, now)).toBe(expected)
})

test('a provider’s wait is metered and passed on to the client', async () => {
  const upstream = await startUpstream(response => response.writeHead(429, { 'retry-after': '3' }).end('{}'))
  const { gateway, metered } = await startMetered()
  open.push(gateway, upstream)
  const token = gateway.issueToken(grantFor('anthropic', upstream.origin))
  const answer = await post(`${gateway.origin}/anthropic/v1/messages`, { 'x-api-key': token })
  expect(answer.headers.get('retry-after')).toBe('3')
  expect((await metered(1))[0]).toMatchObject({ status: 429, input: null, retryAfterMs: 3000, aborted: false })
})

test('the official SDK works through it, streaming and not, and each request is metered once', async () => {
  const rehearsal = await startRehearsal(
    parseScenario('defaults: { planner: { steps: [{ say: Here it is. }] } }', 'sdk.yaml'),
    { identity: { role: 'planner' } },
  )
  const { gateway, metered, records } = await startMetered()
  open.push(gateway, rehearsal)
  const apiKey = gateway.issueToken(grantFor('anthropic', rehearsal.origin, { worker: null, role: 'planner' }))
  const client = new Anthropic({ apiKey, baseURL: `${gateway.origin}/anthropic`, maxRetries: 0 })
  const request = {
    model: 'claude-sonnet-4-5',
    max_tokens: 2000,
    messages: [{ role: 'user' as const, content: 'Plan this.' }],
  }
  const message = await client.messages.create(request)
  expect(message.content).toEqual([{ type: 'text', text: 'Here it is.' }])
  const final = await client.messages.stream(request).finalMessage()
  expect(final.content).toEqual([{ type: 'text', text: 'Here it is.' }])
  await metered(2)
  for (const [record, { usage }] of [
    [records[0], message],
    [records[1], final],
  ] as const) {
    expect(record).toMatchObject({ input: usage.input_tokens, output: usage.output_tokens, aborted: false })
  }
  const tokens = await client.messages.countTokens({ model: request.model, messages: request.messages })
  expect(tokens.input_tokens).toBeGreaterThan(0)
  expect(await metered(3)).toHaveLength(3)
})

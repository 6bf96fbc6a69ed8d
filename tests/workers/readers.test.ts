import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProcessEnd } from '../../src/domain/attempt.ts'
import { WorkerName } from '../../src/domain/lane.ts'
import { WorkerEvent } from '../../src/domain/worker-event.ts'
import { workers } from '../../src/workers/registry.ts'

const ended = (change: Partial<ProcessEnd> = {}): ProcessEnd => ({
  exitCode: 0,
  signal: null,
  stopped: null,
  startedAt: 0,
  endedAt: 5_000,
  ...change,
})

const read = (worker: WorkerName, lines: unknown[], schema: Record<string, unknown> | null = null) => {
  const reader = workers[worker].reader({ schema, resume: null })
  const events = lines.flatMap(line => reader.read(typeof line === 'string' ? line : JSON.stringify(line)))
  return { reader, events }
}

const usage = { total_tokens: 30, input_tokens: 20, output_tokens: 10, cached: 0 }
/** The shortest stream that is a success. */
const success: Record<WorkerName, unknown[]> = {
  claude: [{ type: 'result', subtype: 'success', is_error: false, result: 'done' }],
  codex: [
    { type: 'item.completed', item: { id: 'item_0', type: 'agent_message', text: 'done' } },
    { type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 1 } },
  ],
  gemini: [
    { type: 'message', role: 'assistant', content: 'do', delta: true },
    { type: 'message', role: 'assistant', content: 'ne', delta: true },
    { type: 'result', status: 'success', stats: usage },
  ],
  local: [{ type: 'closed', end: 'answered', text: 'done', usage: { input: 1, cached: 0, output: 1 } }],
}

describe.each(WorkerName.options)('the reader of %s', worker => {
  it('never throws and never believes in success without a closing event', () => {
    const types = [
      'system',
      'assistant',
      'user',
      'result',
      'item.started',
      'item.completed',
      'error',
      'message',
      'init',
    ]
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ type: fc.constantFrom(...types), item: fc.anything(), message: fc.anything() }).map(value => {
        try {
          return JSON.stringify(value)
        } catch {
          return ''
        }
      }),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), lines => {
        const { reader, events } = read(worker, lines)
        for (const event of events) expect(WorkerEvent.safeParse(event).success).toBe(true)
        expect(reader.conclude(ended(), '').outcome).toBe('failed')
      }),
      { numRuns: 300 },
    )
  })

  it('survives a line nested so deeply that nothing can walk it', () => {
    const deep = `{"type":"assistant","message":${'['.repeat(200_000)}`
    expect(read(worker, [deep]).events).toMatchObject([{ type: 'unknown' }])
  })

  it('believes a closing event only together with exit 0', () => {
    expect(read(worker, success[worker]).reader.conclude(ended(), '')).toMatchObject({
      outcome: 'answered',
      text: 'done',
    })
    const killed = read(worker, success[worker]).reader.conclude(ended({ exitCode: 137 }), '')
    expect(killed).toMatchObject({ outcome: 'failed', class: 'crashed' })
    const none = read(worker, []).reader.conclude(ended(), '')
    expect(none).toMatchObject({ outcome: 'failed', class: 'crashed', usage: { input: null } })
  })

  it.each([
    ['stalled', 'stalled'],
    ['timedOut', 'timedOut'],
    ['limit', 'limit'],
    ['cancelled', 'interrupted'],
  ] as const)('says %s of a process we stopped for that as %s', (stopped, failureClass) => {
    const end = read(worker, []).reader.conclude(ended({ exitCode: null, signal: 'SIGKILL', stopped }), '')
    expect(end).toMatchObject({ outcome: 'failed', class: failureClass })
  })

  it('finds the JSON asked for in a fenced block, and says malformed when there is none', () => {
    const withText = (text: string) =>
      JSON.parse(JSON.stringify(success[worker]).replaceAll('"done"', JSON.stringify(text)))
    if (worker !== 'gemini') {
      const fenced = read(worker, withText('Here:\n```json\n{"a":1}\n```\n'), {}).reader.conclude(ended(), '')
      expect(fenced).toMatchObject({ outcome: 'answered', structured: { a: 1 } })
    }
    expect(read(worker, success[worker], {}).reader.conclude(ended(), '')).toMatchObject({ class: 'malformed' })
  })
})

describe('the gateway’s own refusal at a limit', () => {
  const message = 'AgentLab: the limit of 400000 tokens for this run is reached'
  it.each([
    [
      'claude',
      [
        {
          type: 'result',
          subtype: 'success',
          is_error: true,
          api_error_status: 403,
          result: `API Error: 403 ${message}`,
        },
      ],
    ],
    ['codex', [{ type: 'turn.failed', error: { message: `{"error":{"message":"x","code":"agentlab_limit"}}` } }]],
    [
      'gemini',
      [{ type: 'result', status: 'error', error: { message: `{"error":{"code":403,"message":"${message}"}}` } }],
    ],
  ] as const)('is a limit for %s, not a failed login', (worker, lines) => {
    expect(read(worker, [...lines]).reader.conclude(ended({ exitCode: 1 }), '')).toMatchObject({ class: 'limit' })
  })
})

it('keeps when a Claude subscription’s limit ends', () => {
  const lines = [
    { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1_795_000_000 } },
    { type: 'result', subtype: 'success', is_error: true, api_error_status: 429, result: 'You have hit your limit' },
  ]
  const end = read('claude', lines).reader.conclude(ended({ exitCode: 1 }), '')
  expect(end).toMatchObject({ class: 'rateLimit', retryAt: 1_795_000_000_000 })
})

/** What is said of a local attempt that was stopped for its silence. */
import { expect, test } from 'vitest'
import type { ProcessEnd } from '../../src/domain/attempt.ts'
import { local } from '../../src/workers/local.ts'

const stalled = { exitCode: null, signal: 'SIGKILL', stopped: 'stalled', endedAt: 1_000 } as unknown as ProcessEnd
const waiting = (detail: string | null): string => JSON.stringify({ type: 'waiting', detail })
const first = "the first piece of m's answer to about 9,000 tokens"
const retry = JSON.stringify({ type: 'retry', status: 503, detail: '503 loading', retryInMs: 500 })

test.each([
  [
    'what it waited for, and what to set',
    [waiting(first)],
    'stalled',
    /waited for the first piece of m's answer .*silenceMinutes/,
  ],
  ['nothing where it waited for nothing', [waiting(first), waiting(null)], 'stalled', /^stopped: stalled$/],
  [
    "the server's reason where it was trying again",
    [waiting(first), waiting(null), retry],
    'overloaded',
    /503 loading/,
  ],
])('%s', (_, lines, failureClass, detail) => {
  const reader = local.reader({ schema: null, resume: null })
  // A line that explains a silence is no sign of life.
  for (const line of lines) if (line !== retry) expect(reader.read(line)).toEqual([])
  if (lines.includes(retry)) reader.read(retry)
  expect(reader.conclude(stalled, '')).toMatchObject({ class: failureClass, detail: expect.stringMatching(detail) })
})

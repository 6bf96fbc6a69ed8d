/** Builds verifier transcripts for tests: the events a stream would give and the end an adapter would conclude. */
import { type AttemptEnd, type FailureClass, unmeasured } from '../../src/domain/attempt.ts'
import type { VerifierAnswer } from '../../src/domain/verdict.ts'
import type { WorkerEvent } from '../../src/domain/worker-event.ts'

export const tip = 'a'.repeat(40)
export const otherTip = 'b'.repeat(40)
export const diffPath = '/seat/out/change.diff'
export const changedFiles = ['src/greet.ts', 'tests/greet.test.ts']

type AnswerInput = Partial<Omit<VerifierAnswer, 'findings'>> & { findings?: unknown[] }

export const answer = (over: AnswerInput = {}): Record<string, unknown> => ({
  commit: tip,
  verdict: 'pass',
  summary: 'It holds.',
  examined: [{ path: 'src/greet.ts', what: 'the change' }],
  ran: [{ command: 'npm test', exitCode: 0 }],
  findings: [],
  ...over,
})

export const blocking = { claim: 'greet("") throws', severity: 'blocking', file: 'src/greet.ts', line: 3 }
export const minor = { claim: 'a typo', severity: 'minor' }

interface CallResult {
  output?: string
  ok?: boolean | null
  exitCode?: number | null
}

let calls = 0

export const call = (tool: string, input: string, result: CallResult | 'open' = {}): WorkerEvent[] => {
  const id = `call-${calls++}`
  const started: WorkerEvent = { type: 'tool.started', id, tool, input }
  if (result === 'open') return [started]
  const { output = 'some output', ok = true, exitCode = 0 } = result
  return [started, { type: 'tool.finished', id, ok, exitCode, output }]
}

export const read = call('Read', diffPath, { exitCode: null })
export const ran = call('Bash', 'npm test -- --run', { output: '12 passed' })
export const looked = [...read, ...ran]

export const said = (text: string): WorkerEvent => ({ type: 'text', text })

/** An end whose answer came as text; an object is written as JSON. */
export const answered = (given: unknown): AttemptEnd => ({
  outcome: 'answered',
  text: typeof given === 'string' ? given : JSON.stringify(given),
  sessionId: null,
  usage: unmeasured,
})

/** An end whose answer came through the CLI's own schema flag. */
export const structured = (given: unknown, text = JSON.stringify(given)): AttemptEnd => ({
  outcome: 'answered',
  text,
  structured: given,
  sessionId: null,
  usage: unmeasured,
})

export const failed = (failure: FailureClass): AttemptEnd => ({
  outcome: 'failed',
  class: failure,
  detail: '',
  retryAt: null,
  sessionId: null,
  usage: unmeasured,
})

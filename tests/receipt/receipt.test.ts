import { expect, test } from 'vitest'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { renderSummary } from '../../src/domain/receipt-summary.ts'
import { attempt, erased, revised, view, waiting } from './views.ts'

const planning = () =>
  view({
    state: 'planning',
    outcome: null,
    endedAt: null,
    base: null,
    planOrigin: null,
    planSummary: null,
    tasks: [],
    costs: [],
    launches: [],
    spending: { requests: 0, tokens: 0, unmeasured: 0 },
  })

test.each([
  ['a run that went through at once', view()],
  ['a rehearsed run with a finding that was answered', revised()],
  ['a run that waits for the operator', waiting()],
  ['a run whose words were erased', erased()],
  ['a run that has only begun', planning()],
])('the receipt and the summary of %s', (_, run) => {
  expect(`${renderReceipt(run)}\n=== summary ===\n${renderSummary(run)}`).toMatchSnapshot()
})

test('the summary of a finished run ends with the promote line', () => {
  expect(renderSummary(view()).split('\n').at(-1)).toBe('Next: look it over, then, at your terminal: promote <tag>')
})

test('the summary of a waiting run says what waits and the line to type', () => {
  const text = renderSummary(waiting())
  expect(text).toContain('Task 1 waits: all attempts are used')
  expect(text).toContain('agentlab resume k3m9q2x7')
  expect(text).not.toContain('promote')
})

test('the summary of a waiting run says why the last attempt failed, without what could steer a terminal', () => {
  const [first, ...others] = waiting().tasks
  const error = '404 model \u001b[2J"other:7b" not found: ollama pull other:7b'
  const task = { ...first!, waitReason: 'loginNeeded' as const, attempts: [attempt({ worker: 'local', error })] }
  const lines = renderSummary({ ...waiting(), tasks: [task, ...others] }).split('\n')
  const at = lines.findIndex(line => line.startsWith('Task 1 waits: an agent is not logged in'))
  expect(lines[at + 1]).toBe('  | local: 404 model "other:7b" not found: ollama pull other:7b')
})

test('a question has nobody who planned it, and no forecast', () => {
  const forecast = {
    ...{ tasks: 1, atOnce: 1, places: 3, rounds: 1, parallelMs: null, oneWorkerMs: null },
    ...{ parallelTokens: null, oneWorkerTokens: null, samples: 0, rehearsed: false, conflicts: [], withoutPaths: 0 },
    ...{ advice: 'oneWorker' as const, reason: 'oneTask' as const },
  }
  const receiptOf = (purpose: 'work' | 'ask') =>
    renderReceipt(view({ planOrigin: 'file', planning: { ...view().planning, forecast, purpose } }))
  expect(receiptOf('ask')).toContain('A question, which nobody had to plan.')
  expect(receiptOf('ask')).not.toContain('Advice:')
  expect(receiptOf('work')).toContain('Advice:')
})

test('the summary of many tasks stays short', () => {
  const tasks = Array.from({ length: 30 }, (_, index) => ({
    ...view().tasks[0]!,
    taskId: `k3m9q2x7-${index + 1}`,
    number: index + 1,
  }))
  const lines = renderSummary(view({ tasks })).split('\n')
  expect(lines.length).toBeLessThanOrEqual(14)
  expect(lines).toContain('  … and 22 tasks more')
})

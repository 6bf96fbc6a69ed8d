import { expect, test } from 'vitest'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { renderSummary } from '../../src/domain/receipt-summary.ts'
import { erased, revised, view, waiting } from './views.ts'

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

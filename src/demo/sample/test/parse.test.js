import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLog } from '../src/parse.js'

test('reads entries and passes over comments and blank lines', () => {
  const entries = parseLog('# March\n\n2026-03-02 1h30m kick-off\n')
  assert.deepEqual(entries, [{ day: '2026-03-02', minutes: 90, what: 'kick-off' }])
})

test('names the line that is wrong', () => {
  assert.throws(() => parseLog('2026-03-02 1h a\n2026-03-03 soon b\n'), /line 2/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration, parseDuration } from '../src/duration.js'

test('reads hours and minutes', () => {
  assert.equal(parseDuration('1h30m'), 90)
  assert.equal(parseDuration('45m'), 45)
  assert.equal(parseDuration('2h'), 120)
})

test('refuses what is no duration', () => {
  for (const text of ['', '90', '1.5h', '-1h', '1h 30m']) assert.throws(() => parseDuration(text), RangeError)
})

test('writes the shortest form', () => {
  assert.deepEqual([0, 45, 60, 90].map(formatDuration), ['0m', '45m', '1h', '1h30m'])
})

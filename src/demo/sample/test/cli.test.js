import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const worklog = (...args) => spawnSync(process.execPath, ['bin/worklog.js', ...args], { encoding: 'utf8' })

test('lists the entries and their total', () => {
  const { status, stdout } = worklog('examples/march.log')
  assert.equal(status, 0)
  assert.match(stdout, /2026-03-03 {2}2h +import of the old records/)
  assert.match(stdout, /^total +6h15m$/m)
})

test('says how it is used', () => {
  assert.equal(worklog().status, 2)
  assert.match(worklog('--help').stdout, /^Usage: worklog/)
})

test('says which file it cannot read', () => {
  const { status, stderr } = worklog('no-such.log')
  assert.equal(status, 1)
  assert.match(stderr, /no-such\.log/)
})

import { expect, test } from 'vitest'
import type { WorkerName } from '../../src/domain/lane.ts'
import { chooseVerifier } from '../../src/verifier/choose-verifier.ts'

const all: WorkerName[] = ['claude', 'codex', 'gemini']

test.each([
  ['takes the first worker of another vendor', 'claude', all, [], 'vendor', { worker: 'codex', sameVendor: false }],
  [
    'keeps to the order of preference',
    'codex',
    ['gemini', 'claude', 'codex'],
    [],
    'vendor',
    { worker: 'gemini', sameVendor: false },
  ],
  [
    'passes over those whose answers did not count',
    'claude',
    all,
    ['codex'],
    'vendor',
    { worker: 'gemini', sameVendor: false },
  ],
  ['has nobody when only the author is left', 'claude', ['claude'], [], 'vendor', null],
  [
    'takes the author in a new session where that is allowed',
    'claude',
    ['claude'],
    [],
    'session',
    { worker: 'claude', sameVendor: true },
  ],
  ['prefers another vendor even under session', 'claude', all, [], 'session', { worker: 'codex', sameVendor: false }],
  [
    'falls back to the same vendor once the others are used up',
    'claude',
    all,
    ['codex', 'gemini'],
    'session',
    { worker: 'claude', sameVendor: true },
  ],
  ['has nobody when all are used up', 'claude', all, all, 'session', null],
  ['has nobody when none is available', 'gemini', [], [], 'session', null],
] as const)('%s', (_, author, available, avoid, independence, expected) => {
  expect(chooseVerifier({ author, available, avoid, independence })).toEqual(expected)
})

import { expect, test } from 'vitest'
import type { Answerer } from '../../src/domain/answerer.ts'
import type { WorkerName } from '../../src/domain/lane.ts'
import { chooseVerifier } from '../../src/verifier/choose-verifier.ts'

const own = (model: string): Answerer => ({ provider: 'local', model })
const vendors: Record<WorkerName, Answerer> = {
  claude: { provider: 'anthropic', model: null },
  codex: { provider: 'openai', model: 'gpt-5.5' },
  gemini: { provider: 'google', model: 'gemini-2.5-pro' },
  local: own('qwen3:8b'),
}
const all: WorkerName[] = ['claude', 'codex', 'gemini']

type Row = [
  name: string,
  question: {
    author: WorkerName
    available: readonly WorkerName[]
    avoid?: readonly WorkerName[]
    independence?: 'vendor' | 'session'
    /** Who answers instead of the vendors. */
    answerers?: Partial<Record<WorkerName, Answerer>>
  },
  expected: [WorkerName, 'same vendor' | 'same model' | null] | null,
]

test.each<Row>([
  ['takes the first worker of another vendor', { author: 'claude', available: all }, ['codex', null]],
  ['keeps to the order of preference', { author: 'codex', available: ['gemini', 'claude', 'codex'] }, ['gemini', null]],
  [
    'passes over those whose answers did not count',
    { author: 'claude', available: all, avoid: ['codex'] },
    ['gemini', null],
  ],
  ['has nobody when only the author is left', { author: 'claude', available: ['claude'] }, null],
  [
    'takes the author in a new session where that is allowed',
    { author: 'claude', available: ['claude'], independence: 'session' },
    ['claude', 'same vendor'],
  ],
  [
    'prefers another vendor even under session',
    { author: 'claude', available: all, independence: 'session' },
    ['codex', null],
  ],
  [
    'falls back to the same vendor once the others are used up',
    { author: 'claude', available: all, avoid: ['codex', 'gemini'], independence: 'session' },
    ['claude', 'same vendor'],
  ],
  ['has nobody when all are used up', { author: 'claude', available: all, avoid: all, independence: 'session' }, null],
  ['has nobody when none is available', { author: 'gemini', available: [], independence: 'session' }, null],
  [
    'knows a model by its name, whatever program asks it',
    { author: 'local', available: ['codex'], independence: 'session', answerers: { codex: own('qwen3:8b') } },
    ['codex', 'same model'],
  ],
  [
    "prefers another model on the operator's servers to the author's own",
    {
      author: 'local',
      available: ['local', 'codex'],
      independence: 'session',
      answerers: { codex: own('gpt-oss:20b') },
    },
    ['codex', 'same vendor'],
  ],
  [
    "has nobody where all ask the operator's servers and another vendor is wanted",
    { author: 'codex', available: ['local', 'codex'], answerers: { codex: own('gpt-oss:20b') } },
    null,
  ],
  [
    "takes a program on the operator's server for another vendor than its maker's",
    { author: 'claude', available: ['claude', 'codex'], answerers: { claude: own('qwen3:8b') } },
    ['codex', null],
  ],
  [
    'takes two names of one vendor for two models',
    {
      author: 'claude',
      available: ['codex'],
      independence: 'session',
      answerers: { claude: own('qwen3:8b'), codex: own('qwen3:14b') },
    },
    ['codex', 'same vendor'],
  ],
])('%s', (_, { author, available, avoid = [], independence = 'vendor', answerers = {} }, expected) => {
  const at = (worker: WorkerName) => ({ worker, answerer: answerers[worker] ?? vendors[worker] })
  const chosen = chooseVerifier({ author: at(author), available: available.map(at), avoid, independence })
  expect(chosen === null ? null : [chosen.worker, chosen.nearness]).toEqual(expected)
})

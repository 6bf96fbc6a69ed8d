/** The table of lanes with the operator's words over it: no words can open what is shut. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { AgentLabError } from '../../src/domain/errors.ts'
import { Lane, Provider, vendorOf, WorkerName } from '../../src/domain/lane.ts'
import { answererOf } from '../../src/lanes/answerer.ts'
import { modelsFor, policyOf, workerRefusal } from '../../src/lanes/policy.ts'

const configOf = (operator = '') =>
  parseConfig({
    repository: { path: '/repo/agentlab.yaml', text: '', exists: true },
    operator: { path: '/home/o/config.yaml', text: operator, exists: true },
  }).effective

test('the shipped table', () => {
  const config = configOf()
  const rows = Lane.options.map(lane => {
    const { providers, workers, unboxed, logged, notified, retentionDays } = policyOf(lane, config)
    return [lane, providers.join(' '), workers.length, unboxed, logged, notified, retentionDays]
  })
  expect(rows).toEqual([
    ['enterprise', 'anthropic local', 4, false, 'words', 'facts', null],
    ['personal', 'anthropic google local', 4, false, 'words', 'words', null],
    ['private', 'local', 4, false, 'facts', 'facts', 7],
  ])
})

/** Whatever the file says: where it is read at all, the walls stand. */
const laneSetting = fc.record(
  {
    providers: fc.uniqueArray(fc.constantFrom(...Provider.options), { minLength: 1 }),
    workers: fc.uniqueArray(fc.constantFrom(...WorkerName.options), { minLength: 1 }),
    unboxed: fc.boolean(),
    registries: fc.array(fc.constantFrom('packages.example', 'packages.example:1'), { maxLength: 2 }),
  },
  { requiredKeys: [] },
)

test('no configuration opens private to anybody, or enterprise to others than Anthropic', () => {
  const settings = fc.record(
    { personal: laneSetting, enterprise: laneSetting, private: laneSetting },
    { requiredKeys: [] },
  )
  let read = 0
  fc.assert(
    fc.property(settings, lanes => {
      let config: ReturnType<typeof configOf>
      try {
        config = configOf(JSON.stringify({ lanes }))
      } catch (error) {
        expect(error).toBeInstanceOf(AgentLabError)
        return
      }
      read++
      const [shut, work] = [policyOf('private', config), policyOf('enterprise', config)]
      expect(shut).toMatchObject({ providers: ['local'], unboxed: false, registries: [] })
      expect(Object.keys(shut.upstreams)).toEqual(['local'])
      expect(work.providers.every(provider => provider === 'anthropic' || provider === 'local')).toBe(true)
      for (const worker of WorkerName.options)
        if (worker !== 'local')
          expect(
            workerRefusal(shut, { worker, answerer: answererOf(worker, 'private', config), rehearsed: false }),
          ).toBe('providerNotAllowed')
    }),
    { numRuns: 300 },
  )
  expect(read).toBeGreaterThan(5)
})

describe('a worker', () => {
  const config = configOf(
    `lanes: {personal: {providers: [anthropic, openai], models: {anthropic: ['claude-*']}, workers: [claude, gemini]}}`,
  )
  test.each<[WorkerName, string | null, boolean, string | null]>([
    ['claude', null, false, null],
    ['claude', 'claude-9', false, null],
    ['claude', 'other', false, 'modelNotListed'],
    ['codex', null, false, 'workerNotListed'],
    ['gemini', null, false, 'providerNotAllowed'],
    ['gemini', 'any', true, null],
  ])('%s with model %s, rehearsed %s: %s', (worker, model, rehearsed, refusal) => {
    const answerer = { provider: vendorOf[worker], model }
    expect(workerRefusal(policyOf('personal', config), { worker, answerer, rehearsed })).toBe(refusal)
  })
})

test("local models are those the operator's servers list, narrowed by the lane", () => {
  const servers =
    'local: [{name: a, url: "http://127.0.0.1:1", models: [qwen, gemma]}, {name: b, url: "http://127.0.0.1:2", models: [qwen]}]'
  const config = configOf(`${servers}\nlanes: {enterprise: {models: {local: ['q*']}}}`)
  expect(modelsFor('private', 'local', config)).toEqual(['qwen', 'gemma'])
  expect(modelsFor('enterprise', 'local', config)).toEqual(['qwen'])
  expect(modelsFor('personal', 'anthropic', config)).toBeUndefined()
  expect(modelsFor('private', 'local', configOf())).toEqual([])
  expect(policyOf('private', config).upstreams).toEqual({ local: ['http://127.0.0.1:1', 'http://127.0.0.1:2'] })
})

/** What a model's name means at the gateway for tools, and which names are listed. */
import { describe, expect, test } from 'vitest'
import { nameOf, offerNamed, offersOf, unlistedOf } from '../../src/app/gateway/names.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { LaneConfig } from '../../src/lanes/policy.ts'

const configOf = (text: string): LaneConfig => {
  const file = (of: string) => ({ path: 'config.yaml', text: of, exists: true })
  return parseConfig({ repository: { ...file(''), path: '' }, operator: file(text) }).effective
}

const servers = `local: [{ name: mac, url: "http://127.0.0.1:11434", models: ["qwen3:8b", gpt-oss] }]\n`
const config = configOf(`${servers}lanes:
  enterprise: { models: { anthropic: [claude-sonnet-5-5, "claude-haiku-*"], local: ["qwen3:8b"] } }
  personal: { providers: [anthropic, openai, local], models: { anthropic: ["*"], openai: [gpt-5, "gpt-6*"] } }
`)

const meaning = (name: string, of = config): string => {
  const named = offerNamed(name, of)
  return named.ok ? `${named.offer.provider}: ${named.offer.model}` : named.message
}

test('lists what is named word for word, each lane’s own', () => {
  expect(offersOf(config).map(nameOf)).toEqual([
    'enterprise/claude-sonnet-5-5',
    'enterprise/qwen3:8b',
    'personal/gpt-5',
    'personal/qwen3:8b',
    'personal/gpt-oss',
    'private/qwen3:8b',
    'private/gpt-oss',
  ])
})

test('offers nothing of a provider whose models the lane does not list', () => {
  const bare = configOf('')
  expect(offersOf(bare)).toEqual([])
  expect(unlistedOf('personal', bare)).toEqual(['anthropic', 'google'])
  expect(unlistedOf('private', bare)).toEqual([])
  expect(meaning('enterprise/claude-sonnet-5-5', bare)).toMatch(
    /is not offered in lane enterprise, .*: lanes: \{enterprise: \{models: \{anthropic: \[<model>\]\}\}\}$/,
  )
})

test.each([
  ['private/qwen3:8b', 'local: qwen3:8b'],
  ['private/gpt-oss', 'local: gpt-oss'],
  ['private/gpt-oss:latest', 'local: gpt-oss:latest'],
  ['enterprise/claude-sonnet-5-5', 'anthropic: claude-sonnet-5-5'],
  ['enterprise/claude-haiku-9', 'anthropic: claude-haiku-9'],
  // Word for word goes before a pattern.
  ['personal/gpt-5', 'openai: gpt-5'],
  ['personal/qwen3:8b', 'local: qwen3:8b'],
  ['personal/anything', 'anthropic: anything'],
])('%s is %s', (name, meant) => expect(meaning(name)).toBe(meant))

test('a name that could be two providers’ is nobody’s', () => {
  expect(meaning('personal/gpt-6-mini')).toMatch(/stands in lane personal for models of anthropic and openai/)
})

describe('is refused:', () => {
  test.each([
    ['private/claude-sonnet-5-5', /not offered in lane private, whose data is for local$/],
    ['enterprise/gpt-oss', /not offered in lane enterprise/],
    ['enterprise/gpt-5', /not offered/],
    ['private/qwen3', /not offered/],
    ['private/kimi:cloud', /not offered/],
    ['private/hub.example/qwen3:8b', /not offered/],
    ['qwen3:8b', /is no name of this gateway/],
    ['/qwen3:8b', /is no name/],
    ['private', /is no name/],
    ['PRIVATE/qwen3:8b', /is no name/],
    ['private /qwen3:8b', /is no name/],
    ['private/qwen3:8b ', /is no name/],
    ['private/qwen3:8b\n', /is no name/],
    [' private/qwen3:8b', /is no name/],
    ['private//qwen3:8b', /is no name/],
    ['private/../enterprise/claude-sonnet-5-5', /is no name/],
    ['__proto__/x', /is no name/],
    [`private/${'x'.repeat(500)}`, /is no name/],
    ['', /is no name/],
  ])('%j', (name, why) => expect(meaning(name)).toMatch(why))
})

/** What the operator's tools may use in a day. */
import { expect, test } from 'vitest'
import { dayAround, dayLimitKeeper, reachedBound } from '../../src/app/gateway/day-limits.ts'
import { OperatorConfig } from '../../src/config/operator-config.ts'
import { parseYaml } from '../../src/config/yaml.ts'

const noon = new Date(2026, 10, 26, 12).getTime()

test('a day is from midnight to midnight, also where the clock is changed', () => {
  for (const [year, month, day] of [
    [2026, 10, 26],
    [2026, 2, 29],
    [2026, 9, 25],
    [2026, 11, 31],
  ] as const) {
    const { start, end } = dayAround(new Date(year, month, day, 12).getTime())
    expect(start).toBe(new Date(year, month, day).getTime())
    expect(end).toBe(new Date(year, month, day + 1).getTime())
  }
})

test.each([
  [{}, 1_000_000, null],
  [{ requestsPerDay: 5 }, 0, null],
  [{ requestsPerDay: 4 }, 0, '4 requests a day'],
  [{ tokensPerDay: 1_100 }, 100, null],
  [{ tokensPerDay: 1_100 }, 101, '1,100 tokens a day'],
])('%j with %d more', (bound, estimate, reached) =>
  expect(reachedBound(bound, { requests: 4, tokens: 1_000 }, estimate)).toBe(reached),
)

test('what is on its way counts until it is metered, each lane for itself and all together', () => {
  const spent = { private: { requests: 1, tokens: 0 }, all: { requests: 5, tokens: 0 } }
  const keeper = dayLimitKeeper(
    { requestsPerDay: 8, lanes: { private: { requestsPerDay: 2 } } },
    { spent: lane => spent[lane === null ? 'all' : 'private'] },
  )
  const first = keeper('private', 10, noon)
  expect(first.ok).toBe(true)
  expect(keeper('private', 10, noon)).toMatchObject({ ok: false, waitMs: 12 * 3_600_000 })
  expect(keeper('enterprise', 10, noon).ok).toBe(true)
  expect(keeper('enterprise', 10, noon).ok).toBe(true)
  expect(keeper('enterprise', 10, noon)).toMatchObject({
    message: expect.stringMatching(/limit of 8 requests a day is/),
  })
  if (first.ok) first.settled?.()
  expect(keeper('private', 10, noon).ok).toBe(true)
})

test.each([
  ['origins: ["*"]', 'must be an origin'],
  ['origins: ["http://127.0.0.1:3000/"]', 'must be an origin'],
  ['origins: ["null"]', 'must be an origin'],
  ['hosts: ["*"]', 'must be a host'],
  ['hosts: ["evil.example:80"]', 'must be a host'],
  ['requestsPerDay: 0', 'gateway.requestsPerDay'],
  ['lanes: { public: { requestsPerDay: 1 } }', 'public'],
])('%s is refused', (line, why) => {
  expect(() => parseYaml(`gateway: { ${line} }`, 'config.yaml', OperatorConfig)).toThrow(why)
})

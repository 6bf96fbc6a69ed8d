/** Path rules against paths: what matches, what is below it, and that no pattern takes long. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PathRule } from '../../src/config/path-rules.ts'
import { matchedRules, plainPath } from '../../src/lanes/path-lanes.ts'

const rule = (pattern: string, lane: PathRule['lane'] = 'private'): PathRule => ({ pattern, lane, from: 'repository' })
const holds = (pattern: string, path: string): boolean => matchedRules([rule(pattern)], [plainPath(path)]).length === 1

describe('a rule', () => {
  test.each([
    ['private/**', 'private/a'],
    ['private/**', 'private/a/b/.env'],
    ['private/**', 'private'],
    ['private', 'private/a/b'],
    ['private/*', 'private/a/b'],
    ['private/**', 'Private/A'],
    ['Clients', 'clients/x'],
    ['**/keys', 'keys'],
    ['**/keys', 'a/b/keys/c'],
    ['a/**/b', 'a/b'],
    ['a/**/b', 'a/x/y/b'],
    ['*.pem', 'server.pem'],
    ['**/*.pem', 'a/b/.pem'],
    ['cl?ent', 'client/a'],
    ['**', 'anything/at/all'],
    ['a/b', './a//b/'],
    ['a/b', 'a\\b'],
    ['a/b', 'x/../a/b/c'],
    ['caf\u00e9/**', 'cafe\u0301/x'],
  ])('%s holds for %s', (pattern, path) => expect(holds(pattern, path)).toBe(true))

  test.each([
    ['private/**', 'privately/a'],
    ['private/**', 'a/private/b'],
    ['*.pem', 'a/server.pem'],
    ['a/*/c', 'a/b/d'],
    ['a/**/b', 'a/c'],
    ['cl?ent', 'clint'],
    ['a', ''],
    ['private', 'private/../public/a'],
  ])('%s does not hold for %s', (pattern, path) => expect(holds(pattern, path)).toBe(false))

  test('is told with the first path it matched and how many, the strictest first', () => {
    const rules = [rule('a/**', 'enterprise'), rule('a/b/**'), rule('c/**')]
    expect(matchedRules(rules, ['a/x', 'a/b/y', 'a/b/z', 'd'])).toEqual([
      { ...rule('a/b/**'), example: 'a/b/y', count: 2 },
      { ...rule('a/**', 'enterprise'), example: 'a/x', count: 3 },
    ])
  })
})

const name = fc.stringMatching(/^[a-z.]{1,6}$/).filter(text => text !== '.' && text !== '..')
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map(names => names.join('/'))

test('what a rule holds for, it holds for with anything below it', () => {
  const pattern = fc.array(fc.oneof(name, fc.constantFrom('*', '**', '?', '*a*')), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(pattern, path, path, (parts, above, below) => {
      if (holds(parts.join('/'), above)) expect(holds(parts.join('/'), `${above}/${below}`)).toBe(true)
    }),
  )
})

test('every path is matched by itself, by its first folder and by **/ and its last name', () => {
  fc.assert(
    fc.property(path, text => {
      const names = text.split('/')
      for (const pattern of [text, `${names[0]}/**`, `**/${names.at(-1)}`]) expect(holds(pattern, text)).toBe(true)
    }),
  )
})

/** A pattern made to make a matcher that tries every way go on for ages; counted in steps, not in time, by ending at all. */
test('a pattern full of stars comes to an end', () => {
  const stars = `${'*a'.repeat(100)}b`
  expect(holds(stars, 'a'.repeat(300))).toBe(false)
  expect(holds(Array.from({ length: 50 }, () => '**/a').join('/'), `${'a/'.repeat(60)}b`)).toBe(true)
  expect(holds(`${Array.from({ length: 50 }, () => '**/a').join('/')}/z`, 'a/'.repeat(200))).toBe(false)
})

/** Terminals that know ASCII only: which they are, and what they are shown. */
import { describe, expect, test } from 'vitest'
import { isUtf8Locale } from '../../src/cli/output.ts'
import { toAscii, toAsciiJson } from '../../src/domain/ascii.ts'
import { textWidth } from '../../src/domain/text-width.ts'

describe('the locale', () => {
  test.each<[Record<string, string>, NodeJS.Platform, boolean]>([
    [{ LANG: 'en_US.UTF-8' }, 'linux', true],
    [{ LANG: 'de_DE.utf8' }, 'linux', true],
    [{ LC_CTYPE: 'UTF-8' }, 'darwin', true],
    [{ LC_ALL: 'C.UTF-8', LANG: 'C' }, 'linux', true],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, 'linux', false],
    [{ LC_ALL: '', LC_CTYPE: 'POSIX', LANG: 'en_US.UTF-8' }, 'linux', false],
    [{ LANG: 'de_DE.ISO-8859-1' }, 'linux', false],
    [{ LANG: 'nobody_KNOWS' }, 'linux', false],
    [{}, 'linux', false],
    [{}, 'darwin', true],
    [{ LANG: 'C' }, 'darwin', false],
  ])('%j on %s is one of UTF-8: %s', (env, platform, expected) => {
    expect(isUtf8Locale(env, platform)).toBe(expected)
  })
})

describe('in ASCII', () => {
  test.each([
    ['plain, with a\ttab\n', 'plain, with a\ttab\n'],
    ['run k3 · working · ≥ 3k tokens', 'run k3 - working - >= 3k tokens'],
    ['✓ ✗ ▸ − × … → ┊ ── ↑↓', '+ x > - x ... -> | -- ^v'],
    ['Zoë naïve façade, e\u0301', 'Zoe naive facade, e'],
    ['Straße', 'Strasse'],
    ['日本 🚀 привет', '???? ?? ??????'],
    ['“it’s”', '"it\'s"'],
  ])('%s is %s', (text, expected) => {
    expect(toAscii(text)).toBe(expected)
  })

  test('letters that are not known take their width', () => {
    for (const text of ['日本語', 'привет', '🚀🚀', 'ア']) expect(toAscii(text)).toHaveLength(textWidth(text))
  })

  test('a JSON document says the same', () => {
    const value = { goal: '日本 🚀 Zoë \u0000 " \\', '✓': 1 }
    const json = toAsciiJson(JSON.stringify(value, null, 2))
    expect(json).toMatch(/^[\u0000-\u007f]+$/)
    expect(JSON.parse(json)).toEqual(value)
  })
})

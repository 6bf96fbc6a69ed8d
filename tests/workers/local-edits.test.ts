import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyPatch } from '../../src/workers/local/tools/patch.ts'
import { replaceExactly } from '../../src/workers/local/tools/replace.ts'

const whyNot = (edited: { ok: boolean; why?: string }): string => (edited.ok ? 'it was done' : edited.why!)

describe('exact replacement', () => {
  it('replaces what stands there once, and every one where told', () => {
    expect(replaceExactly('a b c', 'b', 'x', false)).toEqual({ ok: true, text: 'a x c', count: 1 })
    expect(replaceExactly('b b', 'b', '$&', true)).toEqual({ ok: true, text: '$& $&', count: 2 })
  })

  it('keeps the line ends of the file', () => {
    expect(replaceExactly('a\r\nb\r\nc', 'a\nb', 'x\ny', false)).toMatchObject({ text: 'x\r\ny\r\nc' })
  })

  it.each<[string, string, string, string, RegExp]>([
    ['twice', 'b\na\nb', 'b', 'x', /stands there 2 times \(lines 1, 3\)/],
    ['other white space', 'if (a) {\n\treturn 1\n}', '  return 1', 'return 2', /line 2 is like it: "\\treturn 1"/],
    ['not at all', 'a', 'b', 'c', /not in the file; read it/],
    ['nothing', 'a', '', 'c', /`old` is empty/],
    ['the same', 'a', 'a', 'a', /the same/],
  ])('says why not: %s', (_, text, old, replacement, why) => {
    expect(whyNot(replaceExactly(text, old, replacement, false))).toMatch(why)
  })

  it('changes nothing but the one place', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (before, after, replacement) => {
        fc.pre(replacement !== '§MARK§' && !`${before}${after}`.includes('§') && !`${before}${after}`.includes('\r'))
        expect(replaceExactly(`${before}§MARK§${after}`, '§MARK§', replacement, false)).toMatchObject({
          text: before + replacement + after,
        })
      }),
    )
  })
})

describe('a patch', () => {
  const text = 'one\ntwo\nthree\nfour\n'

  it.each<[string, string, string]>([
    ['as git writes it', '--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n', 'one\nTWO\nthree\nfour\n'],
    ['with wrong numbers', '@@ -40,9 +40,2 @@\n-three\n+3\n', 'one\ntwo\n3\nfour\n'],
    ['without numbers', '@@\n-two\n', 'one\nthree\nfour\n'],
    ['of two parts', '@@ -1,1 +1,2 @@\n one\n+1.5\n@@ -4,1 +5,1 @@\n-four\n+4\n', 'one\n1.5\ntwo\nthree\n4\n'],
    ['that only adds', '@@ -2,0 +3,1 @@\n+2.5\n', 'one\ntwo\n2.5\nthree\nfour\n'],
  ])('is applied: %s', (_, patch, expected) => {
    expect(applyPatch(text, patch)).toMatchObject({ ok: true, text: expected })
  })

  it('goes to the place nearest to the one it names', () => {
    const twice = 'x\na\nx\nb\nx\n'
    expect(applyPatch(twice, '@@ -5,1 +5,1 @@\n-x\n+y\n')).toMatchObject({ text: 'x\na\nx\nb\ny\n' })
    expect(whyNot(applyPatch(twice, '@@\n-x\n+y\n'))).toMatch(/fits at 3 places/)
  })

  it('keeps the line ends of the file', () => {
    expect(applyPatch('a\r\nb\r\n', '@@\n-a\n+x\n')).toMatchObject({ text: 'x\r\nb\r\n' })
  })

  it('says why not', () => {
    expect(whyNot(applyPatch(text, 'two -> TWO'))).toMatch(/no part that begins with @@/)
    expect(whyNot(applyPatch(text, '@@\n-deux\n+2\n'))).toMatch(/part 1 .*not in the file: \["deux"\]/)
    expect(whyNot(applyPatch(text, '@@\n+2\n'))).toMatch(/could stand anywhere/)
  })
})

/** A long text is kept as its beginning and its end, in whole lines, and says what is missing. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headAndTail } from '../../src/domain/head-and-tail.ts'

const kept = (pieces: readonly string[], head: number, tail: number) => {
  const both = headAndTail(head, tail)
  for (const piece of pieces) both.add(piece)
  return both.end()
}

test('what fits is kept as it is', () => {
  expect(kept(['one\n', 'zwö', '\n'], 6, 6)).toEqual({ text: 'one\nzwö\n', leftOutBytes: 0 })
  expect(kept([], 6, 6)).toEqual({ text: '', leftOutBytes: 0 })
})

test('what does not is cut between lines, with a line in its place', () => {
  expect(kept(['aaa\nbbb\nccc\nddd\neee\n'], 6, 6)).toEqual({
    text: 'aaa\n[AgentLab left out 12 bytes here]\neee\n',
    leftOutBytes: 12,
  })
})

test('whatever the pieces: whole lines of both ends, every byte accounted for, within the bounds', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 9 }).map(text => `${text.replaceAll('\n', '')}\n`)
  fc.assert(
    fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), (lines, size) => {
      const whole = lines.join('')
      const points = [...whole]
      const pieces = Array.from({ length: Math.ceil(points.length / size) }, (_, at) =>
        points.slice(at * size, (at + 1) * size).join(''),
      )
      const { text, leftOutBytes } = kept(pieces, 40, 60)
      if (leftOutBytes === 0) {
        expect(text).toBe(whole)
        return
      }
      const [head = '', tail = ''] = text.split(`[AgentLab left out ${leftOutBytes} bytes here]\n`)
      expect(whole.startsWith(head)).toBe(true)
      expect(whole.endsWith(tail)).toBe(true)
      expect([Buffer.byteLength(head) <= 40, Buffer.byteLength(tail) <= 60]).toEqual([true, true])
      expect(Buffer.byteLength(head) + Buffer.byteLength(tail) + leftOutBytes).toBe(Buffer.byteLength(whole))
    }),
  )
})

/** Hex that spells printable characters: bare, with colons, blanks or commas between, each byte with 0x or not. */
import type { DecodedRun } from './decoded-runs.ts'

const shortest = 8

/** `start` to `end` holds hex digits and what may stand between them; zeros, as in UTF-16, are passed over. */
export const hexRuns = (text: string, start: number, end: number): DecodedRun[] => {
  const runs: DecodedRun[] = []
  let bytes: Byte[] = []
  const flush = (): void => {
    if (bytes.length >= shortest) runs.push(runOf(bytes))
    bytes = []
  }
  const take = (from: number, to: number): void => {
    for (let at = from; at + 2 <= to; at += 2) {
      const code = (digitOf(text.charCodeAt(at)) << 4) | digitOf(text.charCodeAt(at + 1))
      if (isText(code)) bytes.push({ at, code })
      else if (code !== 0) flush()
    }
  }
  for (let at = start; at < end; ) {
    let digits = at
    while (digits < end && digitOf(text.charCodeAt(digits)) >= 0) digits += 1
    const length = digits - at
    const isPrefix = length === 1 && text.charAt(at) === '0' && /[xX]/.test(text.charAt(digits))
    if (length > 0 && length % 2 === 0) take(at, digits)
    else if (length > 1) {
      // It holds a letter of what stands before or behind it.
      for (const shift of [0, 1]) {
        flush()
        take(at + shift, digits)
      }
      flush()
    } else if (length === 1 && !isPrefix) flush()
    at = digits + 1
  }
  flush()
  return runs
}

interface Byte {
  at: number
  code: number
}

const isText = (code: number): boolean =>
  (code >= 0x20 && code < 0x7f) || code === 0x0a || code === 0x0d || code === 0x09

const runOf = (bytes: readonly Byte[]): DecodedRun => ({
  text: Buffer.from(bytes.map(byte => byte.code)).toString('latin1'),
  sourceOf: (from, to) => ({
    start: (bytes[from] ?? bytes.at(-1)!).at,
    end: (bytes[Math.max(from, to - 1)] ?? bytes.at(-1)!).at + 2,
  }),
  end: bytes.at(-1)!.at + 2,
})

/** Of a hex digit; -1 for any other character. */
const digitOf = (code: number): number => {
  if (code >= 48 && code <= 57) return code - 48
  const small = code | 32
  return small >= 97 && small <= 102 ? small - 87 : -1
}

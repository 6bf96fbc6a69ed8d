/** Dumps as `hexdump -C` and `xxd` print them: an offset, the bytes in hex, and the same bytes as text beside them. */
import type { DecodedRun } from './decoded-runs.ts'

const line =
  /(?:> ?){0,3}[ \t]{0,8}[0-9a-fA-F]{6,16}(?::[ ]{1,2}|[ ]{2})((?:[0-9a-fA-F]{2}){1,2}(?:[ ]{1,2}(?:[0-9a-fA-F]{2}){1,2}){0,31})(?:[ ]{2,60}[^\n]{0,80})?(?:\r?\n|$)/y
const longest = 16_384

/** The dump whose first line begins at `at`; null where there is none of two lines or more. A find takes whole lines. */
export const dumpAt = (text: string, at: number): DecodedRun | null => {
  if (!mayBegin(text, at)) return null
  const lines: { first: number; start: number; end: number }[] = []
  const pieces: Buffer[] = []
  let [next, count] = [at, 0]
  while (next - at < longest) {
    line.lastIndex = next
    const found = line.exec(text)
    if (found === null || found[0] === '') break
    const bytes = Buffer.from(found[1]!.replaceAll(' ', ''), 'hex')
    const start = next + found[0].indexOf(found[1]!)
    lines.push({ first: count, start, end: next + found[0].trimEnd().length })
    pieces.push(bytes)
    count += bytes.length
    next = line.lastIndex
  }
  if (lines.length < 2) return null
  const lineOf = (byte: number) => lines.findLast(one => one.first <= byte) ?? lines[0]!
  return {
    text: Buffer.concat(pieces).toString('latin1'),
    sourceOf: (from, to) => ({ start: lineOf(from).start, end: lineOf(Math.max(from, to - 1)).end }),
    end: next,
  }
}

/** Six digits of an offset, after what may quote or indent it. */
const mayBegin = (text: string, at: number): boolean => {
  let start = at
  while (start < at + 12 && (text.charCodeAt(start) === 32 || text.charCodeAt(start) === 62)) start += 1
  return /[0-9a-fA-F]/.test(text.charAt(start)) && /^[0-9a-fA-F]{6,16}(?:: | {2})/.test(text.slice(start, start + 18))
}

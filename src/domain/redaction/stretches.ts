/**
 * Stretches that no anchor gives away, because a line end, a blank or a zero stands within everything that could be one:
 * base64 in lines, hex, dumps, text of two bytes a character. Looked for by samples, so that ordinary text costs little.
 */
import { type DecodedRun, wideBase64Runs } from './decoded-runs.ts'
import { dumpAt } from './hex-dumps.ts'
import { hexRuns } from './hex-runs.ts'

/** `isBase64`: only base64 is looked for in it; joined lines are no text. */
export type Stretch = DecodedRun & { isBase64?: true }

const [hexish, base64] = [1, 2]
const classes = new Uint8Array(256)
const mark = (chars: string, bit: number): void => {
  for (let index = 0; index < chars.length; index++) classes[chars.charCodeAt(index)]! |= bit
}
mark('0123456789abcdefABCDEF', hexish)
mark(' :,-xX\n\r\t', hexish)
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_', base64)

const step = 16
/** How far a stretch is followed. */
const longest = 16_384

const classAt = (text: string, at: number): number => classes[text.charCodeAt(at)] ?? 0

const around = (text: string, at: number, floor: number, bit: number): { start: number; end: number } => {
  let [start, end] = [at, at]
  const [least, most] = [Math.max(floor, at - longest), Math.min(text.length, at + longest)]
  while (start > least && (classAt(text, start - 1) & bit) !== 0) start -= 1
  while (end < most && (classAt(text, end) & bit) !== 0) end += 1
  return { start, end }
}

/** Each stretch once, from `floor` on. */
export const stretchesIn = (text: string, floor: number): Stretch[] => [
  ...sampled(text, floor),
  ...(text.length - floor < shortestLines ? [] : lineStretches(text, floor)),
  ...wideRuns(text, floor),
]

const shortestHex = 16
const shortestWide = 24

/** Two samples of one kind, so far from each other that a shorter stretch need not be seen. */
const sampled = (text: string, floor: number): Stretch[] => {
  const found: Stretch[] = []
  let [hexDone, wideDone] = [floor, floor]
  for (let at = floor; at < text.length; at += step / 2) {
    const both = classAt(text, at) & classAt(text, at + step / 2)
    if (both === 0) continue
    if ((both & hexish) !== 0 && at >= hexDone && (classAt(text, at + 4) & hexish) !== 0) {
      const { start, end } = around(text, at, hexDone, hexish)
      hexDone = Math.max(end, at + 1)
      if (end - start >= shortestHex) found.push(...hexRuns(text, start, end))
    }
    if ((both & base64) !== 0 && at >= wideDone && (classAt(text, at + 4) & base64) !== 0) {
      const { start, end } = around(text, at, wideDone, base64)
      wideDone = Math.max(end, at + 1)
      if (end - start >= shortestWide) found.push(...wideBase64Runs(text, start, end))
    }
  }
  return found
}

const shortestLines = 24
const leastBefore = 20
const leastAfter = 4
/** A line end, as it is or escaped in strings, then what quotes and indents. */
const lineBreak = /(?:[ \t]{0,4}\r?\n|(?:\\{1,4}r)?\\{1,4}n)[ \t]{0,24}(?:(?:[>|#*]|\/\/)[ \t]{0,8}){0,6}/y

const breakAt = (text: string, at: number): number => {
  lineBreak.lastIndex = at
  return lineBreak.exec(text) === null ? at : lineBreak.lastIndex
}

const lineStretches = (text: string, floor: number): Stretch[] => {
  const found: Stretch[] = []
  let done = floor
  const visit = (at: number): void => {
    if (at < done) return
    const dump = dumpAt(text, at + 1)
    const stretch = dump ?? joined(text, at, done)
    if (stretch === null) return
    found.push(stretch)
    done = stretch.end
  }
  // A dump may begin at the top.
  visit(floor - 1 >= 0 && text.charAt(floor - 1) === '\n' ? floor - 1 : floor === 0 ? -1 : floor)
  for (const end of ['\n', '\\n']) {
    if (end === '\\n') done = floor
    for (let at = text.indexOf(end, floor); at !== -1; at = text.indexOf(end, Math.max(at + 1, done))) visit(at)
  }
  return found
}

/** The lines of base64 around a line end, put together; null where they are none. */
const joined = (text: string, at: number, floor: number): Stretch | null => {
  if (at < 0) return null
  let end = at
  while (end > floor && /[\r \t\\]/.test(text.charAt(end - 1)) && at - end < 6) end -= 1
  for (let back = 1; back <= leastBefore; back++) if ((classAt(text, end - back) & base64) === 0) return null
  const first = around(text, end - 1, floor, base64)
  const parts = [{ start: first.start, end }]
  for (let next = breakAt(text, end); next > end && end - first.start < longest; next = breakAt(text, end)) {
    const { end: lineEnd } = around(text, next, next, base64)
    if (lineEnd - next < leastAfter) break
    parts.push({ start: next, end: lineEnd })
    end = lineEnd
  }
  return parts.length < 2 ? null : joinedRun(text, parts)
}

const joinedRun = (text: string, parts: readonly { start: number; end: number }[]): Stretch => {
  const starts: number[] = []
  let length = 0
  for (const part of parts) {
    starts.push(length)
    length += part.end - part.start
  }
  const place = (at: number): number => {
    let index = starts.findLastIndex(start => start <= at)
    index = Math.max(0, index)
    return parts[index]!.start + at - starts[index]!
  }
  const end = parts.at(-1)!.end
  return {
    text: parts.map(part => text.slice(part.start, part.end)).join(''),
    sourceOf: (from, to) => ({
      start: place(from),
      end: to === from ? place(from) : withPadding(text, place(to - 1) + 1, end),
    }),
    end,
    isBase64: true,
  }
}

const withPadding = (text: string, at: number, runEnd: number): number => {
  let end = at
  while (at === runEnd && end < at + 2 && text.charAt(end) === '=') end += 1
  return end
}

const shortestZeros = 8

/** Every other character is zero: UTF-16 that was read as if a byte were a character, whichever byte comes first. */
const wideRuns = (text: string, floor: number): Stretch[] => {
  const found: Stretch[] = []
  for (let at = text.indexOf('\0', floor); at !== -1; ) {
    let end = at
    while (text.charCodeAt(end) === 0 && end + 1 < text.length && text.charCodeAt(end + 1) !== 0) end += 2
    const first = at > floor && text.charCodeAt(at - 1) !== 0 ? at - 1 : at + 1
    const last = Math.min(text.length, text.charCodeAt(end) === 0 ? end + 1 : end)
    if (end - at >= 2 * shortestZeros) {
      let wide = ''
      for (let index = first; index < last; index += 2) wide += text.charAt(index)
      found.push({
        text: wide,
        sourceOf: (from, to) => ({ start: first + 2 * from, end: Math.min(last, first + 2 * to) }),
        end,
      })
    }
    at = text.indexOf('\0', Math.max(end, at + 1))
  }
  return found
}

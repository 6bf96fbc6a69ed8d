/** Characters written by their number, as strings and markup do: \\u0041, \\x41, &#x41; and &#65;, also in between others. */
import type { DecodedRun } from './decoded-runs.ts'

const escaped =
  /\\{1,8}u\{?00([0-9a-fA-F]{2})\}?|\\{1,8}x([0-9a-fA-F]{2})|&#[xX]0{0,4}([0-9a-fA-F]{1,2});|&#0{0,4}(\d{2,3});/y
/** What ends it, unless it is an escape itself. */
const ending = /[\s"'`]/
const [before, behind] = [2_048, 16_384]

/** The stretch around the escape at `at`. */
export const escapedRun = (text: string, at: number, floor: number): DecodedRun => {
  let start = at
  const least = Math.max(floor, at - before)
  while (start > least && !ending.test(text.charAt(start - 1))) start -= 1
  const places: number[] = []
  let decoded = ''
  let index = start
  const most = Math.min(text.length, at + behind)
  while (index < most) {
    escaped.lastIndex = index
    const found = /[\\&]/.test(text.charAt(index)) ? escaped.exec(text) : null
    if (found === null && ending.test(text.charAt(index))) break
    places.push(index)
    const hex = found?.[1] ?? found?.[2] ?? found?.[3]
    const code = hex === undefined ? Number(found?.[4] ?? Number.NaN) : Number.parseInt(hex, 16)
    decoded += found === null ? text.charAt(index) : String.fromCharCode(code)
    index += found === null ? 1 : found[0].length
  }
  places.push(index)
  return {
    text: decoded,
    sourceOf: (from, to) => ({ start: places[from]!, end: places[to]! }),
    end: index >= at + behind ? index - before : index,
  }
}

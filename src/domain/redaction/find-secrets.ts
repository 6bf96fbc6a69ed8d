/** Finds secrets in a text: one pass that stops at anchors only, and looks closer there. */
import { type Anchor, type AnchorTable, type Lead, slotBits } from './anchor-table.ts'
import { base64Run, type DecodedRun, gzipRun, percentRun } from './decoded-runs.ts'
import { escapedRun } from './escapes.ts'
import type { Shape } from './shape.ts'
import { type Stretch, stretchesIn } from './stretches.ts'

export interface Found {
  start: number
  /** After its last character. */
  end: number
  /** Where that begins which gives it away: its name, or itself. */
  since: number
  kind: string
}

/** Ranges that neither overlap nor touch in the wrong order. Nothing before `from` is part of one; it is only looked back at. */
export const findSecrets = (table: AnchorTable, text: string, from = 0): Found[] => merged(scan(table, text, from, 0))

/** An encoding within an encoding is looked into, also in lines; a further one is not. */
const deepest = 3

const scan = (table: AnchorTable, text: string, from: number, depth: number, isBase64 = false): Found[] => {
  const found: Found[] = []
  const decodedTo: Record<string, number> = {}
  let at = nextStop(table.slots, text, from)
  while (at < text.length) {
    for (const anchor of table.lists[slotAt(table.slots, text, at)]!) {
      if (!standsAt(text, at, anchor)) continue
      const { lead } = anchor
      if (lead.to === 'shape') {
        if (!isBase64) found.push(...matchAround(lead.shape, text, at, from))
      } else if (depth < deepest && at >= (decodedTo[nameOf(lead, at)] ?? 0)) {
        const run = runAt(lead, text, at, from)
        if (run === null) continue
        decodedTo[nameOf(lead, at)] = run.end
        found.push(...within(table, run, depth))
      }
    }
    at = nextStop(table.slots, text, at + 1)
  }
  if (depth < deepest) for (const run of stretchesIn(text, from)) found.push(...within(table, run, depth))
  return found
}

const runAt = (lead: Exclude<Lead, { to: 'shape' }>, text: string, at: number, from: number): DecodedRun | null => {
  if (lead.to === 'base64') return base64Run(text, at, lead.phase, from)
  if (lead.to === 'gzip') return gzipRun(text, at)
  return lead.to === 'percent' ? percentRun(text, at, from) : escapedRun(text, at, from)
}

/** Where the next anchor may begin, or the end of the text. All of a text goes through here, so it does nothing else. */
const nextStop = (slots: Uint16Array, text: string, from: number): number => {
  const length = text.length
  let window = ((text.charCodeAt(from) & 31) << 5) | (text.charCodeAt(from + 1) & 31)
  for (let index = from + 2; index < length; index++) {
    window = ((window << 5) | (text.charCodeAt(index) & 31)) & slotBits
    if (slots[window] !== 0) return index - 2
  }
  return length
}

const slotAt = (slots: Uint16Array, text: string, at: number): number =>
  slots[((text.charCodeAt(at) & 31) << 10) | ((text.charCodeAt(at + 1) & 31) << 5) | (text.charCodeAt(at + 2) & 31)]!

/** A stretch of base64 is decoded once for each of the four ways to cut it into groups. */
const nameOf = (lead: Lead, at: number): string => (lead.to === 'base64' ? `base64 ${(at - lead.phase) & 3}` : lead.to)

const within = (table: AnchorTable, run: Stretch, depth: number): Found[] =>
  scan(table, run.text, 0, depth + 1, run.isBase64).map(({ start, end, since, kind }) => ({
    ...run.sourceOf(start, end),
    since: run.sourceOf(since, since).start,
    kind,
  }))

const standsAt = (text: string, at: number, { text: wanted, anyCase }: Anchor): boolean => {
  for (let index = 0; index < wanted.length; index++) {
    const [has, wants] = [text.charCodeAt(at + index), wanted.charCodeAt(index)]
    if (has !== wants && !(anyCase && has >= 65 && has <= 90 && (has | 32) === wants)) return false
  }
  return true
}

const matchAround = (shape: Shape, text: string, at: number, from: number): Found[] => {
  for (let start = Math.max(from, at - (shape.reach ?? 0)); start <= at; start++) {
    if (shape.anywhere !== true && !beginsAt(text, start)) continue
    shape.pattern.lastIndex = start
    const match = shape.pattern.exec(text)
    if (match === null) continue
    const [first, last] = match.indices?.groups?.s ?? [start, start + match[0].length]
    if (shape.judge?.(text.slice(first, last), match) === false) continue
    return [{ start: first, end: last, since: start, kind: shape.kind }]
  }
  return []
}

/** Whether a word may begin there: after no letter, digit or joint, unless those are an escape. */
const beginsAt = (text: string, start: number): boolean =>
  start === 0 ||
  !/[A-Za-z0-9_-]/.test(text.charAt(start - 1)) ||
  /(?:\\[nrtbfv0]|%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\[[0-9;]{1,10}m)$/i.test(
    text.slice(Math.max(0, start - 14), start),
  )

const merged = (found: readonly Found[]): Found[] => {
  const ranges: Found[] = []
  for (const one of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = ranges.at(-1)
    if (last !== undefined && one.start < last.end)
      Object.assign(last, { end: Math.max(last.end, one.end), since: Math.min(last.since, one.since) })
    else ranges.push({ ...one })
  }
  return ranges
}

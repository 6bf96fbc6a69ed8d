/**
 * The anchors of all shapes, plain and as they look in base64 and percent-encoding, to be met in one pass: three
 * characters, five bits of each, point to the few anchors that may begin there.
 */
import type { Shape } from './shape.ts'

/** What an anchor leads to: a shape, or a text that has to be decoded first. */
export type Lead =
  | { to: 'shape'; shape: Shape }
  /** The anchor's first whole character is number `phase` of its group of four. */
  | { to: 'base64'; phase: number }
  | { to: 'percent' }
  | { to: 'escape' }
  | { to: 'gzip' }

export interface Anchor {
  text: string
  anyCase: boolean
  lead: Lead
}

export interface AnchorTable {
  /** By the last fifteen bits: 0, or the number of a list. */
  slots: Uint16Array
  lists: readonly (readonly Anchor[])[]
}

export const slotBits = 0x7fff

const slotOf = (text: string): number =>
  (((text.charCodeAt(0) & 31) << 10) | ((text.charCodeAt(1) & 31) << 5) | (text.charCodeAt(2) & 31)) & slotBits

const longestTelling = 24

/** What of a text's base64 is the same whatever stands before and after it, for each place it can have in a group. */
const base64Anchors = (text: string): Anchor[] =>
  [0, 1, 2].map(shift => {
    const whole = Buffer.from('\0'.repeat(shift) + text.slice(0, longestTelling), 'latin1').toString('base64')
    const phase = shift === 0 ? 0 : shift + 1
    const known = Math.floor(((shift + Math.min(text.length, longestTelling)) * 8) / 6)
    return { text: whole.slice(phase, known), anyCase: false, lead: { to: 'base64' as const, phase } }
  })

const casesOf = (text: string): string[] => [text, text.toUpperCase(), text.charAt(0).toUpperCase() + text.slice(1)]

const hex = '0123456789abcdef'
/** Of what can be read: `%20` to `%7e`. */
const percentAnchors: Anchor[] = Array.from(hex.slice(2, 8)).flatMap(high =>
  Array.from(hex, low => ({ text: `%${high}${low}`, anyCase: true, lead: { to: 'percent' as const } })),
)

const numbers = (before: string, firsts: string): string[] => Array.from(firsts, first => `${before}${first}`)
const otherAnchors: Anchor[] = [
  ...[...numbers('\\u', '0{'), ...numbers('\\x', '234567'), '&#x', ...numbers('&#', '0123456789')].map(text => ({
    ...{ text, anyCase: true },
    lead: { to: 'escape' as const },
  })),
  // The first three bytes of gzip.
  { text: 'H4sI', anyCase: false, lead: { to: 'gzip' } },
]

const anchorsOf = (shape: Shape): Anchor[] => {
  const anyCase = shape.anyCase ?? false
  return shape.anchors.flatMap(text => [
    { text, anyCase, lead: { to: 'shape' as const, shape } },
    ...(anyCase ? casesOf(text) : [text]).flatMap(base64Anchors),
  ])
}

/** Anchors that are shorter than three characters can't be found: there must be none. */
export const anchorTable = (shapes: readonly Shape[]): AnchorTable => {
  const slots = new Uint16Array(slotBits + 1)
  const lists: Anchor[][] = [[]]
  const known = new Set<string>()
  for (const anchor of [...shapes.flatMap(anchorsOf), ...percentAnchors, ...otherAnchors]) {
    if (anchor.text.length < 3) throw new Error(`the anchor ${anchor.text} is too short`)
    const name = `${anchor.lead.to} ${anchor.lead.to === 'base64' ? anchor.lead.phase : ''} ${anchor.text}`
    if (anchor.lead.to !== 'shape' && known.has(name)) continue
    known.add(name)
    const slot = slotOf(anchor.text)
    if (slots[slot] === 0) slots[slot] = lists.push([]) - 1
    lists[slots[slot]!]!.push(anchor)
  }
  return { slots, lists }
}

/**
 * Which part of a stack to check next, and what its checks mean. Pure. Green up to the top, and all of it lands. Red, and
 * halving finds two neighbouring heights, green below and red above: what is green lands as exactly that tree, and the tip
 * between them is what turned it red. Whoever lies above is not judged: it rides the next train.
 */

/** What is known: everything up to `green` tips together is green (0: `agent` itself), and `red` tips together are red. */
export interface StackKnown {
  size: number
  green: number
  red: number | null
  /** How much higher than `green` the next check reaches while nothing is red. */
  stride: number
}

export type StackStep =
  /** Check the tree of the lowest `height` tips. */
  | { kind: 'check'; height: number }
  /** The lowest `lands` tips land; the one above them is `isNextBad`, or there is none. */
  | { kind: 'end'; lands: number; isNextBad: boolean }

/**
 * `isFirstGreen`: the lowest tip was checked alone on this very `agent`. Then a queue of n with at most one bad tip is
 * settled, those behind the bad one included, in ⌈log2 n⌉ checks and one for the bad tip: the strides leave just enough
 * for it. Where the first is unknown no order of checks can promise that (of two, either may be the bad one), and the top
 * comes first, for mostly all is green. Either way one train makes at most ⌈log2 n⌉ checks and one for the tip it sends
 * back, and at least one where nothing is known of a single tip.
 */
export const newStack = (size: number, isFirstGreen: boolean): StackKnown =>
  isFirstGreen
    ? { size, green: Math.min(1, size), red: null, stride: 2 ** Math.max(0, Math.ceil(Math.log2(size)) - 1) }
    : { size, green: 0, red: null, stride: size }

export const nextStep = ({ size, green, red, stride }: StackKnown): StackStep => {
  if (green === size) return { kind: 'end', lands: size, isNextBad: false }
  if (red === null) return { kind: 'check', height: Math.min(size, green + stride) }
  if (red === green + 1) return { kind: 'end', lands: green, isNextBad: true }
  return { kind: 'check', height: Math.floor((green + red) / 2) }
}

export const learn = (known: StackKnown, height: number, isGreen: boolean): StackKnown =>
  isGreen ? { ...known, green: height, stride: known.stride / 2 } : { ...known, red: height }

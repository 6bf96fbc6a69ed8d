/** Which lane paths demand: rules matched against the names of files. Pure, and in time that no pattern can blow up. */
import { posix } from 'node:path'
import type { PathRule } from '../config/path-rules.ts'
import { strictness } from '../domain/lane.ts'

/** A rule that holds for some of the paths that were asked about. */
export interface MatchedRule extends PathRule {
  /** The first such path. */
  example: string
  count: number
}

/** The rules that match one of the paths, strictest first; each looks at names as file systems without case do. */
export const matchedRules = (rules: readonly PathRule[], paths: Iterable<string>): MatchedRule[] => {
  if (rules.length === 0) return []
  const found = rules.map(rule => ({ ...rule, parts: partsOf(rule.pattern), example: '', count: 0 }))
  for (const path of paths) {
    const names = partsOf(path)
    for (const rule of found) if (holdsBelow(rule.parts, names) && rule.count++ === 0) rule.example = path
  }
  return found
    .filter(rule => rule.count > 0)
    .map(({ parts: _, ...rule }) => rule)
    .toSorted((a, b) => strictness[b.lane] - strictness[a.lane])
}

/** Paths as people and models write them: `./src\a`, `src/b/../a/` and `src//a` are `src/a`. */
const partsOf = (path: string): string[][] =>
  posix
    .normalize(path.normalize('NFC').toLowerCase().replaceAll('\\', '/'))
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .map(part => (part === '**' ? ['**'] : [...part]))

/** A rule for a folder holds for all below it, so every pattern may be followed by anything. */
const holdsBelow = (pattern: string[][], names: string[][]): boolean =>
  matches([...pattern, ['**']], names, part => part[0] === '**', partMatches)

const partMatches = (pattern: string[], name: string[]): boolean =>
  matches(
    pattern,
    name,
    sign => sign === '*',
    (sign, letter) => sign === '?' || sign === letter,
  )

/** Matches a sequence with stars, each of which stands for any run of items. Goes back to the last star only: O(n × m). */
const matches = <Item>(
  pattern: readonly Item[],
  items: readonly Item[],
  isStar: (sign: Item) => boolean,
  fits: (sign: Item, item: Item) => boolean,
): boolean => {
  let [at, star, from] = [0, -1, 0]
  for (let next = 0; next < items.length; ) {
    const sign = pattern[at]
    if (sign !== undefined && isStar(sign)) {
      star = at++
      from = next
    } else if (sign !== undefined && fits(sign, items[next]!)) {
      at++
      next++
    } else if (star >= 0) {
      at = star + 1
      next = ++from
    } else return false
  }
  return pattern.slice(at).every(isStar)
}

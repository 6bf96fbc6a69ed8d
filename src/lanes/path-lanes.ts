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

/**
 * The rules that match one of the paths, strictest first; names are looked at as file systems without case do. Paths are
 * relative, as git writes them; those of people and models go through `plainPath` first.
 */
export const matchedRules = (rules: readonly PathRule[], paths: Iterable<string>): MatchedRule[] => {
  if (rules.length === 0) return []
  const found = rules.map(rule => ({ ...rule, parts: [...partsOf(rule.pattern), '**'], example: '', count: 0 }))
  for (const path of paths) {
    const names = partsOf(path)
    for (const rule of found)
      if (matches(rule.parts, names, isAnyFolders, nameMatches) && rule.count++ === 0) rule.example = path
  }
  return found
    .filter(rule => rule.count > 0)
    .map(({ parts: _, ...rule }) => rule)
    .toSorted((a, b) => strictness[b.lane] - strictness[a.lane])
}

/** `./src\a`, `src/b/../a/` and `src//a` are `src/a`. */
export const plainPath = (path: string): string =>
  posix.normalize(path.replaceAll('\\', '/')).replace(/^\.?\/+|\/+$/g, '')

const partsOf = (path: string): string[] => path.normalize('NFC').toLowerCase().split('/')

const isAnyFolders = (part: string): boolean => part === '**'

const nameMatches = (pattern: string, name: string): boolean =>
  matches(
    pattern,
    name,
    sign => sign === '*',
    (sign, letter) => sign === '?' || sign === letter,
  )

/** Matches a sequence with stars, each of which stands for any run of items. Goes back to the last star only: O(n × m). */
const matches = (
  pattern: ArrayLike<string>,
  items: ArrayLike<string>,
  isStar: (sign: string) => boolean,
  fits: (sign: string, item: string) => boolean,
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
  while (at < pattern.length && isStar(pattern[at]!)) at++
  return at === pattern.length
}

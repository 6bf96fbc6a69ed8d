/** `paths`: which lane the files below a path demand. A rule only tightens; rules that contradict each other are refused. */
import { z } from 'zod'
import { isLooser, Lane } from '../domain/lane.ts'

/** One rule; whoever wrote it, the strictest of those that match a path holds. */
export interface PathRule {
  pattern: string
  lane: Lane
  from: 'repository' | 'operator'
}

const maxRules = 100

/** Patterns to lanes. `*` and `?` stand within one name, `**` for any folders; a folder's rule holds for all below it. */
export const PathRules = z.record(z.string(), Lane).superRefine((rules, context) => {
  for (const pattern of Object.keys(rules)) {
    const message = patternRefusal(pattern) ?? lostRule(pattern, rules)
    if (message !== null) context.addIssue({ code: 'custom', path: [pattern], message })
  }
  if (Object.keys(rules).length > maxRules) context.addIssue({ code: 'custom', message: `has over ${maxRules} rules` })
})
export type PathRules = z.infer<typeof PathRules>

const patternRefusal = (pattern: string): string | null => {
  const parts = pattern.split('/')
  if (pattern.length > 300) return 'is longer than 300 characters'
  if (parts.some(part => ['', '.', '..'].includes(part)))
    return 'must be a path below the top of the repository, without ./, // or / at its ends'
  if (/[[\]{}!\\\u0000-\u001f]/.test(pattern)) return 'must be plain but for *, ? and **: write one rule for each path'
  return parts.some(part => part.includes('**') && part !== '**') ? 'must have ** as a whole name: src/**/keys' : null
}

/** Why a rule can never decide anything, or null. */
const lostRule = (pattern: string, rules: PathRules): string | null => {
  const lane = rules[pattern]!
  if (lane === 'personal')
    return 'can never win: personal is the loosest lane, and a path can only demand a stricter one'
  const over = Object.entries(rules).find(([other, its]) => isLooser(lane, its) && covers(other, pattern))
  return over === undefined
    ? null
    : `can never win: ${over[0]} covers it and is ${over[1]}, which is stricter; drop one of them`
}

/** Whether `outer` names a folder, without wildcards, that holds all that `inner` can match. */
const covers = (outer: string, inner: string): boolean => {
  const folder = folderOf(outer)
  return !/[*?]/.test(folder) && (folderOf(inner) === folder || folderOf(inner).startsWith(`${folder}/`))
}

/** File systems that know no case, and rules that would differ by it alone, are read the strict way. */
const folderOf = (pattern: string): string =>
  pattern
    .replace(/(?:\/\*\*)+$/, '')
    .normalize('NFC')
    .toLowerCase()

/** Rules looser than the lane of the file they stand in, which holds for every path: they try to loosen it. */
export const looserRules = (rules: PathRules | undefined, own: Lane | undefined): string[] =>
  own === undefined ? [] : Object.keys(rules ?? {}).filter(pattern => isLooser(rules![pattern]!, own))

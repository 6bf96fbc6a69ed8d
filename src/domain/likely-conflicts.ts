/** Which tasks of a plan expect to change the same paths although nothing puts one of them after the other. */
import type { PlannedTask } from './plan.ts'
import { unorderedPairs } from './plan-graph.ts'

export interface LikelyConflict {
  /** Keys of the two tasks, in the plan's order. */
  one: string
  other: string
  /** The deeper of the two paths that overlap. */
  path: string
}

const plain = (path: string): string =>
  path
    .split(/[/\\]+/)
    .filter(part => part !== '' && part !== '.')
    .join('/')

/** Equal, or one is a folder above the other. Paths are taken literally: a pattern is nothing but a name here. */
const overlap = (one: string, other: string): string | null => {
  const [a, b] = [plain(one), plain(other)]
  if (a === b || b.startsWith(`${a}/`) || a === '') return b
  return a.startsWith(`${b}/`) || b === '' ? a : null
}

/** One entry a pair: the first overlap in the order the tasks name their paths. */
export const likelyConflicts = (tasks: readonly PlannedTask[]): LikelyConflict[] =>
  unorderedPairs(tasks)
    .filter(([one, other]) => one.kind === 'change' && other.kind === 'change')
    .flatMap(([one, other]) => {
      const paths = one.paths.flatMap(path => other.paths.map(against => overlap(path, against)))
      const path = paths.find(found => found !== null)
      return path === undefined || path === null ? [] : [{ one: one.key, other: other.key, path }]
    })

/** Remembers what git said about objects by their id: an object never changes, so it need be asked only once. */
import type { Oid } from '../domain/ids.ts'
import type { GitPlace } from './exec.ts'

/**
 * Like `ask`, with the answers for the last `most` objects kept, in whichever place they were asked: the same id is the
 * same content everywhere. A failure is never kept. Not for asking whether an object is there.
 */
export const remembered = <T>(
  most: number,
  ask: (place: GitPlace, oid: Oid) => Promise<T>,
): ((place: GitPlace, oid: Oid) => Promise<T>) => {
  const answers = new Map<string, T>()
  return async (place, oid) => {
    const known = answers.get(oid)
    if (known !== undefined) return known
    const answer = await ask(place, oid)
    answers.set(oid, answer)
    if (answers.size > most) answers.delete(answers.keys().next().value!)
    return answer
  }
}

/**
 * Words with the lane they inherited. What is made of a run's words (a prompt, a plan, a file, a line of a log) is made
 * from something that is in a lane, and comes out in one that is at least as strict; without it, it does not compile.
 */
import { isLooser, type Lane, strictestOf } from './lane.ts'

/** What has a lane to pass on: a run's scope, its view, its request, words that inherited one. */
export interface InLane {
  readonly lane: Lane
}

declare const inherited: unique symbol

/** Only `laned` makes one: a lane can't be made up where the words are used. */
export interface Laned<Words = string> extends InLane {
  readonly words: Words
  readonly [inherited]: true
}

/** The words in the strictest lane of all they were made of. */
export const laned = <Words>(words: Words, from: InLane, ...others: readonly InLane[]): Laned<Words> =>
  ({ words, lane: strictestOf(from.lane, ...others.map(other => other.lane)) }) as Laned<Words>

/**
 * The words, where they may go: into a place of the same lane, or of a stricter one.
 * @throws Error when the place is looser: a bug of ours, and nothing leaves
 */
export const wordsFor = <Words>(place: InLane, from: Laned<Words>): Words => {
  if (isLooser(place.lane, from.lane))
    throw new Error(`words of lane ${from.lane} on their way into lane ${place.lane}`)
  return from.words
}

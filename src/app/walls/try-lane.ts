/** Tries the guarantees in the box of one lane, and looks at what is to be seen of it from outside. */
import type { Lane } from '../../domain/lane.ts'
import type { Attack, Guarantee } from '../../lanes/walls/attack.ts'
import type { Idle, Sighting, Trial } from '../../lanes/walls/judge.ts'
import { attackBoxed, type LaneBox } from './boxes.ts'
import { type Ground, withBox } from './ground.ts'
import { digestOf } from './witness.ts'

export interface LaneTrials {
  trials: Trial[]
  sightings: Sighting[]
  idle: Idle[]
}

export const tryLane = async (ground: Ground, lane: Lane, guarantees: readonly Guarantee[]): Promise<LaneTrials> => {
  const { place, upstream } = ground
  const [bytes, stolen, digest] = [ground.stolenBytes(), upstream.stolen(), digestOf(place.watched)]
  const found = await withBox(ground, lane, `${lane}.worker`, box =>
    sideBySide(boxfuls(guarantees), (boxful, index) => {
      ground.options.signal.throwIfAborted()
      return tryBoxful(box, boxful, String(index))
    }),
  )
  const seen = (guarantee: string, what: string, isSeen: boolean): Sighting[] =>
    isSeen ? [{ lane, guarantee, what }] : []
  return {
    trials: found.flatMap(({ trials }) => trials),
    idle: found.flatMap(({ idle }) => idle),
    sightings: [
      ...seen('network', 'bytes that reached a server of this machine', ground.stolenBytes() > bytes),
      ...seen('gate', 'a request that reached the upstream and should not', upstream.stolen() > stolen),
      ...seen('files', 'a file of the operator that is not as it was', digestOf(place.watched) !== digest),
    ],
  }
}

interface Boxful {
  guarantee: Guarantee
  attacks: readonly Attack[]
}

/** What is tried in one box: all of a guarantee, but each that is to outlive its box alone. */
const boxfuls = (guarantees: readonly Guarantee[]): Boxful[] =>
  guarantees.flatMap(guarantee => {
    const together = guarantee.attacks.filter(attack => attack.after === undefined)
    const alone = guarantee.attacks.filter(attack => attack.after !== undefined).map(attack => [attack])
    return [together, ...alone].filter(some => some.length > 0).map(attacks => ({ guarantee, attacks }))
  })

const tryBoxful = async (
  box: LaneBox,
  { guarantee, attacks }: Boxful,
  index: string,
): Promise<Omit<LaneTrials, 'sightings'>> => {
  const { name, works } = guarantee
  const through = await attackBoxed(box, works === undefined ? attacks : [...attacks, works], index)
  const trials = attacks.map((attack, at) => ({
    lane: box.lane,
    guarantee: name,
    attack: attack.name,
    succeeded: through[at]!,
  }))
  const idle = works === undefined || through.at(-1) ? [] : [{ lane: box.lane, guarantee: name, what: works.name }]
  return { trials, idle }
}

/** Boxes at once: the machine has other work too. */
const atOnce = 2

const sideBySide = async <T, Result>(
  all: readonly T[],
  work: (one: T, index: number) => Promise<Result>,
): Promise<Result[]> => {
  const results: Result[] = []
  const queue = all.entries()
  const next = async (): Promise<void> => {
    for (const [index, one] of queue) results[index] = await work(one, index)
  }
  await Promise.all(Array.from({ length: atOnce }, next))
  return results
}

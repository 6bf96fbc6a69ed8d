/** The search of a train over every way in which tips may not go together: what lands, who is bad, how many checks. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { learn, newStack, nextStep } from '../../src/supervisor/train-search.ts'

/** Whether these tips, on top of all that has landed, are green. Tips are numbers, in the order of the queue. */
type World = (tips: readonly number[]) => boolean

interface Ridden {
  lands: number[]
  bad: number | null
  checks: number[][]
}

/** One train on an `agent` that holds `landed`. The first tip is known where nothing has landed since its own checks. */
const ride = (isGreen: World, landed: readonly number[], members: readonly number[]): Ridden => {
  let known = newStack(members.length, landed.length === 0)
  const checks: number[][] = []
  for (;;) {
    const step = nextStep(known)
    if (step.kind === 'end') {
      return { lands: members.slice(0, step.lands), bad: step.isNextBad ? members[step.lands]! : null, checks }
    }
    const tips = [...landed, ...members.slice(0, step.height)]
    checks.push(tips)
    known = learn(known, step.height, isGreen(tips))
  }
}

/** Trains until nobody waits any more. A tip that is sent back stays away. */
const rideAll = (
  isGreen: World,
  size: number,
): { landed: number[]; bad: number[]; checks: number; trains: Ridden[] } => {
  let queue = Array.from({ length: size }, (_, tip) => tip)
  const landed: number[] = []
  const trains: Ridden[] = []
  while (queue.length > 0) {
    const train = ride(isGreen, landed, queue)
    trains.push(train)
    landed.push(...train.lands)
    queue = queue.slice(train.lands.length + (train.bad === null ? 0 : 1))
  }
  const bad = trains.flatMap(train => train.bad ?? [])
  return { landed, bad, checks: trains.reduce((sum, train) => sum + train.checks.length, 0), trains }
}

const log2 = (n: number): number => Math.ceil(Math.log2(n))

/** Worlds from all subsets of the tips, each green or red as it comes, but for single tips: they were checked alone. */
const worldOf =
  (reds: ReadonlySet<number>): World =>
  tips =>
    tips.length <= 1 || !reds.has(tips.reduce((bits, tip) => bits | (1 << tip), 0))

/** Any world at all over up to 12 tips. */
const anyWorld = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.func(fc.boolean()), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([size, isRed, calm]): { size: number; isGreen: World } => {
    const drawn = new Map<string, boolean>()
    const isGreen: World = tips => {
      const key = tips.join(' ')
      const green = drawn.get(key) ?? (tips.length <= 1 || calm > 0.7 || !isRed(key))
      drawn.set(key, green)
      return green
    }
    return { size, isGreen }
  })

describe('in any world', () => {
  test('what lands was green as exactly that stack, and the tip sent back turned exactly that stack red', () => {
    fc.assert(
      fc.property(anyWorld, ({ size, isGreen }) => {
        const { trains, landed, bad } = rideAll(isGreen, size)
        let below: number[] = []
        for (const train of trains) {
          const top = [...below, ...train.lands]
          if (train.lands.length > 0) {
            expect(isGreen(top)).toBe(true)
            const isKnown = below.length === 0 && train.lands.length === 1
            if (!isKnown) expect(train.checks).toContainEqual(top)
          }
          if (train.bad !== null) {
            expect(train.checks).toContainEqual([...top, train.bad])
            expect(isGreen([...top, train.bad])).toBe(false)
          }
          below = top
        }
        expect([...landed, ...bad].toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, tip) => tip))
        expect(landed.filter(tip => bad.includes(tip))).toEqual([])
      }),
    )
  })

  test('a train of n makes at most ⌈log2 n⌉ checks and one more for the tip it sends back; one check where n is 1', () => {
    fc.assert(
      fc.property(anyWorld, ({ size, isGreen }) => {
        let below = 0
        for (const { lands, bad, checks } of rideAll(isGreen, size).trains) {
          const n = size - below
          const sentBack = bad === null ? 0 : 1
          expect(checks.length).toBeLessThanOrEqual(Math.max(log2(n), 1 - sentBack) + sentBack)
          below += lands.length + sentBack
        }
      }),
    )
  })

  test('tips that all go together land with one check where nothing was known, and a known single one with none', () => {
    expect(ride(() => true, [], [1])).toMatchObject({ lands: [1], checks: [] })
    for (let size = 1; size <= 40; size++) {
      const tips = Array.from({ length: size }, (_, index) => index + 1)
      expect(ride(() => true, [0], tips)).toMatchObject({ lands: tips, bad: null, checks: [[0, ...tips]] })
    }
  })
})

/** Every antichain of sets of two or more of `size` tips: the smallest sets that do not go together. */
const antichains = (size: number): number[][] => {
  const sets = Array.from({ length: 1 << size }, (_, bits) => bits).filter(bits => (bits & (bits - 1)) !== 0)
  const grow = (chosen: number[], from: number): number[][] => [
    chosen,
    ...sets.slice(from).flatMap((bits, index) => {
      const isApart = chosen.every(other => (other & bits) !== other && (other & bits) !== bits)
      return isApart ? grow([...chosen, bits], from + index + 1) : []
    }),
  ]
  return grow([], 0)
}

/** The most checks over a whole queue, by how many were sent back: [k] for these worlds. */
const worst = (size: number, worlds: Iterable<World>): (number | undefined)[] => {
  const most: (number | undefined)[] = []
  for (const world of worlds) {
    const { bad, checks } = rideAll(world, size)
    most[bad.length] = Math.max(most[bad.length] ?? 0, checks)
  }
  return most
}

const monotone = (size: number): World[] =>
  antichains(size).map(
    (reds): World =>
      tips => {
        const bits = tips.reduce((sum, tip) => sum | (1 << tip), 0)
        return reds.every(red => (bits & red) !== red)
      },
  )

function* arbitrary(size: number): Generator<World> {
  const sets = Array.from({ length: 1 << size }, (_, bits) => bits).filter(bits => (bits & (bits - 1)) !== 0)
  for (let pattern = 0; pattern < 2 ** sets.length; pattern++) {
    yield worldOf(new Set(sets.filter((_, index) => (pattern >> index) & 1)))
  }
}

describe('over a whole queue of n tips that were each green alone', () => {
  const queues: Record<number, (number | undefined)[]> = {}
  for (const size of [1, 2, 3, 4]) queues[size] = worst(size, arbitrary(size))
  queues[5] = worst(5, monotone(5))

  test('whatever goes together with whatever, the most checks for k sent back are these', () => {
    expect(queues).toEqual({ 1: [0], 2: [1, 1], 3: [1, 3, 3], 4: [2, 3, 5, 5], 5: [1, 4, 7, 8, 8] })
  })

  test('k sent back cost at most ⌈log2 n⌉ + 1 each', () => {
    for (const [size, most] of Object.entries(queues)) {
      const each = log2(Number(size)) + 1
      for (const [k, checks] of most.entries()) expect(checks).toBeLessThanOrEqual(Math.max(each - 1, k * each))
    }
  })

  test('never more than ⌈log2 n⌉ + k are made where at most one is sent back, whichever it is', () => {
    for (let size = 1; size <= 70; size++) {
      expect(rideAll(() => true, size).checks).toBeLessThanOrEqual(log2(size))
      for (let bad = 1; bad < size; bad++) {
        const queue = rideAll(tips => tips.length === 1 || !tips.includes(bad), size)
        expect(queue.bad).toEqual([bad])
        expect(queue.landed).toHaveLength(size - 1)
        expect(queue.checks, `${bad} of ${size}`).toBeLessThanOrEqual(log2(size) + 1)
      }
    }
  })
})

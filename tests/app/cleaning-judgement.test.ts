/** What may go, as pure readings: over every combination of facts, work that is nowhere else never does. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type EnvironmentFacts, judgeEnvironments } from '../../src/app/cleaning/environments.ts'
import { judgeSeat, type SeatFacts, type SeatWork, seatWork } from '../../src/app/cleaning/judge-seat.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { harvested, started, type TaskEvent } from '../support/cleaning-world.ts'

const tip = 'a'.repeat(40)
const work: fc.Arbitrary<SeatWork> = fc.constantFrom(
  { status: 'none' },
  { status: 'unharvested' },
  { status: 'harvested', tip: null },
  { status: 'harvested', tip },
)

const seats: fc.Arbitrary<SeatFacts> = fc.record({
  role: fc.constantFrom('work', 'verify', 'plan', 'errand'),
  standing: fc.constantFrom('atWork', 'waiting', 'ended', 'unknown'),
  isAnyAtWork: fc.boolean(),
  taskState: fc.constantFrom(null, 'integrated', 'cancelled', 'skipped', 'awaitingOperator', 'working', 'recorded'),
  work,
  heldBy: fc.constantFrom(null, 'refs/heads/task/k3m9q2x7-1/claude'),
  hasWorkspace: fc.boolean(),
  isReady: fc.boolean(),
  idleMs: fc.integer({ min: -1_000, max: 10_000 }),
  staysMs: fc.constantFrom(0, 5_000),
})

describe('a seat', () => {
  test('of a run that is at work or waits never goes, whatever else is so', () => {
    fc.assert(
      fc.property(seats, facts => {
        fc.pre(facts.role !== 'errand' && (facts.standing === 'atWork' || facts.standing === 'waiting'))
        expect(judgeSeat(facts).fate).toBe('keep')
      }),
    )
  })

  test('with a workspace that may hold the only copy of work is rescued or kept, never just removed', () => {
    fc.assert(
      fc.property(seats, facts => {
        const isElsewhere =
          facts.work.status === 'none' ||
          (facts.work.status === 'harvested' && (facts.work.tip === null || facts.heldBy !== null))
        fc.pre(facts.role === 'work' && facts.hasWorkspace && facts.taskState !== 'recorded')
        fc.pre(!isElsewhere || facts.standing === 'unknown' || facts.taskState === null)
        const { fate } = judgeSeat(facts)
        expect(fate).not.toBe('remove')
        if (fate === 'rescue') expect(facts.isReady).toBe(true)
      }),
    )
  })

  test('of a check or a set-up goes only when nothing at all is at work', () => {
    fc.assert(
      fc.property(seats, facts => {
        fc.pre(facts.role === 'errand')
        expect(judgeSeat(facts).fate).toBe(facts.isAnyAtWork ? 'keep' : 'remove')
      }),
    )
  })
})

const taskId = 'k3m9q2x7-1'
const log = (...events: TaskEvent[]): LoopEvent[] =>
  events.map(event => ({ runId: 'k3m9q2x7', taskId, ...event }) as unknown as LoopEvent)

test('a log tells which of a task’s seats holds work that was not harvested', () => {
  const harvest = harvested(tip, 'b'.repeat(40))
  const empty = { type: 'work.empty', findingsContentId: 'c-1' }
  const refused = { type: 'work.refused', findingsContentId: 'c-1' }
  const cases: [TaskEvent[], SeatWork][] = [
    [[], { status: 'none' }],
    [[started('codex')], { status: 'none' }],
    [[started('claude')], { status: 'unharvested' }],
    [[started('claude'), harvest], { status: 'harvested', tip }],
    [[{ type: 'plan.ready', tasks: [{ taskId, kind: 'research' }] }, started('claude')], { status: 'thrownAway' }],
    [[started('claude'), empty], { status: 'harvested', tip: null }],
    [[started('claude'), refused], { status: 'unharvested' }],
    [[started('claude'), harvest, started('claude')], { status: 'unharvested' }],
    // Another worker's harvest says nothing of this one's seat.
    [[started('claude'), started('codex'), harvest], { status: 'unharvested' }],
    [[started('claude'), harvest, started('codex')], { status: 'harvested', tip }],
  ]
  for (const [events, expected] of cases) expect(seatWork(log(...events), taskId, 'claude')).toEqual(expected)
  expect(seatWork(log(started('claude')), 'k3m9q2x7-2', 'claude')).toEqual({ status: 'none' })
})

describe('environments', () => {
  const day = 24 * 3_600_000
  const now = 100 * day
  const bounds = { environmentBytes: 100, environmentMs: 30 * day, seatMs: 0 }
  const idle = { now, isAnyAtWork: false, oldestOpenAt: null, bounds }
  const one = (usedAt: number | null, bytes: number | null, isForgotten = false): EnvironmentFacts => ({
    ...{ usedAt, bytes, isForgotten },
  })
  const fates = (all: EnvironmentFacts[], ground: Parameters<typeof judgeEnvironments>[1] = idle): string[] =>
    judgeEnvironments(all, ground).map(({ fate }) => fate)

  test('go with the last words of those who used them, whoever waits, and not under a run at work', () => {
    expect(fates([one(now - 1, 1, true), one(now - 2, 1)])).toEqual(['remove', 'keep'])
    expect(fates([one(now - 1, 1, true)], { ...idle, oldestOpenAt: now - 5 })).toEqual(['remove'])
    expect(fates([one(now - 1, 1, true)], { ...idle, isAnyAtWork: true })).toEqual(['keep'])
  })

  test('go when they are too old, half built, or the least recently used beyond the size', () => {
    expect(fates([one(now - 31 * day, 1), one(now - 29 * day, 1)])).toEqual(['remove', 'keep'])
    expect(fates([one(null, 1)])).toEqual(['remove'])
    expect(fates([one(now - 3, 60), one(now - 1, 60), one(now - 2, 30)])).toEqual(['remove', 'keep', 'keep'])
    expect(fates([one(now - 1, 500), one(now - 2, 1)])).toEqual(['keep', 'remove'])
  })

  test('of an unknown size go by their age alone', () => {
    expect(fates([one(now - 2, null), one(now - 1, 100), one(now - 31 * day, null)])).toEqual([
      'keep',
      'keep',
      'remove',
    ])
  })

  test('stay, all of them, while a run is at work, and those used since the oldest waiting run was asked for', () => {
    const all = [one(now - 31 * day, 500), one(null, 1)]
    expect(fates(all, { ...idle, isAnyAtWork: true })).toEqual(['keep', 'keep'])
    expect(fates([one(now - 31 * day, 1), one(now - 33 * day, 1)], { ...idle, oldestOpenAt: now - 32 * day })).toEqual([
      'keep',
      'remove',
    ])
  })
})

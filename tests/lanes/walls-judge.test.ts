import { expect, test } from 'vitest'
import type { Attack, Guarantee } from '../../src/lanes/walls/attack.ts'
import { guarantees } from '../../src/lanes/walls/guarantees.ts'
import { type Evidence, judge } from '../../src/lanes/walls/judge.ts'

const [door, window]: [Attack, Attack] = [
  { name: 'the door', script: 'true' },
  { name: 'the window', script: 'false' },
]
const house: Guarantee = { name: 'house', protects: '', attacks: [door, window], means: '', cure: '' }

const evidence = (over: Partial<Evidence> = {}): Evidence => ({
  trials: [door, window].map(({ name }) => ({ lane: 'private', guarantee: 'house', attack: name, succeeded: false })),
  controls: new Map([door, window].map(attack => [attack, null])),
  sightings: [],
  idle: [],
  ...over,
})
const verdict = (over?: Partial<Evidence>) => judge(house, evidence(over))

test('holds where all that could have succeeded was blocked', () => {
  expect(verdict()).toMatchObject({ verdict: 'holds', tried: 2, broken: [], untested: [] })
})

test('does not count what fails without a box too, and does not hold by that alone', () => {
  const half = new Map([
    [door, null],
    [window, 'it is bricked up'],
  ])
  expect(verdict({ controls: half })).toMatchObject({
    verdict: 'holds',
    tried: 1,
    untested: [{ attack: 'the window', why: 'it is bricked up' }],
  })
  const none = new Map([door, window].map(attack => [attack, 'it is bricked up']))
  expect(verdict({ controls: none })).toMatchObject({ verdict: 'unknown', tried: 0 })
})

test('is broken by one attack in one lane, and by what only an outsider saw', () => {
  const through = { lane: 'private' as const, guarantee: 'house', attack: 'the door', succeeded: true }
  expect(verdict({ trials: [...evidence().trials, through] })).toMatchObject({
    verdict: 'broken',
    broken: [{ what: 'the door', lanes: ['private'] }],
  })
  const seen = { lane: 'personal' as const, guarantee: 'house', what: 'a footprint' }
  expect(verdict({ sightings: [seen] })).toMatchObject({
    verdict: 'broken',
    broken: [{ what: 'a footprint', lanes: ['personal'] }],
  })
  expect(verdict({ sightings: [{ ...seen, guarantee: 'garden' }] })).toMatchObject({ verdict: 'holds' })
})

test('says nothing where what must work does not', () => {
  const dead = { lane: 'private' as const, guarantee: 'house', what: 'the bell' }
  const judged = verdict({ idle: [dead] })
  expect(judged).toMatchObject({ verdict: 'unknown', tried: 0 })
  expect(judged.untested[0]!.why).toBe('the bell does not work in lane private')
})

test('every guarantee of the short form says what it is for, and no two attacks are one', () => {
  const attacks = guarantees.flatMap(guarantee => guarantee.attacks)
  expect(new Set(attacks.map(({ name }) => name)).size).toBe(attacks.length)
  for (const { protects, means, cure, attacks: some } of guarantees) {
    for (const sentence of [protects, means, cure]) expect(sentence).toMatch(/^[A-Z a-z].*[.)a-z]$/)
    expect(some.length).toBeGreaterThan(2)
  }
})

/** Starts of processes that are asked for at once come one a turn of the event loop, in order. */
import { expect, test } from 'vitest'
import { ownTurn } from '../../src/process/turn.ts'

test('of many callers each gets a turn of its own, in the order of the calls', async () => {
  let turn = 0
  let counting = true
  const count = (): void => {
    turn++
    if (counting) setImmediate(count)
  }
  setImmediate(count)
  const got: { caller: number; turn: number }[] = []
  await Promise.all(Array.from({ length: 20 }, (_, caller) => ownTurn().then(() => got.push({ caller, turn }))))
  counting = false
  expect(got.map(({ caller }) => caller)).toEqual(Array.from({ length: 20 }, (_, n) => n))
  expect(new Set(got.map(one => one.turn)).size).toBe(20)
})

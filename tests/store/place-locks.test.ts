/** Places at a model server, between real processes. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openPlaceLocks, type PlaceLocks } from '../../src/store/place-locks.ts'

const url = 'http://127.0.0.1:11434'
const program = fileURLToPath(new URL('../fixtures/programs/hold-place.ts', import.meta.url))

let dir = ''
const opened: PlaceLocks[] = []
const open = (): PlaceLocks => {
  const locks = openPlaceLocks(dir)
  opened.push(locks)
  return locks
}
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agentlab-places-'))
})
afterEach(async () => {
  for (const locks of opened.splice(0)) locks.close()
  await rm(dir, { recursive: true })
})

test('a place belongs to one, and to the next when it was given back', () => {
  const [one, two] = [open(), open()]
  const leave = one.take(url, 1)
  expect(leave).not.toBeNull()
  expect(two.take(url, 1)).toBeNull()
  expect(two.take('http://127.0.0.1:8000', 1)).not.toBeNull()
  leave!()
  leave!()
  expect(two.take(url, 1)).not.toBeNull()
})

test('there are as many as the operator says', () => {
  const [one, two] = [open(), open()]
  expect([one.take(url, 3), two.take(url, 3), one.take(url, 3)]).not.toContain(null)
  expect(two.take(url, 3)).toBeNull()
})

test('who asked in vain has the next one, however often the other asks', () => {
  const [one, two] = [open(), open()]
  const leave = one.take(url, 1)!
  expect(two.take(url, 1)).toBeNull()
  leave()
  expect(one.take(url, 1)).toBeNull()
  const next = two.take(url, 1)
  expect(next).not.toBeNull()
  expect(one.take(url, 1)).toBeNull()
  next!()
  expect(one.take(url, 1)).not.toBeNull()
})

test('who no longer waits gives up its turn', () => {
  const [one, two] = [open(), open()]
  const leave = one.take(url, 1)!
  expect(two.take(url, 1)).toBeNull()
  leave()
  two.keepTurns(new Set())
  expect(one.take(url, 1)).not.toBeNull()
})

test('a process that is killed leaves its place', async () => {
  const child = fork(program, [dir, url])
  expect(await once(child, 'message')).toEqual([true, undefined])
  const locks = open()
  expect(locks.take(url, 1)).toBeNull()
  child.kill('SIGKILL')
  await once(child, 'exit')
  await vi.waitUntil(() => locks.take(url, 1) !== null)
})

/** The folder of a supervisor's sockets: short, private, and rid of what a killed one left. */
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeRuntimeDir } from '../../src/config/runtime-dir.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

const scratch = makeScratch('rt')
afterAll(() => removeScratch(scratch))

const env = { XDG_RUNTIME_DIR: scratch }

test('a socket in it has a path of at most 104 bytes, and nobody else can look inside', () => {
  const dir = makeRuntimeDir('/data/of/a/repository', env)
  expect(dirname(dir)).toBe(scratch)
  expect(Buffer.byteLength(join(dir, '999999.sock'))).toBeLessThanOrEqual(104)
  expect(statSync(dir).mode & 0o777).toBe(0o700)
})

test("what an earlier supervisor of the same data dir left goes; another's, and what only looks like it, stays", () => {
  const left = makeRuntimeDir('/data/one', env)
  writeFileSync(join(left, '1.sock'), '')
  const others = makeRuntimeDir('/data/two', env)
  const link = join(scratch, `${basename(left)}-link`)
  symlinkSync(others, link)
  const fresh = makeRuntimeDir('/data/one', env)
  expect(existsSync(left)).toBe(false)
  expect([fresh, others, link].map(path => existsSync(path))).toEqual([true, true, true])
})

test.each([
  { why: 'too long', base: (): string => deep() },
  { why: 'not there', base: (): string => join(scratch, 'missing') },
  { why: 'relative', base: (): string => 'relative' },
])('a runtime folder that is $why is passed over', ({ base }) => {
  const dir = makeRuntimeDir('/data/three', { XDG_RUNTIME_DIR: base() })
  afterAll(() => removeScratch(dir))
  expect(dirname(dir)).not.toBe(base())
  expect(Buffer.byteLength(join(dir, '999999.sock'))).toBeLessThanOrEqual(104)
})

const deep = (): string => {
  const path = join(scratch, 'd'.repeat(70))
  mkdirSync(path, { recursive: true })
  return path
}

/** The file that holds the gateway's token: made once, renewed whole, and trusted only where nobody else can read it. */
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureToken, readToken, renewToken } from '../../src/app/gateway/token-file.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = makeScratch('token')
  mkdirSync(dir, { recursive: true })
  path = join(dir, 'token')
})
afterEach(() => removeScratch(dir))

test('is made where there is none, and stays', async () => {
  expect(await readToken(path)).toBeNull()
  await ensureToken(path)
  const token = await readToken(path)
  expect(token).toMatch(/^sk-agentlab-[\w-]{43}$/)
  await ensureToken(path)
  expect(await readToken(path)).toBe(token)
  await renewToken(path)
  expect(await readToken(path)).not.toBe(token)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(dir)).toEqual(['token'])
})

test.each<[string, () => void]>([
  ['others can read it', () => chmodSync(path, 0o640)],
  ['it holds something else', () => writeFileSync(path, 'secret\n')],
  ['it is empty', () => writeFileSync(path, '')],
  [
    'it is a link',
    () => {
      rmSync(path)
      symlinkSync('/etc/hostname', path)
    },
  ],
  [
    'it is a folder',
    () => {
      rmSync(path)
      mkdirSync(path, { mode: 0o700 })
    },
  ],
])('is refused where %s, with the line that makes a new one', async (_, spoil) => {
  await ensureToken(path)
  spoil()
  await expect(ensureToken(path)).rejects.toMatchObject({
    code: 'token-unreadable',
    cure: expect.stringContaining('agentlab gateway --new-token'),
  })
})

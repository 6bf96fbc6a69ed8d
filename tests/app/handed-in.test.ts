import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listedFiles, readHandIn } from '../../src/app/handed-in.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

let scratch: string
let repository: Repository
let head: string
beforeAll(async () => {
  scratch = makeScratch('handed-in')
  const root = makeRepository(scratch, { 'tracked.txt': 'x', 'folder/tracked.txt': 'x' })
  for (const folder of ['outside', 'repo-like']) mkdirSync(join(scratch, folder))
  writeFileSync(join(scratch, 'outside/secret'), 'secret')
  symlinkSync(join(scratch, 'outside'), join(root, 'way'))
  symlinkSync(join(scratch, 'outside/secret'), join(root, 'link'))
  mkdirSync(join(root, 'dir'))
  mkdirSync(join(root, '.claude'))
  for (const name of ['.env.test', '.env', 'CLAUDE.md', '.claude/settings.json'])
    writeFileSync(join(root, name), 'A=1\n')
  writeFileSync(join(root, 'large'), Buffer.alloc(1024 * 1024 + 1))
  writeFileSync(join(root, 'largest'), Buffer.alloc(1024 * 1024))
  repository = await openRepository(root)
  head = shellGit(root, ['rev-parse', 'HEAD'])
})
afterAll(() => removeScratch(scratch))

test('a plain, untracked file is read; one that is not there is none', async () => {
  expect((await readHandIn(repository, '.env.test', head))?.toString()).toBe('A=1\n')
  expect(await readHandIn(repository, 'largest', head)).toHaveLength(1024 * 1024)
  expect(await readHandIn(repository, 'missing/file', head)).toBeNull()
})

test.each([
  ['link', 'a link stands on the way'],
  ['way/secret', 'a link stands on the way'],
  ['dir', 'no regular file'],
  ['tracked.txt', 'it is tracked'],
  ['folder', 'it is tracked'],
  ['large', 'larger than 1 MiB'],
  ['.env', 'their own configuration'],
  ['CLAUDE.md', 'their own configuration'],
  ['.claude/settings.json', 'their own configuration'],
])('%s is refused: %s', async (path, why) => {
  await expect(readHandIn(repository, path, head)).rejects.toMatchObject({
    code: 'hand-in-refused',
    exit: 2,
    message: expect.stringContaining(why),
  })
})

test('the list tells what is there, what is missing and what is refused', async () => {
  expect(await listedFiles(repository, ['.env.test', 'missing', 'link'])).toMatchObject([
    { path: '.env.test', isThere: true, refused: null },
    { path: 'missing', isThere: false, refused: null },
    { path: 'link', isThere: true, refused: { code: 'hand-in-refused' } },
  ])
})

/** Which paths any commit ever held: what a worker could read from the objects its workspace borrows. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pathsEverHeld } from '../../src/git/path-history.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

const scratch = makeScratch('path-history')
let repository: Repository

beforeAll(async () => {
  const root = makeRepository(scratch, { 'README.md': 'Hello\n', 'now/.env': '1\n', ':(exclude)odd/x': '1\n' })
  commitFiles(root, { 'gone/secret.txt': '1\n' })
  commitFiles(root, { 'gone/secret.txt': null })
  commitFiles(root, { 'amended/a': '1\n' })
  shellGit(root, ['reset', '-q', '--hard', 'HEAD~1'])
  shellGit(root, ['switch', '-q', '-c', 'side'])
  commitFiles(root, { 'deep/Clients/b': '1\n' })
  shellGit(root, ['switch', '-q', 'main'])
  // Merged so that nothing of it is left: the simplified history would not show the side.
  shellGit(root, ['merge', '-q', '--no-ff', '-s', 'ours', '-m', 'Merge', 'side'])
  shellGit(root, ['branch', '-q', '-D', 'side'])
  // Only the merge itself holds it.
  shellGit(root, ['switch', '-q', '-c', 'other', 'HEAD~1'])
  commitFiles(root, { 'other.txt': '1\n' })
  shellGit(root, ['switch', '-q', 'main'])
  shellGit(root, ['merge', '-q', '--no-ff', '--no-commit', 'other'])
  commitFiles(root, { 'evil/m': '1\n' })
  shellGit(root, ['rm', '-q', '-r', 'evil'])
  commitFiles(root, {})
  repository = await openRepository(root)
})
afterAll(() => removeScratch(scratch))

test.each([
  ['now/**', 'now/.env'],
  ['now', 'now/.env'],
  ['gone/**', 'gone/secret.txt'],
  ['**/*.txt', 'other.txt'],
  ['amended', 'amended/a'],
  ['**/clients/**', 'deep/Clients/b'],
  ['deep/*/b', 'deep/Clients/b'],
  ['ev?l/m', 'evil/m'],
  [':(exclude)odd/**', ':(exclude)odd/x'],
])('%s was held: %s', async (pattern, path) =>
  expect(await pathsEverHeld(repository, [pattern])).toEqual(new Map([[pattern, path]])),
)

test.each(['none/**', 'read', 'now/env', '*/b', ':!README.md', '--all'])('%s never was', async pattern =>
  expect(await pathsEverHeld(repository, [pattern])).toEqual(new Map()),
)

test('of several patterns those are told that were held, and none of none', async () => {
  expect([...(await pathsEverHeld(repository, ['none', 'gone', '--all', 'now'])).keys()]).toEqual(['gone', 'now'])
  expect(await pathsEverHeld(repository, [])).toEqual(new Map())
})

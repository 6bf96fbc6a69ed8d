import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { placeEnvironment } from '../../src/app/environment/place.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

let scratch: string
beforeAll(() => {
  scratch = makeScratch('environment')
})
afterAll(() => removeScratch(scratch))

test('places folders, files and links as they were built, and leaves what the tree already holds', async () => {
  const files = join(scratch, 'files')
  mkdirSync(join(files, 'node_modules/.bin'), { recursive: true })
  mkdirSync(join(files, 'packages/a/dist/deep'), { recursive: true })
  writeFileSync(join(files, 'node_modules/index.js'), 'module')
  symlinkSync('../index.js', join(files, 'node_modules/.bin/index'))
  writeFileSync(join(files, 'packages/a/dist/deep/x.js'), 'built')
  writeFileSync(join(files, 'run.sh'), 'tool', { mode: 0o755 })
  writeFileSync(join(files, 'kept.txt'), 'of the environment')
  symlinkSync('/nonexistent', join(files, 'link'))
  const then = new Date('2024-05-01T12:00:00Z')
  utimesSync(join(files, 'run.sh'), then, then)
  const workspace = join(scratch, 'workspace')
  mkdirSync(workspace)
  writeFileSync(join(workspace, 'kept.txt'), 'of the tree')

  const paths = ['node_modules', 'packages/a/dist', 'run.sh', 'kept.txt', 'link']
  const environment = { status: 'built' as const, hash: 'h', dir: scratch, paths }
  await placeEnvironment(environment, workspace, join(scratch, 'git'))

  const read = (path: string): string => readFileSync(join(workspace, path), 'utf8')
  expect([read('node_modules/.bin/index'), read('packages/a/dist/deep/x.js')]).toEqual(['module', 'built'])
  expect(readlinkSync(join(workspace, 'node_modules/.bin/index'))).toBe('../index.js')
  expect(readlinkSync(join(workspace, 'link'))).toBe('/nonexistent')
  expect(read('kept.txt')).toBe('of the tree')
  const placed = lstatSync(join(workspace, 'run.sh'))
  expect([placed.mode & 0o777, placed.mtime]).toEqual([0o755, then])
  expect(readFileSync(join(scratch, 'git/info/exclude'), 'utf8')).toContain('/packages/a/dist\n')
})

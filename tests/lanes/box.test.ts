/** The policy of a seat's box: what is hidden, opened again and writable. */
import { expect, test } from 'vitest'
import { boxPolicy } from '../../src/lanes/box.ts'

const limits = { wallMs: 1, outputBytes: 1, processes: 1, fileBytes: 1, openFiles: 1 }
const input = {
  containment: 'boxed' as const,
  seatRoot: '/home/u/.local/state/agentlab/0123456789ab/seats/t1-claude',
  dataDir: '/home/u/.local/state/agentlab/0123456789ab',
  home: '/home/u',
  repoRoot: '/srv/repo',
  objectDirs: ['/srv/repo/.git/objects', '/srv/shared/objects'],
  toolPrefixes: ['/home/u/.nvm/versions/node/v26'],
  extraReadable: ['/home/u/fixtures'],
  network: 'none' as const,
  limits,
}

test('hides HOME, the data dir and the repository', () => {
  expect(boxPolicy(input).hidden).toEqual(expect.arrayContaining(['/home/u', input.dataDir, '/srv/repo']))
})

test('opens object stores, tools and what the operator named, to be read', () => {
  expect(boxPolicy(input).readable).toEqual([...input.objectDirs, ...input.toolPrefixes, ...input.extraReadable])
})

test('lets the seat alone be written, and marks it', () => {
  expect(boxPolicy(input)).toMatchObject({
    writable: [input.seatRoot],
    seat: input.seatRoot,
    containment: 'boxed',
    network: 'none',
    limits,
  })
})

test('keeps login files hidden inside what it opens', () => {
  expect(boxPolicy(input).hidden).toEqual(
    expect.arrayContaining(['/home/u/.nvm/versions/node/v26/etc/npmrc', '/home/u/.nvm/versions/node/v26/.npmrc']),
  )
})

test('never hides the whole disk, whatever HOME says', () => {
  expect(boxPolicy({ ...input, home: '/' }).hidden).not.toContain('/')
  expect(boxPolicy({ ...input, home: '' }).hidden).not.toContain('')
})

test('names nothing twice', () => {
  const { hidden, readable } = boxPolicy({ ...input, repoRoot: input.home, toolPrefixes: ['/opt/x', '/opt/x'] })
  for (const paths of [hidden, readable]) expect(paths).toHaveLength(new Set(paths).size)
})

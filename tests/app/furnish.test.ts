import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Environment } from '../../src/app/environment/build.ts'
import type { Host, RunScope } from '../../src/app/host.ts'
import { emptySeat, makeSeat, type Seat, seatAt } from '../../src/app/seats.ts'
import { furnish } from '../../src/app/workspace.ts'
import type { RunRequest } from '../../src/domain/run-request.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { createWorkspace } from '../../src/git/workspace.ts'
import { makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

const author = { name: 'Worker', email: 'worker@localhost' }
let scratch: string
let repository: Repository
let head: string

beforeAll(async () => {
  scratch = makeScratch('furnish')
  repository = await openRepository(makeRepository(scratch, { 'README.md': 'Hello\n', '.gitignore': '.env.test\n' }))
  head = shellGit(repository.root, ['rev-parse', 'HEAD'])
  writeFileSync(join(repository.root, '.env.test'), 'TOKEN=1\n')
})
afterAll(() => removeScratch(scratch))

/** As it lies on disk: `node_modules/tool.js` and `dist/built.js`, told apart by `hash`. */
const environment = (hash: string): Environment => {
  const dir = join(scratch, hash)
  for (const path of ['node_modules/tool.js', 'dist/built.js']) {
    mkdirSync(dirname(join(dir, 'files', path)), { recursive: true })
    writeFileSync(join(dir, 'files', path), hash)
  }
  return { status: 'built', hash, dir, paths: ['node_modules', 'dist'] }
}

const furnishAt = (seat: Seat, one: Environment, containment: RunRequest['containment'] = 'boxed') => {
  const scope = { request: { containment }, config: { handIn: ['.env.test'] } } as RunScope
  const common = { repository, dirs: seat.dirs, commit: head, branch: 'task', identity: author }
  return furnish({ project: { repository } } as Host, scope, seat, {
    tree: head,
    environment: one,
    checkOut: kept => createWorkspace({ ...common, ...kept }),
  })
}

/** Which files these are: a number alone may be given to the next file as soon as its own is gone. */
const identities = (seat: Seat): string[] =>
  ['README.md', 'node_modules/tool.js', 'dist/built.js'].map(path => {
    const { ino, birthtimeNs } = lstatSync(join(seat.workspace, path), { bigint: true })
    return `${ino} ${birthtimeNs}`
  })

test('what nobody touched stays, what somebody touched is placed anew, and nothing else is left', async () => {
  const seat = seatAt(join(scratch, 'seats'), 'one')
  await makeSeat(seat)
  await furnishAt(seat, environment('first'))
  const before = identities(seat)
  writeFileSync(join(seat.workspace, 'dist/built.js'), 'forged')
  writeFileSync(join(seat.workspace, 'node_modules/planted.js'), 'planted')
  writeFileSync(join(seat.workspace, '.env.test'), 'forged')
  writeFileSync(join(seat.home, 'kept'), 'of the last one')
  writeFileSync(join(seat.root, 'beside'), 'of the last one')

  await emptySeat(seat)
  await furnishAt(seat, environment('first'))
  expect(identities(seat).map((identity, index) => identity === before[index])).toEqual([true, true, false])
  const read = (path: string): string => readFileSync(join(seat.workspace, path), 'utf8')
  expect([read('dist/built.js'), read('.env.test')]).toEqual(['first', 'TOKEN=1\n'])
  const planted = ['workspace/node_modules/planted.js', 'home/kept', 'beside']
  expect(planted.filter(path => existsSync(join(seat.root, path)))).toEqual([])
  expect(shellGit(seat.workspace, ['status', '--porcelain'])).toBe('')

  await emptySeat(seat)
  await furnishAt(seat, environment('second'))
  expect([read('node_modules/tool.js'), read('dist/built.js')]).toEqual(['second', 'second'])
})

test('without a box a workspace is made anew: nothing that tells the difference lies out of reach', async () => {
  const seat = seatAt(join(scratch, 'seats'), 'unboxed')
  await makeSeat(seat)
  await furnishAt(seat, environment('first'), 'unboxed')
  expect(existsSync(seat.memory)).toBe(false)
  writeFileSync(join(seat.workspace, 'kept-open'), '')
  await furnishAt(seat, environment('first'), 'unboxed')
  expect(existsSync(join(seat.workspace, 'kept-open'))).toBe(false)
})

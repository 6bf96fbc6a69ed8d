import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { isRepositoryLockStale, withRepositoryLock } from '../../src/git/lock.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { prepareReviewWorktree, removeReviewWorktree } from '../../src/git/review-worktree.ts'
import { addReviewWorktree, excludeFromGit, removeWorktree } from '../../src/git/worktree.ts'
import { listWorktrees } from '../../src/git/worktree-list.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let scratch: string
let directory: string
let repository: Repository
let first: string
let second: string

beforeAll(async () => {
  scratch = makeScratch('worktree')
  directory = makeRepository(scratch)
  first = shellGit(directory, ['rev-parse', 'HEAD'])
  second = commitFiles(directory, { 'more.txt': 'more\n' })
  repository = await openRepository(directory)
})
afterAll(() => removeScratch(scratch))

describe('a review worktree', () => {
  test('is detached and clean, may be asked for twice, and is not made over anything else', async () => {
    const path = join(directory, 'worktrees', 'a b')
    await addReviewWorktree(repository, { path, commit: first })
    await addReviewWorktree(repository, { path, commit: first })
    expect(shellGit(path, ['status', '--porcelain', '--branch'])).toBe('## HEAD (no branch)')
    await expect(addReviewWorktree(repository, { path, commit: second })).rejects.toHaveProperty(
      'code',
      'worktree-occupied',
    )
    await expect(
      addReviewWorktree(repository, { path: join(directory, '.git'), commit: second }),
    ).rejects.toHaveProperty('code', 'worktree-occupied')
    expect(await removeWorktree(repository, path)).toEqual({ status: 'removed' })
    expect(await removeWorktree(repository, path)).toEqual({ status: 'removed' })
  })

  test('with unsaved work is kept, and so is what is no worktree', async () => {
    const path = join(scratch, 'unsaved')
    await addReviewWorktree(repository, { path, commit: first })
    writeFileSync(join(path, 'note.txt'), 'mine')
    expect(await removeWorktree(repository, path)).toMatchObject({ status: 'kept' })
    expect(readFileSync(join(path, 'note.txt'), 'utf8')).toBe('mine')
    expect(await removeWorktree(repository, scratch)).toMatchObject({ status: 'kept' })
    expect(await removeWorktree(repository, directory)).toMatchObject({ status: 'kept' })
  })

  test('comes back where its folder was deleted by hand', async () => {
    const path = join(scratch, 'deleted')
    await addReviewWorktree(repository, { path, commit: first })
    removeScratch(path)
    await addReviewWorktree(repository, { path, commit: second })
    expect(shellGit(path, ['rev-parse', 'HEAD'])).toBe(second)
  })

  test('can be made twelve at a time while others list them', async () => {
    const paths = Array.from({ length: 12 }, (_, index) => join(scratch, `crowd${index}`))
    let isDone = false
    const adding = Promise.all(paths.map(path => addReviewWorktree(repository, { path, commit: second }))).finally(
      () => {
        isDone = true
      },
    )
    let listed = 0
    while (!isDone) listed = Math.max(listed, (await listWorktrees(repository)).length)
    await adding
    const found = (await listWorktrees(repository)).map(entry => entry.path)
    expect(paths.every(path => found.includes(path))).toBe(true)
    expect(listed).toBeGreaterThan(0)
  })
})

describe('the lock', () => {
  test('lets one in at a time and survives a failing holder', async () => {
    let inside = 0
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) =>
        withRepositoryLock(repository, async () => {
          inside += 1
          expect(inside).toBe(1)
          await new Promise(resolve => setImmediate(resolve))
          inside -= 1
          if (index === 2) throw new Error('a failing holder')
        }),
      ),
    )
    expect(results.map(result => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ])
  })

  test('of a dead process is taken over', async () => {
    const { spawnSync } = await import('node:child_process')
    const dead = spawnSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' }).stdout.trim()
    const holder = { pid: Number(dead), startTicks: '1', bootId: 'any' }
    writeFileSync(join(directory, '.git', 'agentlab-worktree.lock'), JSON.stringify(holder))
    expect(await withRepositoryLock(repository, async () => 'in')).toBe('in')
  })
})

test("a lock whose holder's pid belongs to another process by now is taken over", async () => {
  const holder = { pid: process.pid, startTicks: '1', bootId: 'any' }
  writeFileSync(join(directory, '.git', 'agentlab-worktree.lock'), JSON.stringify(holder))
  expect(await isRepositoryLockStale(repository)).toBe(true)
  expect(await withRepositoryLock(repository, async () => 'in')).toBe('in')
})

test('a pattern is excluded once, and no line of the file is lost', async () => {
  const file = join(directory, '.git/info/exclude')
  writeFileSync(file, 'mine')
  expect(await excludeFromGit(repository, 'worktrees/')).toBe(true)
  expect(await excludeFromGit(repository, 'worktrees/')).toBe(false)
  expect(readFileSync(file, 'utf8')).toBe('mine\nworktrees/\n')
})

describe('a worktree for reviewing a task', () => {
  test('is made, kept, brought along when it holds nothing, and refused when something would be lost', async () => {
    const id = 'k3m9q2x7-2'
    const made = await prepareReviewWorktree(repository, id, first)
    expect(made).toEqual({ path: join(directory, 'worktrees', id), did: 'made' })
    expect((await prepareReviewWorktree(repository, id, first)).did).toBe('kept')
    expect((await prepareReviewWorktree(repository, id, second)).did).toBe('renewed')
    expect(shellGit(made.path, ['rev-parse', 'HEAD'])).toBe(second)
    writeFileSync(join(made.path, 'note.txt'), 'mine')
    expect((await prepareReviewWorktree(repository, id, second)).did).toBe('kept')
    await expect(prepareReviewWorktree(repository, id, first)).rejects.toMatchObject({ code: 'worktree-changed' })
    expect(await removeReviewWorktree(repository, id)).toMatchObject({
      status: 'kept',
      why: expect.stringMatching(/note/),
    })
    expect(readFileSync(join(made.path, 'note.txt'), 'utf8')).toBe('mine')
  })

  test('stays for a file that git ignores, and for a commit that is on no branch', async () => {
    const ignored = await prepareReviewWorktree(repository, 'k3m9q2x7-3', first)
    writeFileSync(join(directory, '.git', 'info', 'exclude'), '*.secret\n/worktrees/\n')
    writeFileSync(join(ignored.path, 'my.secret'), 'mine')
    expect(await removeReviewWorktree(repository, 'k3m9q2x7-3')).toMatchObject({ status: 'kept' })
    const own = await prepareReviewWorktree(repository, 'k3m9q2x7-4', first)
    commitFiles(own.path, { 'own.txt': 'mine\n' }, 'Mine')
    expect(await removeReviewWorktree(repository, 'k3m9q2x7-4')).toMatchObject({
      status: 'kept',
      why: expect.stringMatching(/on no branch/),
    })
    expect(await removeReviewWorktree(repository, 'k3m9q2x7-5')).toBeNull()
  })
})

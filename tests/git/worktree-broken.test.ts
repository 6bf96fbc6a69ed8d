/** Linked worktrees in every broken state: each is recognised without running git in it, mended, and nothing unsaved is lost. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { mendWorktree } from '../../src/git/mend-worktree.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { listRescues } from '../../src/git/rescue-refs.ts'
import { addReviewWorktree } from '../../src/git/worktree.ts'
import { listWorktrees } from '../../src/git/worktree-list.ts'
import { inspectWorktrees, type WorktreeRecord } from '../../src/git/worktree-state.ts'
import { makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const when = Date.UTC(2026, 10, 25, 12, 0, 0)

let scratch: string
let directory: string
let repository: Repository
let commit: string
let folders: string[]
let path: string
let admin: string

beforeEach(async () => {
  scratch = makeScratch('broken')
  directory = makeRepository(scratch, {
    'README.md': 'Hello\n',
    'lib/a.txt': 'a\n',
    '.gitattributes': '*.txt filter=evil\n',
  })
  commit = shellGit(directory, ['rev-parse', 'HEAD'])
  repository = await openRepository(directory)
  folders = [join(directory, 'worktrees')]
  path = join(folders[0]!, 'k3m9q2x7-1')
  await addReviewWorktree(repository, { path, commit })
  admin = join(directory, '.git', 'worktrees', 'k3m9q2x7-1')
})
afterEach(() => removeScratch(scratch))

const stateNow = async (): Promise<WorktreeRecord> => {
  const [record, ...more] = await inspectWorktrees(repository, folders)
  expect(more).toEqual([])
  return record!
}

const mend = async () => mendWorktree(repository, await stateNow(), when)

/** Two files of a person's: one changed, one new. */
const leaveWork = (): void => {
  writeFileSync(join(path, 'README.md'), 'Changed\n')
  writeFileSync(join(path, 'note.txt'), 'mine\n')
}

const show = (ref: string | null, file: string): string => shellGit(directory, ['show', `${ref}:${file}`])

const expectWorkIn = (ref: string | null): void => {
  expect(ref).toMatch(/^refs\/agentlab\/rescue\/k3m9q2x7-1\/20261125T120000Z/)
  expect([show(ref, 'README.md'), show(ref, 'note.txt')]).toEqual(['Changed', 'mine'])
}

test('a sound worktree is sound, also with work in it, and is left alone', async () => {
  leaveWork()
  expect(await stateNow()).toMatchObject({ state: 'sound', head: commit, path, why: '' })
  expect(await mend()).toMatchObject({ status: 'left', rescue: null })
  expect(readFileSync(join(path, 'note.txt'), 'utf8')).toBe('mine\n')
})

test('a worktree its owner locked is nobody else’s to touch, even where its folder is gone', async () => {
  shellGit(directory, ['worktree', 'lock', '--reason', 'on a stick', path])
  rmSync(path, { recursive: true })
  expect(await stateNow()).toMatchObject({ state: 'locked' })
  expect(await mend()).toMatchObject({ status: 'left' })
  expect(existsSync(admin)).toBe(true)
})

test('a missing folder: what was staged and what was committed on no branch is kept, then the record goes', async () => {
  shellGit(path, ['commit', '--allow-empty', '-qm', 'On no branch'])
  const lone = shellGit(path, ['rev-parse', 'HEAD'])
  writeFileSync(join(path, 'staged.txt'), 'staged\n')
  shellGit(path, ['add', 'staged.txt'])
  rmSync(path, { recursive: true })
  expect(await stateNow()).toMatchObject({ state: 'missing', head: lone })
  const mended = await mend()
  expect(mended).toMatchObject({ status: 'mended' })
  expect(show(mended.rescue, 'staged.txt')).toBe('staged')
  expect(shellGit(directory, ['merge-base', '--is-ancestor', lone, mended.rescue!])).toBe('')
  expect(await listWorktrees(repository)).toHaveLength(1)
})

test('a missing folder of which all is on a branch leaves no rescue behind, also when its making was cut short', async () => {
  writeFileSync(join(admin, 'locked'), 'initializing')
  rmSync(path, { recursive: true })
  expect(await stateNow()).toMatchObject({ state: 'missing' })
  expect(await mend()).toMatchObject({ status: 'mended', rescue: null })
  expect([await listRescues(repository), existsSync(admin)]).toEqual([[], false])
  await addReviewWorktree(repository, { path, commit })
  expect(await stateNow()).toMatchObject({ state: 'sound' })
})

test('one left "locked initializing" goes; files laid out by then are no work, a changed one is kept', async () => {
  rmSync(join(admin, 'index'))
  rmSync(join(path, 'README.md'))
  writeFileSync(join(admin, 'locked'), 'initializing')
  expect(await stateNow()).toMatchObject({ state: 'initializing' })
  expect(await mend()).toMatchObject({ status: 'mended', rescue: null })
  expect([existsSync(path), existsSync(admin)]).toEqual([false, false])

  await addReviewWorktree(repository, { path, commit })
  writeFileSync(join(admin, 'locked'), 'initializing')
  leaveWork()
  expectWorkIn((await mend()).rescue)
})

test('one whose files were never laid out is unfinished, and asking for it again finishes it', async () => {
  rmSync(join(admin, 'index'))
  rmSync(join(path, 'README.md'))
  expect(await stateNow()).toMatchObject({ state: 'unfinished' })
  await addReviewWorktree(repository, { path, commit })
  expect(readFileSync(join(path, 'README.md'), 'utf8')).toBe('Hello\n')
  expect(await stateNow()).toMatchObject({ state: 'sound' })
})

const canary = (): string => join(scratch, 'canary')
const plantRepository = (at: string): void => {
  mkdirSync(at, { recursive: true })
  shellGit(at, ['init', '-q'])
  shellGit(at, ['config', 'core.fsmonitor', `touch ${canary()}; false`])
  shellGit(at, ['config', 'filter.evil.clean', `touch ${canary()}; cat`])
}

test('a replaced .git is recognised, nothing it says is run, and the worktree is one again with its work in place', async () => {
  leaveWork()
  const planted = join(scratch, 'planted')
  plantRepository(planted)
  for (const replace of [
    () => writeFileSync(join(path, '.git'), `gitdir: ${join(planted, '.git')}\n`),
    () => symlinkSync(join(planted, '.git'), join(path, '.git')),
    () => plantRepository(path),
    () => undefined,
  ]) {
    rmSync(join(path, '.git'), { recursive: true, force: true })
    replace()
    expect(await stateNow()).toMatchObject({ state: 'replaced', head: commit })
    const mended = await mend()
    expect(mended).toMatchObject({ status: 'mended' })
    expectWorkIn(mended.rescue)
    expect(shellGit(path, ['status', '--porcelain'])).toBe(' M README.md\n?? note.txt')
  }
  expect(existsSync(canary())).toBe(false)
  expect(existsSync(join(path, '..', `k3m9q2x7-1.git-found-${when}`, 'config'))).toBe(true)
})

test("the repository's own filters do not run while work is kept: it is kept as it lies there", async () => {
  shellGit(directory, ['config', 'filter.evil.clean', `touch ${canary()}; echo filtered`])
  shellGit(directory, ['config', 'filter.evil.required', 'true'])
  leaveWork()
  rmSync(join(path, '.git'))
  expectWorkIn((await mend()).rescue)
  expect(existsSync(canary())).toBe(false)
})

test.each(['commondir', 'gitdir', 'HEAD'])(
  'a damaged %s in its record is set right, the work stays and is kept',
  async file => {
    leaveWork()
    for (const damage of [() => rmSync(join(admin, file)), () => writeFileSync(join(admin, file), '')]) {
      damage()
      expect(await stateNow()).toMatchObject({ state: 'corrupt', path, head: commit })
      const mended = await mend()
      expect(mended).toMatchObject({ status: 'mended' })
      expectWorkIn(mended.rescue)
      expect(shellGit(path, ['status', '--porcelain'])).toBe(' M README.md\n?? note.txt')
      expect(await listWorktrees(repository)).toHaveLength(2)
    }
  },
)

test('a folder whose record is gone is found below its own folder only, and its files are kept before it goes', async () => {
  leaveWork()
  rmSync(admin, { recursive: true })
  expect(await inspectWorktrees(repository)).toEqual([])
  expect(await stateNow()).toMatchObject({ state: 'unregistered', path, adminDir: null })
  const mended = await mend()
  expectWorkIn(mended.rescue)
  expect(existsSync(path)).toBe(false)
})

test('what holds a repository of its own can not be kept whole, so it stays', async () => {
  const nested = join(path, 'nested')
  plantRepository(nested)
  shellGit(nested, [
    '-c',
    'user.name=n',
    '-c',
    'user.email=n@n',
    '-c',
    'core.fsmonitor=false',
    'commit',
    '--allow-empty',
    '-qm',
    'n',
  ])
  rmSync(canary(), { force: true })
  rmSync(admin, { recursive: true })
  expect(await mend()).toMatchObject({ status: 'left', why: 'nested is a repository of its own' })
  expect(existsSync(nested)).toBe(true)
  expect(existsSync(canary())).toBe(false)
})

test('a folder replaced by a link is not followed', async () => {
  const elsewhere = join(scratch, 'elsewhere')
  mkdirSync(elsewhere)
  writeFileSync(join(elsewhere, 'private.txt'), 'private\n')
  rmSync(path, { recursive: true })
  symlinkSync(elsewhere, path)
  expect(await stateNow()).toMatchObject({ state: 'missing' })
  expect(await mend()).toMatchObject({ status: 'mended', rescue: null })
  expect(existsSync(join(elsewhere, 'private.txt'))).toBe(true)
  expect(existsSync(join(elsewhere, '.git'))).toBe(false)
})

/** Review worktrees, demos and the readers: what status and worktree say, what gc lets go of, and what it never touches. */
import { existsSync, linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMeter } from '../../src/app/cleaning/disk-usage.ts'
import { cleanUp } from '../../src/app.ts'
import { status } from '../../src/cli/commands/status.ts'
import { worktree } from '../../src/cli/commands/worktree.ts'
import { dataDirOf } from '../../src/config/data-dir.ts'
import type { CleaningResult } from '../../src/domain/cleaning.ts'
import { addReviewWorktree } from '../../src/git/worktree.ts'
import { takeLock } from '../../src/store/lock.ts'
import { callWith } from '../support/call.ts'
import { type CleaningWorld, makeCleaningWorld, started, touch } from '../support/cleaning-world.ts'
import { commitFiles, makeRepository, removeScratch, shellGit } from '../support/git-repository.ts'

const never = new AbortController().signal
const day = 24 * 3_600_000

let world: CleaningWorld
beforeEach(async () => {
  world = await makeCleaningWorld()
})
afterEach(() => {
  world.project.close()
  removeScratch(world.scratch)
})

const results = async (): Promise<CleaningResult[]> => (await cleanUp(world.project, { signal: never })).results
const call = () => callWith({ cwd: world.root, env: world.env }).call

/** A review worktree for a task of its own whose run has ended. */
const review = async (runId: string, taskState: string, commit: string): Promise<string> => {
  const path = join(world.root, 'worktrees', world.run(runId, 'done', taskState))
  await addReviewWorktree(world.project.repository, { path, commit })
  return path
}

test('review worktrees go once what they show is on main or closed, and nothing in them is unsaved', async () => {
  world.git('switch', '-qc', 'agent')
  const ahead = commitFiles(world.root, { 'new.txt': 'new\n' })
  world.git('switch', '-q', 'main')
  const onMain = await review('aaaaaaaa', 'integrated', world.base)
  const closed = await review('bbbbbbbb', 'rejected', ahead)
  const toReview = await review('cccccccc', 'integrated', ahead)
  const changed = await review('dddddddd', 'integrated', world.base)
  writeFileSync(join(changed, 'note.txt'), 'mine\n')
  const committed = await review('eeeeeeee', 'integrated', world.base)
  commitFiles(committed, { 'mine.txt': 'mine\n' })
  const operators = join(world.scratch, 'operators-own')
  world.git('worktree', 'add', '-q', '--detach', operators)

  const found = (await results()).filter(({ kind }) => kind === 'worktree')
  expect(found.map(({ name, isGone, why }) => [name, isGone, why])).toEqual([
    ['aaaaaaaa-1', true, 'what it shows is on main'],
    ['bbbbbbbb-1', true, 'its task is closed'],
    ['cccccccc-1', false, 'what it shows is not on main yet'],
    ['dddddddd-1', false, expect.stringMatching(/not saved|changes/)],
    ['eeeeeeee-1', false, expect.stringMatching(/no branch/)],
  ])
  expect([onMain, closed, toReview, changed, committed, operators].map(path => existsSync(path))).toEqual([
    false,
    false,
    true,
    true,
    true,
    true,
  ])
})

test('a broken one is named by worktree, status and gc, and mended by --mend; the operator’s own only by what is typed', async () => {
  const broken = await review('aaaaaaaa', 'integrated', world.base)
  writeFileSync(join(broken, 'note.txt'), 'mine\n')
  rmSync(join(broken, '.git'))
  const own = join(world.scratch, 'own')
  world.git('worktree', 'add', '-q', '--detach', own)
  rmSync(own, { recursive: true })

  const listed = await worktree(call(), {})
  expect(listed.text).toMatch(/^aaaaaaaa-1 +review +replaced/m)
  expect(listed.text).toMatch(/^own +yours +missing/m)
  expect(listed.remarks!.join('\n')).toMatch(/worktree --mend[\s\S]*git worktree prune/)
  expect((await status(call())).text).toMatch(/broken: 1 review worktree\n {4}agentlab worktree --mend/)
  expect((await results()).find(({ kind }) => kind === 'worktree')).toMatchObject({
    isGone: false,
    why: expect.stringContaining('agentlab worktree --mend'),
  })

  const mended = await worktree(call(), { mend: true })
  expect(mended.text).toMatch(/^mended {2}aaaaaaaa-1: it is a worktree again/)
  expect(mended.remarks!.join('\n')).toMatch(/git show refs\/agentlab\/rescue\/aaaaaaaa-1\//)
  expect(shellGit(broken, ['status', '--porcelain'])).toBe('?? note.txt')
  expect(existsSync(join(world.root, '.git', 'worktrees', 'own'))).toBe(true)
  expect((await worktree(call(), { mend: true })).remarks).toEqual(['Nothing is to be mended.'])
  expect((await status(call())).text).toMatch(/rescued work\n {2}refs\/agentlab\/rescue\/aaaaaaaa-1\//)
})

test('status says what waits, oldest first, who serves, what is stranded, and what lies where', async () => {
  const taskId = world.run('aaaaaaaa', 'cancelled', 'cancelled', [started('codex')])
  await world.seat(taskId, 'codex', { 'x.txt': 'x\n' })
  world.run('bbbbbbbb', 'awaitingOperator', 'awaitingOperator')
  world.run('cccccccc', 'working', 'working')
  const stranded = await status(call())
  expect(stranded.text).toMatch(/waits for you\n {2}cccccccc {2}interrupted .*\n {4}agentlab resume cccccccc/)
  expect(stranded.text).toMatch(/^ {2}no supervisor is alive$/m)
  expect(stranded.text).toMatch(/^ {2}run aaaaaaaa \(cancelled\) +\d+\.\d KiB +seats \d/m)
  expect(stranded.text).toMatch(/could go: .*agentlab gc --dry-run$/m)
  expect(stranded.json).toMatchObject({ supervisor: null, atWork: ['cccccccc'], waiting: [{ runId: 'bbbbbbbb' }] })

  const lock = takeLock(world.project.paths.lock, Date.now())!
  const served = (await status(call())).text
  expect(served).not.toContain('interrupted')
  expect(served).toMatch(new RegExp(`supervisor: process ${process.pid}, since 20\\d\\d-`))
  lock.release()
})

test('a demo left by a kill goes a day later with its data dir; one that is kept, is shown or waits to be served stays', async () => {
  const demos = join(world.scratch, 'state', 'agentlab', 'demo')
  const holder = (pid: number) => JSON.stringify({ pid, startTicks: 'x', bootId: 'x' })
  const demo = (name: string, marker: string | null, age: number): { folder: string; dataDir: string } => {
    const folder = join(demos, name)
    mkdirSync(folder, { recursive: true })
    const repo = makeRepository(folder)
    shellGit(folder, ['-C', repo, 'status'])
    const moved = join(folder, 'repo')
    shellGit(folder, ['clone', '-q', repo, moved])
    const dataDir = dataDirOf({ commonGitDir: join(moved, '.git'), env: world.env })
    mkdirSync(dataDir)
    if (marker !== null) {
      writeFileSync(join(folder, 'shown-by.json'), marker)
      touch(join(folder, 'shown-by.json'), Date.now() - age)
    }
    return { folder, dataDir }
  }
  const left = demo('left0000', holder(1), 2 * day)
  const young = demo('young000', holder(1), 1_000)
  const kept = demo('kept0000', null, 0)
  const served = demo('served00', holder(1), 2 * day)
  const lock = takeLock(join(served.dataDir, 'supervisor.lock'), Date.now())!
  const gone = (await results()).filter(({ kind, isGone }) => kind === 'demo' && isGone)
  lock.release()
  expect(gone.map(({ name }) => name)).toEqual(['left0000'])
  expect([left.folder, left.dataDir].map(path => existsSync(path))).toEqual([false, false])
  for (const { folder, dataDir } of [young, kept, served])
    expect([existsSync(folder), existsSync(dataDir)]).toEqual([true, true])
})

test('sizes are blocks on disk, a file with two names counts once, links are not followed, unreadable is not measured', async () => {
  const folder = join(world.scratch, 'sizes')
  mkdirSync(folder)
  const empty = (await createMeter(5_000).measure(folder))!
  writeFileSync(join(folder, 'a'), Buffer.alloc(100_000, 1))
  const one = (await createMeter(5_000).measure(folder))! - empty
  expect(one).toBeGreaterThanOrEqual(100_000)
  linkSync(join(folder, 'a'), join(folder, 'b'))
  expect((await createMeter(5_000).measure(folder))! - empty).toBe(one)
  expect(await createMeter(5_000).measure(join(folder, 'missing'))).toBe(0)
  expect(await createMeter(-1).measure(folder)).toBeNull()
})

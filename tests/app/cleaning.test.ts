/** Cleaning on a real disk: real git, real boxes, planted links, killed processes. */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cleanUp, planCleanUp, withForegroundSupervisor } from '../../src/app.ts'
import type { CleaningItem, CleaningResult } from '../../src/domain/cleaning.ts'
import { lockHolder } from '../../src/store/lock.ts'
import { type CleaningWorld, harvested, makeCleaningWorld, started, touch } from '../support/cleaning-world.ts'
import { removeScratch } from '../support/git-repository.ts'
import { until } from './lab.ts'

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

const clean = async (): Promise<CleaningResult[]> => (await cleanUp(world.project, { signal: never })).results
const named = <T extends CleaningItem>(items: T[], name: string): T => items.find(item => item.name === name)!
const seatsLeft = (): string[] => {
  const { seats } = world.project.paths
  return existsSync(seats) ? readdirSync(seats).toSorted() : []
}
const show = (ref: string, file: string): string => world.git('show', `${ref}:${file}`)
const rescues = (): string[] =>
  world.git('for-each-ref', '--format=%(refname)', 'refs/agentlab/rescue').split('\n').filter(Boolean)

test('unsaved work in the seat of an ended run is kept under a ref before the seat goes; committed, uncommitted or both', async () => {
  const taskId = world.run('aaaaaaaa', 'cancelled', 'cancelled', [started('codex')])
  const seat = await world.seat(taskId, 'codex', { 'README.md': 'Changed\n', '.claude/settings.json': '{}\n' })
  const place = { GIT_DIR: seat.dirs.gitDir, GIT_WORK_TREE: seat.workspace }
  const inSeat = (...args: string[]) =>
    execFileSync('git', args, { cwd: seat.workspace, env: { ...world.env, ...place } })
  inSeat('commit', '-aqm', 'The first half')
  writeFileSync(join(seat.workspace, 'second.txt'), 'second\n')

  expect(named(await planCleanUp(world.project), 'aaaaaaaa-1.codex')).toMatchObject({ fate: 'rescue' })
  const result = named(await clean(), 'aaaaaaaa-1.codex')
  expect(result).toMatchObject({
    isGone: true,
    note: expect.stringContaining('refs/agentlab/rescue/aaaaaaaa-1.codex/'),
  })
  const [ref, ...more] = rescues()
  expect(more).toEqual([])
  expect([show(ref!, 'README.md'), show(ref!, 'second.txt'), show(ref!, '.claude/settings.json')]).toEqual([
    'Changed',
    'second',
    '{}',
  ])
  expect(seatsLeft()).toEqual([])
  expect(world.git('for-each-ref', 'refs/agentlab/base')).toBe('')
})

test('a seat whose work is on its branch goes at once; when that branch is gone, its work is rescued', async () => {
  const taskId = world.run('bbbbbbbb', 'failed', 'cancelled', [started('claude'), harvested(world.base, world.base)])
  await world.seat(taskId, 'claude')
  world.git('commit', '-q', '--allow-empty', '-m', 'On the branch')
  const tip = world.git('rev-parse', 'HEAD')
  world.git('branch', 'task/bbbbbbbb-1/claude')
  expect(named(await planCleanUp(world.project), 'bbbbbbbb-1.claude')).toMatchObject({ fate: 'remove' })
  const lost = world.run('cccccccc', 'failed', 'cancelled', [started('claude'), harvested('f'.repeat(40), world.base)])
  await world.seat(lost, 'claude', { 'only.txt': 'copy\n' })
  const results = await clean()
  expect(named(results, 'bbbbbbbb-1.claude')).toMatchObject({ isGone: true, note: null })
  expect(named(results, 'cccccccc-1.claude')).toMatchObject({ fate: 'rescue', isGone: true })
  expect(show(rescues()[0]!, 'only.txt')).toBe('copy')
  expect(world.git('rev-parse', 'HEAD')).toBe(tip)
})

test('nothing of a run that is at work or waits is touched, and each says why', async () => {
  const atWork = world.run('dddddddd', 'working', 'working', [started('codex')])
  const waits = world.run('eeeeeeee', 'awaitingOperator', 'awaitingOperator', [started('codex')])
  for (const taskId of [atWork, waits]) await world.seat(taskId, 'codex', { 'x.txt': 'x\n' })
  world.environment('old', Date.now() - 400 * day, 10)
  mkdirSync(join(world.project.dataDir, 'incoming', 'incoming-x'), { recursive: true })
  mkdirSync(join(world.project.paths.seats, 'check.abc.1'))
  const before = [seatsLeft(), world.git('for-each-ref')]
  const results = await clean()
  expect(results.filter(({ fate }) => fate !== 'keep')).toEqual([])
  expect(results.every(({ isGone, why }) => !isGone && why !== '')).toBe(true)
  expect(named(results, 'eeeeeeee-1.codex').why).toMatch(/waits for you/)
  expect([seatsLeft(), world.git('for-each-ref')]).toEqual(before)
})

test('what can not be kept whole keeps its seat: nested repositories, other branches, a lost base, a seat without a record', async () => {
  const seatOf = async (runId: string) =>
    world.seat(world.run(runId, 'cancelled', 'cancelled', [started('codex')]), 'codex', { 'x.txt': 'x\n' })
  const env = {
    ...world.env,
    GIT_AUTHOR_NAME: 'n',
    GIT_AUTHOR_EMAIL: 'n@n',
    GIT_COMMITTER_NAME: 'n',
    GIT_COMMITTER_EMAIL: 'n@n',
  }
  const nested = await seatOf('nested00')
  execFileSync('git', ['init', '-q', join(nested.workspace, 'inner')], { env })
  const stray = await seatOf('stray000')
  const place = { GIT_DIR: stray.dirs.gitDir, GIT_WORK_TREE: stray.workspace }
  const tree = execFileSync('git', ['write-tree'], { env: { ...env, ...place } })
    .toString()
    .trim()
  const lone = execFileSync('git', ['commit-tree', tree, '-m', 'lone'], { env: { ...env, ...place } })
    .toString()
    .trim()
  execFileSync('git', ['update-ref', 'refs/heads/elsewhere', lone], { env: { ...env, ...place } })
  const bare = await seatOf('bare0000')
  rmSync(`${bare.root}.ready.json`)
  const gone = await seatOf('gone0000')
  writeFileSync(`${gone.root}.ready.json`, JSON.stringify({ base: 'e'.repeat(40), purpose: 'work' }))

  const results = await clean()
  for (const [seat, words] of [
    [nested, /whole/],
    [stray, /other branches/],
    [bare, /look yourself/],
    [gone, /is gone/],
  ] as const) {
    const result = named(results, seat.name)
    expect([result.isGone, result.note ?? result.why]).toEqual([false, expect.stringMatching(words)])
    expect(existsSync(join(seat.workspace, 'x.txt'))).toBe(true)
    expect(world.git('for-each-ref', `refs/agentlab/base/${seat.name.split('.')[0]}`)).not.toBe('')
  }
})

test('a hostile seat runs nothing outside its box, and no link planted in it is followed', async () => {
  const outside = join(world.scratch, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'mine.txt'), 'mine\n')
  const taskId = world.run('hostile0', 'cancelled', 'cancelled', [started('codex')])
  const seat = await world.seat(taskId, 'codex', { link: { link: outside }, '.gitattributes': '* filter=evil\n' })
  const config = join(seat.dirs.gitDir, 'config')
  const evil = `touch ${outside}/canary; cat`
  writeFileSync(config, `[core]\nbare=false\nfsmonitor="${evil}"\n[filter "evil"]\nclean="${evil}"\n`)
  symlinkSync(outside, join(seat.root, 'planted'))
  rmSync(seat.home, { recursive: true })
  symlinkSync(outside, seat.home)
  const result = named(await clean(), seat.name)
  expect(result, result.note ?? '').toMatchObject({ isGone: true })
  expect(readdirSync(outside)).toEqual(['mine.txt'])
  expect(rescues()).toHaveLength(1)
})

test('leftovers of kills go: half seats, seats of checks, cut-short harvests and removals, locks of the dead, orphan pins', async () => {
  const { dataDir, paths, repository } = world.project
  world.run('ffffffff', 'done', 'integrated')
  mkdirSync(join(paths.seats, 'ffffffff-1.codex.io'), { recursive: true })
  writeFileSync(join(paths.seats, 'ffffffff-1.codex.ready.json.new'), '')
  mkdirSync(join(paths.seats, 'check.abc.1', 'locked'), { recursive: true })
  chmodSync(join(paths.seats, 'check.abc.1', 'locked'), 0)
  for (const folder of ['incoming/incoming-x', 'trash/0123', 'views/diff-x'])
    mkdirSync(join(dataDir, folder), { recursive: true })
  touch(join(dataDir, 'views/diff-x'), Date.now() - 2 * day)
  world.git('update-ref', 'refs/agentlab/base/ffffffff-1', 'HEAD')
  world.git('update-ref', 'refs/agentlab/base/unknown1-1', 'HEAD')
  const gitDir = repository.commonDir
  writeFileSync(join(gitDir, 'agentlab-worktree.lock'), JSON.stringify({ pid: 1, startTicks: 'x', bootId: 'x' }))
  for (const lock of ['refs/agentlab/base/x.lock', 'refs/heads/agent.lock', 'refs/heads/main.lock', 'index.lock']) {
    writeFileSync(join(gitDir, lock), '')
    touch(join(gitDir, lock), Date.now() - day)
  }
  writeFileSync(join(gitDir, 'refs/heads/codex.lock'), '')
  const results = await clean()
  expect(results.filter(({ fate, isGone }) => fate !== 'keep' && !isGone)).toEqual([])
  expect(seatsLeft()).toEqual([])
  expect(['incoming', 'trash', 'views'].map(folder => readdirSync(join(dataDir, folder)))).toEqual([[], [], []])
  expect(world.git('for-each-ref', 'refs/agentlab')).toBe('')
  const exists = (path: string): boolean => existsSync(join(gitDir, path))
  expect(['agentlab-worktree.lock', 'refs/agentlab/base/x.lock', 'refs/heads/agent.lock'].map(exists)).toEqual([
    false,
    false,
    false,
  ])
  // The operator's own, and one that git may hold at this moment.
  expect(['refs/heads/main.lock', 'index.lock', 'refs/heads/codex.lock'].map(exists)).toEqual([true, true, true])
})

test('seats of no run that is known here are rescued, not just removed', async () => {
  const seat = await world.seat('unknown1-1', 'gemini', { 'x.txt': 'x\n' })
  const result = named(await clean(), seat.name)
  expect(result).toMatchObject({ fate: 'rescue', isGone: true })
  expect(show(rescues()[0]!, 'x.txt')).toBe('x')
})

test('a tree too deep to be named goes, and its size is said to be not measured', async () => {
  const folder = join(world.project.paths.seats, 'check.deep.1')
  mkdirSync(folder, { recursive: true })
  const dig = `for (let n = 0; n < 100; n += 1) { fs.mkdirSync('d'.repeat(99)); process.chdir('d'.repeat(99)) }`
  execFileSync(process.execPath, ['-e', dig], { cwd: folder })
  expect(named(await clean(), 'check.deep.1')).toMatchObject({ bytes: null, isGone: true })
  expect(seatsLeft()).toEqual([])
})

const program = resolve('src/cli/main.ts')
/** Root may do anything; without its capabilities a file's own owner and mode count. */
const withoutPrivilege = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-all', '--inh-caps=-all'] : []

const cliThrough = async (
  through: string[],
  ...args: string[]
): Promise<{ exit: number | null; stdout: string; stderr: string }> => {
  const [file, ...words] = [...through, process.execPath, program, ...args]
  const child = spawn(file!, words, {
    cwd: world.root,
    env: world.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', data => (stdout += data))
  child.stderr.on('data', data => (stderr += data))
  const exit = await new Promise<number | null>(done => child.once('close', done))
  return { exit, stdout, stderr }
}
const cli = (...args: string[]) => cliThrough([], ...args)

test("what belongs to somebody else stays and is said, the rest goes; a data dir that can't be written is an error", async ctx => {
  if (process.getuid?.() !== 0) ctx.skip('only root can give a folder to somebody else')
  const { paths, dataDir } = world.project
  for (const name of ['check.mine.1', 'check.theirs.1']) mkdirSync(join(paths.seats, name), { recursive: true })
  chownSync(join(paths.seats, 'check.theirs.1'), 12_345, 12_345)
  const ended = await cliThrough(withoutPrivilege, 'gc')
  expect(ended).toMatchObject({
    exit: 1,
    stderr: expect.stringMatching(/still there: seat check\.theirs\.1: .*as its owner/),
  })
  expect(seatsLeft()).toEqual(['check.theirs.1'])

  chmodSync(dataDir, 0o500)
  const refused = await cliThrough(withoutPrivilege, 'gc')
  chmodSync(dataDir, 0o700)
  expect([refused.exit, refused.stderr]).toEqual([1, expect.stringMatching(/no permission\n {2}→ Make the folder of/)])
})
test('the dry run prints what the real one then does, two at once do it once, and a third finds nothing', async () => {
  const taskId = world.run('aaaaaaaa', 'cancelled', 'cancelled', [started('codex')])
  await world.seat(taskId, 'codex', { 'x.txt': 'x\n' })
  await world.seat(world.run('bbbbbbbb', 'awaitingOperator', 'awaitingOperator', []), 'codex')
  world.environment('old', Date.now() - 400 * day, 5_000)
  const before = seatsLeft()
  const dry = await cli('gc', '--dry-run')
  expect([dry.exit, seatsLeft()]).toEqual([0, before])
  expect(dry.stdout).toMatch(/^rescue {2}seat +aaaaaaaa-1\.codex/m)
  expect(dry.stdout).toMatch(/^keep {4}seat +bbbbbbbb-1\.codex .* its run waits for you$/m)
  const both = await Promise.all([cli('gc'), cli('gc')])
  expect(
    both.map(({ exit }) => exit),
    both.map(({ stderr }) => stderr).join('\n'),
  ).toEqual([0, 0])
  expect(both.map(({ stdout }) => stdout)).toContain(dry.stdout)
  expect(rescues()).toHaveLength(1)
  expect(await cli('gc')).toMatchObject({ exit: 0, stderr: expect.stringContaining('Nothing was removed.') })
  expect(seatsLeft().every(name => name.startsWith('bbbbbbbb'))).toBe(true)
})

test('while a supervisor is alive it is the one that cleans', async () => {
  await world.seat(world.run('aaaaaaaa', 'cancelled', 'cancelled', [started('codex')]), 'codex', { 'x.txt': 'x\n' })
  await withForegroundSupervisor(world.project, { signal: never }, async () => {
    await until('the supervisor', () => lockHolder(world.project.paths.lock) !== null)
    const results = await clean()
    expect(named(results, 'aaaaaaaa-1.codex')).toMatchObject({ isGone: true })
    expect(world.project.store.commands.unanswered()).toEqual([])
  })
  expect([seatsLeft(), rescues().length]).toEqual([[], 1])
})

test('cleaning that is killed anywhere is finished by the next one, and nothing of the work is lost', async () => {
  for (let n = 0; n < 3; n += 1) {
    const taskId = world.run(`killed0${n}`, 'cancelled', 'cancelled', [started('codex')])
    await world.seat(taskId, 'codex', { 'x.txt': `${n}\n` })
  }
  for (const seenSeats of [9, 7]) {
    const child = spawn(process.execPath, [program, 'gc'], { cwd: world.root, env: world.env, stdio: 'ignore' })
    const ended = new Promise<boolean>(done => child.once('close', () => done(true)))
    await Promise.race([until('some progress', () => seatsLeft().length < seenSeats), ended])
    child.kill('SIGKILL')
    await ended
  }
  expect((await clean()).every(({ fate, isGone }) => fate === 'keep' || isGone)).toBe(true)
  expect(seatsLeft()).toEqual([])
  for (let n = 0; n < 3; n += 1) {
    const ref = rescues().find(name => name.includes(`killed0${n}-1.codex`))
    expect(show(ref!, 'x.txt')).toBe(String(n))
  }
  expect(readdirSync(join(world.project.dataDir, 'trash'))).toEqual([])
})

test('a supervisor that comes to rest cleans within the bounds, and only then', async () => {
  await world.seat(world.run('aaaaaaaa', 'cancelled', 'cancelled', [started('codex')]), 'codex', { 'x.txt': 'x\n' })
  const old = await world.seat(world.run('bbbbbbbb', 'cancelled', 'cancelled', [started('codex')]), 'codex', {
    'x.txt': 'x\n',
  })
  for (const path of [old.io, `${old.root}.ready.json`]) touch(path, Date.now() - 8 * day)
  const [young, aged] = [
    world.environment('young', Date.now(), 10),
    world.environment('aged', Date.now() - 31 * day, 10),
  ]
  const said: string[] = []
  await withForegroundSupervisor(world.project, { signal: never, log: line => said.push(line) }, () =>
    until('the cleaning', () => !existsSync(aged) && !existsSync(old.root)),
  )
  expect(existsSync(young)).toBe(true)
  expect(seatsLeft()).toEqual(['aaaaaaaa-1.codex', 'aaaaaaaa-1.codex.io', 'aaaaaaaa-1.codex.ready.json'])
  expect(rescues()).toHaveLength(1)
})

test('a temporary folder goes with what it has in shared memory once its process was killed, and not before', async () => {
  const temp = world.env.TMPDIR!
  const script = `import(${JSON.stringify(resolve('src/process/owned-temp.ts'))}).then(async ({ makeOwnedTemp }) => {
    await makeOwnedTemp('walls')
    process.stdin.resume()
  })`
  const child = spawn(process.execPath, ['-e', script], { env: world.env, stdio: ['pipe', 'ignore', 'inherit'] })
  const ended = new Promise(done => child.once('exit', done))
  const name = await until('the folder', () => readdirSync(temp).find(one => one.startsWith('agentlab-walls-')))
  mkdirSync(join(temp, 'agentlab-walls-notours'))
  const shared = join('/dev/shm', name)
  writeFileSync(shared, '')
  expect(await planCleanUp(world.project)).toEqual([])
  child.kill('SIGKILL')
  await ended
  expect(named(await clean(), name)).toMatchObject({ kind: 'leftover', isGone: true })
  expect([readdirSync(temp), existsSync(shared)]).toEqual([['agentlab-walls-notours'], false])
})

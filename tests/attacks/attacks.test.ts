/**
 * Every attack against the box of a worker, in each lane that must hold and as root and as an ordinary user. Two
 * witnesses: the script's own exit code, and from outside the box decoys that count bytes and a digest of what is the
 * operator's. Without the box the same scripts succeed, or it is said why they can't.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WallsReport } from '../../src/app/walls/try-walls.ts'
import { hostileFiles } from '../workers/contract/hostile-repository.ts'
import { attacks, guarantees } from './all.ts'
import { agentFiles, elsewhere } from './elsewhere.ts'
import { poisons } from './poisons.ts'

// A safety net only: a busy machine takes its time for a thousand boxes and scripts.
vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 })

const root = resolve(import.meta.dirname, '../..')
const program = resolve(root, 'tests/fixtures/programs/try-attacks.ts')
const ordinary = 65_534
const isRoot = process.getuid?.() === 0
const users = isRoot ? [0, ordinary] : [process.getuid?.() ?? ordinary]
const lanes = ['private', 'enterprise'] as const

/** Somewhere on disk that is nobody's: only root can make it, and everybody may read it. */
const openFolder = isRoot ? mkdtempSync('/srv/agentlab-attacks-') : null
const secret = openFolder === null ? null : join(openFolder, 'note.txt')

beforeAll(() => {
  if (openFolder === null) return
  chmodSync(openFolder, 0o755)
  writeFileSync(secret!, 'SECRET', { mode: 0o644 })
})
afterAll(() => {
  if (openFolder !== null) rmSync(openFolder, { recursive: true })
})

const asUser = (uid: number): string[] =>
  uid === process.getuid?.() ? [] : ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups']

/** Descriptor 9 is a file that whoever starts AgentLab had open. */
const stdio = (fd: number) => ['ignore', 'pipe', 'pipe', ...Array(5).fill('ignore'), 'ignore', fd] as const

const tried = async (uid: number, wish: { only: string[]; isCheck?: boolean }): Promise<WallsReport> => {
  const fd = openSync(secret ?? program, 'r')
  const [file, ...args] = [...asUser(uid), process.execPath, program, JSON.stringify({ lanes, ...wish })]
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', ELSEWHERE: openFolder ?? '/nowhere' }
  const child = spawn(file!, args, { cwd: '/', env, stdio: [...stdio(fd)] })
  let [stdout, stderr] = ['', '']
  child.stdout!.on('data', data => (stdout += data))
  child.stderr!.on('data', data => (stderr += data))
  const exit = await new Promise(done => child.on('close', done))
  closeSync(fd)
  if (exit !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const names = guarantees.map(({ name }) => name)

describe.each(users)('as user %i', uid => {
  let report: WallsReport

  beforeAll(async () => {
    report = await tried(uid, { only: names })
  })

  test.each(lanes)('no attack gets through in lane %s', lane => {
    const here = report.trials.filter(trial => trial.lane === lane)
    expect(here.map(({ attack }) => attack)).toEqual(attacks.map(({ name }) => name))
    expect(here.filter(({ succeeded }) => succeeded).map(({ attack }) => attack)).toEqual([])
    process.stdout.write(`attacks blocked, lane ${lane}, user ${uid}: ${here.length}/${attacks.length}\n`)
  })

  test('nothing of it is seen from outside, and the gates answer', () => {
    const { judgements } = report
    expect(judgements.flatMap(({ broken }) => broken)).toEqual([])
    expect(judgements.map(({ name, verdict }) => [name, verdict])).toEqual(names.map(name => [name, 'holds']))
  })

  test('without the box the same attacks succeed, or it is said why not', () => {
    const reasons = new Map(attacks.map(({ name, mayBeMissing }) => [name, mayBeMissing]))
    const vain = report.judgements.flatMap(({ untested }) => untested)
    const expected = uid === 0 ? 'root may do it anyway' : 'only root could do it'
    expect(vain.filter(({ attack, why }) => why !== expected && why !== reasons.get(attack))).toEqual([])
    for (const { attack, why } of vain.filter(({ why }) => why !== expected))
      process.stdout.write(`no control as user ${uid} for ${attack}: ${why}\n`)
    expect(attacks.length - vain.length).toBeGreaterThan(attacks.length * (uid === 0 ? 0.75 : 0.6))
  })

  test('what a worker may do still works in its box', async () => {
    const { trials } = await tried(uid, { only: ['lawful'] })
    expect(trials.filter(({ succeeded }) => !succeeded)).toEqual([])
    expect(trials.length).toBeGreaterThan(0)
  })

  test('no way out leads out of the box of a check either', async () => {
    const { trials, judgements } = await tried(uid, { only: ['network'], isCheck: true })
    expect(trials.filter(({ succeeded }) => succeeded)).toEqual([])
    expect(judgements[0]).toMatchObject({ verdict: 'holds', broken: [] })
  })
})

test('the attacks are distinct, and at least ninety', () => {
  expect(attacks.length).toBeGreaterThanOrEqual(90)
  expect(new Set(attacks.map(attack => attack.script + (attack.after ?? ''))).size).toBe(attacks.length)
  expect(new Set(attacks.map(attack => attack.name)).size).toBe(attacks.length)
})

test('what is tried elsewhere is tried there', () => {
  const text = new Map(elsewhere.map(({ file }) => [file, readFileSync(resolve(root, file), 'utf8')]))
  expect(elsewhere.filter(({ file, title }) => !text.get(file)!.includes(title))).toEqual([])
  const files = hostileFiles('http://127.0.0.1:9', true)
  expect(Object.keys(agentFiles).filter(path => files[path] === undefined)).toEqual([])
  const names = [...attacks, ...poisons, ...elsewhere].map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  process.stdout.write(`attacks in tests of their own: ${elsewhere.length}, poisoned workspaces: ${poisons.length}\n`)
})

test('a descriptor that is open is inherited where nobody closes it', () => {
  const fd = openSync(secret ?? program, 'r')
  const ended = spawnSync('/bin/bash', ['-c', 'grep -q SECRET <&9'], { stdio: [...stdio(fd)] })
  closeSync(fd)
  expect(ended.status).toBe(0)
})

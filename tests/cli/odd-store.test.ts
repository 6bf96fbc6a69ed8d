/** The command line on a store that is newer, older, damaged or out of reach: what is said, and that nothing is lost. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../src/store/database.ts'
import { migrations } from '../../src/store/migrations.ts'
import { createStore } from '../../src/store/store.ts'
import { recording, recordRun } from '../support/recorded-run.ts'
import { agentlab, dataDirIn, makeWorld, type World } from './world.ts'

let world: World
let path: string

beforeEach(() => {
  world = makeWorld()
  mkdirSync(dataDirIn(world), { recursive: true })
  path = join(dataDirIn(world), 'store.db')
  const store = createStore(openDatabase(path))
  store.write(() => recordRun(store, recording({ runId: 'aaaaaaa1', filler: 2_000 })))
  store.close()
})

const setVersion = (version: number): void => {
  const db = openDatabase(path)
  db.pragma(`user_version = ${version}`)
  db.close()
}

/** Without agents on PATH: asking each for its version takes seconds. */
const doctor = (...args: string[]) =>
  agentlab({ ...world, env: { ...world.env, PATH: '/usr/bin:/bin' } }, ['doctor', ...args])

const bytes = (): string => readFileSync(path, 'base64')

test('a newer one is refused by readers and writers alike, and not touched', async () => {
  setVersion(migrations.length + 1)
  const before = bytes()
  for (const args of [['runs'], ['show', 'aaaaaaa1'], ['cancel', 'aaaaaaa1'], ['task', '--rehearse', 'hello', 'x']]) {
    const { exit, stdout, stderr } = await agentlab(world, args)
    expect({ exit, stdout }, args.join(' ')).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toMatch(
      /written by a newer AgentLab \(version \d+, this one knows \d+\)\n {2}→ Use the newer AgentLab/,
    )
  }
  expect(bytes()).toBe(before)
  expect(readdirSync(dataDirIn(world)).filter(name => name.startsWith('store.db'))).toEqual(['store.db'])
})

test('a damaged page is said where it is met, by doctor, and by who would write', async () => {
  const damaged = readFileSync(path)
  // Every page but the first, which the opening reads.
  damaged.fill(0x5a, 4_096)
  writeFileSync(path, damaged)
  for (const args of [['runs'], ['show', 'aaaaaaa1'], ['events'], ['cancel', 'aaaaaaa1']]) {
    const { exit, stdout, stderr } = await agentlab(world, [...args, '--json'])
    expect(exit, args.join(' ')).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'store-unreadable' } })
    expect(stderr).toMatch(/store\.db: it is damaged or no store of ours\n {2}→ It was left as it is/)
  }
  const { stdout } = await doctor('--json')
  const { diagnoses } = JSON.parse(stdout) as { diagnoses: { what: string }[] }
  expect(diagnoses.find(({ what }) => what === 'store')).toMatchObject({ status: 'fail' })
  expect(readFileSync(path).equals(damaged)).toBe(true)
})

test('doctor says that a store is whole', async () => {
  const { stdout } = await doctor()
  expect(stdout).toMatch(/^ok +store: version \d+, [\d,]+ bytes, whole$/m)
})

test('one on a disk that only reads is said to be out of reach', async context => {
  const state = world.env.XDG_STATE_HOME!
  const through = ['/usr/bin/bwrap', '--dev-bind', '/', '/', '--ro-bind', state, state, '--']
  const { exit, stdout, stderr } = await agentlab(world, ['runs'], { through })
  if (stderr.startsWith('bwrap:')) return context.skip('needs a working bubblewrap to make the folder read-only')
  expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
  expect(stderr).toMatch(/failed on opening .*store\.db: no permission\n {2}→ Make the folder of .* writable for you/)
})

test('an older one is copied and brought up to date by the first command, which says so once', async context => {
  if (migrations.length === 1) return context.skip('there has been one version so far')
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
  openDatabase(path, { steps: migrations.slice(0, -1) }).close()
  const first = await agentlab(world, ['runs'])
  expect(first, first.stderr).toMatchObject({ exit: 0 })
  expect(first.stderr).toMatch(/^The store was brought to version \d+\. As it was before: .*\.before-v\d+-\d+T\d+Z\n/)
  expect((await agentlab(world, ['runs'])).stderr).not.toContain('As it was before')
})

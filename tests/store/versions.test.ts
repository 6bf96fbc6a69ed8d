/** Stores that are not as this AgentLab left them: newer, older, half migrated, damaged, locked, out of reach. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDatabase, type Sql } from '../../src/store/database.ts'
import { takeLock } from '../../src/store/lock.ts'
import { migrations } from '../../src/store/migrations.ts'
import { createStore } from '../../src/store/store.ts'
import { runId, scratchDir, scratchStore } from './scratch-store.ts'

const newest = migrations.length
const versionOf = (db: Sql): unknown => db.pragma('user_version', { simple: true })
const steps = (count: number): string[] => [...migrations, 'CREATE TABLE late (n INTEGER) STRICT'].slice(0, count)

/** A store of that version with one event in it. Gives its path. */
const storeOf = (version: number): string => {
  const path = join(scratchDir(), 'store.db')
  const db = openDatabase(path, { steps: steps(version) })
  db.prepare(`INSERT INTO events (at, epoch, run_id, type, data) VALUES (1, 1, ?, 'run.concluded', ?)`).run(
    runId,
    JSON.stringify({ type: 'run.concluded', runId }),
  )
  db.close()
  return path
}

/** Every file beside the store with its bytes. */
const folder = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dirname(path)).map(name => [name, readFileSync(join(dirname(path), name)).toString('base64')]),
  )

/** A process that brings the store to the next version; the more rows, the longer it takes. */
const migrating = (path: string, rows: number): ChildProcess => {
  const program = join(import.meta.dirname, '../fixtures/store/migrate-slowly.ts')
  const child = spawn(process.execPath, [program, path, String(rows)], { stdio: 'inherit' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const copiesOf = (path: string): string[] => readdirSync(dirname(path)).filter(name => name.includes('.before-'))

const tables = (db: Sql): unknown[] =>
  db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).pluck().all()

describe('a store of a newer version', () => {
  test.each([{ readonly: false }, { readonly: true }])('is refused and not touched (%j)', options => {
    const path = storeOf(newest + 1)
    const before = folder(path)
    expect(() => openDatabase(path, options)).toThrow(
      expect.objectContaining({
        code: 'store-newer',
        exit: 2,
        message: expect.stringContaining(`version ${newest + 1}, this one knows ${newest}`),
      }),
    )
    expect(folder(path)).toEqual(before)
  })

  test('is known by its log as well, where the newer AgentLab was killed', () => {
    const path = storeOf(newest)
    const newer = openDatabase(path)
    newer.pragma(`user_version = ${newest + 1}`)
    // As a kill leaves them: the version is in the log alone.
    const killed = join(scratchDir(), 'store.db')
    for (const end of ['', '-wal']) copyFileSync(path + end, killed + end)
    newer.close()
    const { 'store.db': file, 'store.db-wal': log } = folder(killed)
    expect(() => openDatabase(killed)).toThrow(expect.objectContaining({ code: 'store-newer' }))
    expect(folder(killed)).toMatchObject({ 'store.db': file, 'store.db-wal': log })
  })
})

describe('a store of an older version', () => {
  test.each(migrations.map((_, index) => index + 1))('%i is copied, then brought up to date', version => {
    const path = storeOf(version)
    const told: string[] = []
    const db = openDatabase(path, { steps: steps(newest + 1), tell: line => void told.push(line) })
    expect(versionOf(db)).toBe(newest + 1)
    expect(db.prepare('SELECT count(*) FROM events').pluck().get()).toBe(1)
    expect(tables(db)).toContain('late')
    db.close()

    const [copy, ...others] = copiesOf(path)
    expect(others).toEqual([])
    expect(copy).toMatch(new RegExp(`^store\\.db\\.before-v${newest + 1}-\\d{8}T\\d{6}Z$`))
    expect(told).toEqual([expect.stringContaining(join(dirname(path), copy!))])
    expect(statSync(join(dirname(path), copy!)).mode & 0o777).toBe(0o600)
    const old = openDatabase(join(dirname(path), copy!), { readonly: true, steps: steps(version) })
    expect(tables(old)).not.toContain('late')
    expect(old.prepare('SELECT type FROM events').pluck().all()).toEqual(['run.concluded'])
    old.close()

    openDatabase(path, { steps: steps(newest + 1), tell: line => void told.push(line) }).close()
    expect(told).toHaveLength(1)
    expect(copiesOf(path)).toEqual([copy])
  })

  test('is not migrated by one that may only read', () => {
    const path = storeOf(newest)
    const before = folder(path)
    expect(() => openDatabase(path, { readonly: true, steps: steps(newest + 1) })).toThrow(
      expect.objectContaining({ code: 'store-older', cure: expect.stringContaining('agentlab runs') }),
    )
    expect(folder(path)).toEqual(before)
  })

  test('is not migrated under a supervisor that still works on it', () => {
    const path = storeOf(newest)
    const lock = takeLock(join(dirname(path), 'supervisor.lock'), 1)!
    const open = (): Sql => openDatabase(path, { steps: steps(newest + 1) })
    expect(open).toThrow(
      expect.objectContaining({ code: 'store-in-use', cure: expect.stringContaining(`kill ${process.pid}`) }),
    )
    expect(copiesOf(path)).toEqual([])
    lock.release()
    open().close()
    expect(copiesOf(path)).toHaveLength(1)
  })

  test('is as it was after a step that fails, and a copy was kept', () => {
    const path = storeOf(newest)
    expect(() => openDatabase(path, { steps: [...steps(newest + 1), 'CREATE TABLE late (n)'] })).toThrow('late')
    const db = openDatabase(path)
    expect(versionOf(db)).toBe(newest)
    expect(tables(db)).not.toContain('late')
    db.close()
  })

  test('is as it was after kill -9 in the middle', async () => {
    const path = storeOf(newest)
    const child = migrating(path, 1_000_000_000)
    const gone = once(child, 'exit')
    while (copiesOf(path).length === 0) await sleep(10)
    child.kill('SIGKILL')
    expect(await gone).toEqual([null, 'SIGKILL'])
    const db = openDatabase(path)
    expect(versionOf(db)).toBe(newest)
    expect(tables(db)).not.toContain('late')
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(db.prepare('SELECT count(*) FROM events').pluck().get()).toBe(1)
    db.close()
  })

  test('is migrated once where two come at the same time', async () => {
    const path = storeOf(newest)
    const both = [migrating(path, 100_000), migrating(path, 100_000)]
    expect(await Promise.all(both.map(child => once(child, 'exit')))).toEqual([
      [0, null],
      [0, null],
    ])
    expect(copiesOf(path)).toHaveLength(1)
    const db = openDatabase(path, { steps: steps(newest + 1) })
    expect(db.prepare('SELECT count(*) FROM late').pluck().get()).toBe(100_000)
    db.close()
  })
})

describe('a damaged store is said to be one and left as it is:', () => {
  const damages: [string, (path: string) => void][] = [
    ['no store at all', path => writeFileSync(path, 'a letter to somebody, and quite a long one\n'.repeat(40))],
    ['a few bytes', path => writeFileSync(path, 'SQLite')],
    ['half of one', path => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ['a page and a half', path => truncateSync(path, 6_000)],
    [
      'emptied beside its log',
      path => {
        truncateSync(path, 0)
        writeFileSync(`${path}-wal`, 'x'.repeat(5_000))
      },
    ],
  ]
  test.each(damages)('%s', (_, damage) => {
    const path = storeOf(newest)
    damage(path)
    const before = folder(path)
    expect(() => openDatabase(path)).toThrow(
      expect.objectContaining({ code: 'store-unreadable', cure: expect.stringContaining('left as it is') }),
    )
    expect(folder(path)).toMatchObject(before)
  })
})

test('a store that another process keeps locked is said to be', () => {
  const store = scratchStore()
  const other = openDatabase(store.path)
  other.exec('BEGIN IMMEDIATE')
  const mine = createStore(openDatabase(store.path, { patienceMs: 50 }))
  expect(() => mine.write(() => store.nextEpoch())).toThrow(
    expect.objectContaining({ code: 'store-busy', cure: expect.stringContaining(store.path) }),
  )
  expect(mine.events.lastSeq()).toBe(0)
  mine.close()
  other.close()
})

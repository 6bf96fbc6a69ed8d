/**
 * An erasure that is killed, or meets a full or a read-only disk: what it tells is so, and the next one finishes it. After
 * each fault and each second try every byte of the data dir is looked through.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openProject, type Project, purge } from '../../src/app.ts'
import { newContentId } from '../../src/domain/ids.ts'
import { filesHolding } from '../support/canary.ts'
import { type CleaningWorld, makeCleaningWorld } from '../support/cleaning-world.ts'
import { removeScratch } from '../support/git-repository.ts'

const never = { signal: new AbortController().signal }
const canary = 'Kanarienvogel7Station'
const fixture = join(import.meta.dirname, '../fixtures/erasure/purge-killed.ts')

let world: CleaningWorld
beforeEach(async () => {
  world = await makeCleaningWorld('')
})
afterEach(() => {
  world.project.close()
  removeScratch(world.scratch)
})

const of = (runId: string) => ({ runId, lane: null, endedBefore: null })

/** Words of an ended run wherever several runs' words lie, and where only its own do. */
const plant = (project: Project, runId: string, size = 2_000): void => {
  world.run(runId, 'failed', 'cancelled')
  if (project !== world.project)
    for (const { event, at } of world.project.store.events.ofRun(runId)) project.store.events.append(event, at, 1)
  project.store.machines.save({ id: runId, kind: 'run', runId, state: 'failed', context: {}, seq: 1 })
  const row = { id: newContentId(Math.random), runId, taskId: null, lane: 'private', kind: 'goal', at: 1 } as const
  project.store.content.add({ ...row, text: `${canary} `.repeat(size) })
  mkdirSync(join(project.paths.transcripts, runId), { recursive: true })
  writeFileSync(join(project.paths.transcripts, runId, 'planner-claude-1.jsonl'), canary)
  appendFileSync(project.paths.log, `${canary}\n`)
  const line = { tag: 'v1', tasks: [{ taskId: `${runId}-1`, title: canary }] }
  appendFileSync(join(project.dataDir, 'promotions.jsonl'), `${JSON.stringify(line)}\n`)
  const copy = `${project.paths.store}.before-v9-20260101T000000Z`
  rmSync(copy, { force: true })
  const copying = new Database(project.paths.store)
  copying.prepare('VACUUM INTO ?').run(copy)
  copying.close()
}

const isTold = ({ store }: Project, runId: string): number =>
  store.events.ofRun(runId).filter(({ event }) => event.type === 'content.erased').length

/** What is told is so: told, and nothing is left; or not told. */
const isHonest = (project: Project, runId: string, what: string): void => {
  if (isTold(project, runId) > 0) expect(filesHolding(project.dataDir, canary), what).toEqual([])
}

const finishes = async (project: Project, runId: string, what: string): Promise<void> => {
  await purge(project, of(runId), never)
  expect(filesHolding(project.dataDir, canary), what).toEqual([])
  expect(isTold(project, runId), what).toBe(1)
  expect(project.store.erasure.untold(), what).toEqual([])
  expect(project.store.erasure.isPending(), what).toBe(false)
}

test.each(['step', 'write'])(
  'killed with SIGKILL at each %s, it tells nothing that is not so, and is finished',
  async where => {
    for (let count = 0; ; count++) {
      const what = `${where} ${count}`
      const runId = `kill${where.slice(0, 2)}${String(count).padStart(2, '0')}`
      plant(world.project, runId)
      const args = [fixture, world.root, runId, where, String(count)]
      const end = spawnSync(process.execPath, args, { env: world.env, encoding: 'utf8' })
      expect(end.stdout === 'done' || end.signal === 'SIGKILL', `${what}: ${end.stderr}`).toBe(true)
      isHonest(world.project, runId, what)
      if (end.stdout === 'done') {
        expect(isTold(world.project, runId)).toBe(1)
        expect(filesHolding(world.project.dataDir, canary)).toEqual([])
        expect(count).toBeGreaterThan(0)
        return
      }
      await finishes(world.project, runId, what)
    }
  },
)

test('what can not go keeps the whole from being told as erased, by name, until it is gone', async () => {
  plant(world.project, 'notright')
  const { store, paths } = world.project
  // A folder stands where the log was: it can not be emptied.
  rmSync(paths.log)
  mkdirSync(join(paths.log, 'x'), { recursive: true })
  const { results } = await purge(world.project, of('notright'), never)
  expect(results.filter(one => one.fate !== 'keep' && !one.isGone).map(one => [one.name, one.note])).toEqual([
    ['supervisor.log', expect.stringContaining('EISDIR')],
    ['store.db', expect.stringContaining('not told as erased yet')],
  ])
  expect([isTold(world.project, 'notright'), store.erasure.isPending()]).toEqual([0, true])
  rmSync(paths.log, { recursive: true })
  await finishes(world.project, 'notright', 'after the log can be emptied')
})

/** A file system of its own below the scratch folder, or null where none may be mounted. */
const mounted = async (work: (project: Project, small: string) => Promise<void>): Promise<boolean> => {
  const small = join(world.scratch, 'small')
  mkdirSync(small)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', small], { stdio: 'pipe' })
  } catch {
    return false
  }
  const project = await openProject({ cwd: world.root, env: { ...world.env, XDG_STATE_HOME: small } })
  try {
    await work(project, small)
  } finally {
    project.close()
    execFileSync('umount', [small])
  }
  return true
}

test('with any room left on a full disk it stops with the reason, and is finished once there is some', async context => {
  const isMounted = await mounted(async (project, small) => {
    const rooms = [0, 4, 16, 64, 160, 400, 900].map(kib => kib * 1024)
    for (const [index, room] of rooms.entries()) {
      const [runId, what] = [`fulldis${index}`, `${room} bytes left`]
      plant(project, runId, 20_000)
      const ballast = join(small, 'ballast')
      const { bavail, bsize } = statfsSync(small)
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - room)))
      const stopped = await purge(project, of(runId), never).catch((error: Error) => error)
      const said = stopped instanceof Error ? stopped.message : stopped.results.map(({ note }) => note ?? '').join()
      if (filesHolding(project.dataDir, canary).length > 0) expect(said, what).toMatch(/disk is full|ENOSPC/)
      isHonest(project, runId, what)
      rmSync(ballast)
      if (isTold(project, runId) === 0) await finishes(project, runId, what)
    }
  })
  if (!isMounted) context.skip('needs a mount of its own: root outside of a container')
})

test('on a read-only disk it says so and changes nothing', async context => {
  const isMounted = await mounted(async (project, small) => {
    plant(project, 'readonly')
    const remount = (how: string) => execFileSync('mount', ['-o', `remount,${how}`, small], { stdio: 'pipe' })
    project.close()
    remount('ro')
    const env = { ...world.env, XDG_STATE_HOME: small }
    const refused = await openProject({ cwd: world.root, env })
      .then(again => purge(again, of('readonly'), never).finally(() => again.close()))
      .catch((error: Error) => error)
    expect(refused).toMatchObject({ name: 'AgentLabError', code: 'no-permission' })
    remount('rw')
    const again = await openProject({ cwd: world.root, env })
    try {
      expect(isTold(again, 'readonly')).toBe(0)
      await finishes(again, 'readonly', 'writable again')
    } finally {
      again.close()
    }
  })
  if (!isMounted) context.skip('needs a mount of its own: root outside of a container')
})

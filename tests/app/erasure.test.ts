/** Words that are erased for good: of whole runs, past a lane's days, and never of what is open. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { rejectionFor } from '../../src/app/answer-rejection.ts'
import { listEnvironments } from '../../src/app/environment/stored.ts'
import { withoutWordsOf } from '../../src/app/erasure/promotions.ts'
import {
  cleanUp,
  followRun,
  openProject,
  type Project,
  planCleanUp,
  planPurge,
  purge,
  requestRun,
  withForegroundSupervisor,
} from '../../src/app.ts'
import type { CleaningItem } from '../../src/domain/cleaning.ts'
import { newContentId } from '../../src/domain/ids.ts'
import type { Lane } from '../../src/domain/lane.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { takeLock } from '../../src/store/lock.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { filesHolding } from '../support/canary.ts'
import { type CleaningWorld, makeCleaningWorld } from '../support/cleaning-world.ts'
import { fakeWish, makeFakeProject } from '../support/fake-crew.ts'
import { makeScratch, removeScratch, shellGit, writeFiles } from '../support/git-repository.ts'
import { until } from './lab.ts'

const never = { signal: new AbortController().signal }
const everything = { runId: null, lane: null, endedBefore: Date.now() + 1e12 }
const canary = 'Kanarienvogel7Station'
const dayMs = 24 * 3_600_000

/** Everything of the project is looked at as it lies on disk, with the store open as ever. */
const holding = (project: Project): string[] => filesHolding(project.dataDir, canary)

describe('a whole private run', () => {
  test('leaves its words nowhere in the data dir, and its facts as they were', async () => {
    const dir = makeScratch('erasure')
    onTestFinished(() => removeScratch(dir))
    const { root, env } = makeFakeProject(dir)
    const plan = `tasks: [{ key: one, title: ${canary}, what: ${canary}, kind: research, worker: claude }]`
    const project = await openProject({ cwd: root, env })
    onTestFinished(() => project.close())
    const { store } = project
    const log = (line: string): void => writeFileSync(project.paths.log, `${line} ${canary}\n`, { flag: 'a' })
    const runId = await withForegroundSupervisor(project, { ...never, log }, async () => {
      const wish = fakeWish(plan, { goal: canary, lane: 'private' })
      const asked = await requestRun(project, wish, { startSupervisor: false })
      await followRun(project, asked.runId, () => undefined, never.signal, { startSupervisor: false })
      return asked.runId
    })
    const before = readRunView(store, runId)!
    expect(before).toMatchObject({ lane: 'private', outcome: 'done', goal: canary })
    plantEverywhere(project, runId, before.base!)
    expect(holding(project).length).toBeGreaterThan(8)
    const facts = store.events.ofRun(runId)

    const { results, isCutShort } = await purge(project, { ...everything, runId }, never)
    expect(isCutShort).toBe(false)
    expect(results.filter(({ isGone, fate }) => fate !== 'keep' && !isGone)).toEqual([])
    expect(holding(project)).toEqual([])

    const after = store.events.ofRun(runId)
    expect(after.slice(0, -1)).toEqual(facts)
    expect(after.at(-1)!.event).toMatchObject({ type: 'content.erased', by: 'operator', rows: expect.any(Number) })
    const view = readRunView(store, runId)!
    expect(view).toMatchObject({ erased: true, goal: null, outcome: 'done', endedAt: before.endedAt })
    expect(view.tasks.map(task => task.state)).toEqual(before.tasks.map(task => task.state))
    const today = new Date(view.erasedAt!).toISOString().slice(0, 10)
    expect(renderReceipt(view)).toContain(`Goal: erased on ${today}.`)
    expect(await planPurge(project, { ...everything, runId })).toEqual([])
  })
})

test('what a private set-up made of the tree is for no looser lane, and goes with the last run that used it', async () => {
  const dir = makeScratch('erasure')
  onTestFinished(() => removeScratch(dir))
  const { root, env } = makeFakeProject(dir, 'instant-claude')
  // The set-up has no network, so it sees more than its inputs.
  const setup = '{ command: [cp, secret.txt, built.txt], inputs: [seed.txt] }'
  writeFiles(root, { 'secret.txt': canary, 'agentlab.yaml': `setup: ${setup}\n` })
  shellGit(root, ['add', '.'])
  shellGit(root, ['commit', '-qm', 'Set up'])
  const project = await openProject({ cwd: root, env })
  onTestFinished(() => project.close())
  const built = async (): Promise<string[][]> =>
    (await listEnvironments(project.paths.environments)).map(({ users }) => users.toSorted())
  const runIn = (lane: Lane): Promise<string> =>
    withForegroundSupervisor(project, never, async () => {
      const plan = `tasks: [{ key: one, title: One, what: Look., kind: research, worker: claude }]`
      const { runId, answer } = await requestRun(project, fakeWish(plan, { lane }), { startSupervisor: false })
      expect(answer).toMatchObject({ accepted: true })
      await followRun(project, runId, () => undefined, never.signal, { startSupervisor: false })
      return runId
    })
  const [first, second] = [await runIn('private'), await runIn('private')]
  expect(await built()).toEqual([[first, second].toSorted()])
  const looser = await runIn('enterprise')
  expect((await built()).toSorted()).toEqual([[first, second].toSorted(), [looser]].toSorted())

  const purged = (runId: string) => purge(project, { ...everything, runId }, never)
  await purged(first)
  expect(await built()).toHaveLength(2)
  await purged(second)
  expect(await built()).toEqual([[looser]])
  expect(holding(project).every(path => path.includes('environments/'))).toBe(true)
  await purged(looser)
  expect([await built(), holding(project)]).toEqual([[], []])
})

/** Wherever words of a run are ever written. */
const plantEverywhere = (project: Project, runId: string, tree: string): void => {
  const { paths, dataDir, store } = project
  const put = (path: string, bytes: string | Buffer): void => {
    mkdirSync(join(dataDir, path, '..'), { recursive: true })
    writeFileSync(join(dataDir, path), bytes)
  }
  put(`transcripts/${runId}-1/worker-claude-2.jsonl`, Buffer.from(canary, 'utf16le'))
  put(`edits/${runId}-abcdef.yaml`, Buffer.from(`x ${canary} y`).toString('base64'))
  put('incoming/incoming-x/pack', gzipSync(canary))
  put('trash/0123456789abcdef/file', canary)
  put(`seats/${runId}-1.claude.io/prompt.md`, canary)
  put(`seats/${runId}-1.claude/home/.claude/projects/x.jsonl`, canary)
  put('promotions.jsonl', `${JSON.stringify({ tag: 'v1', tasks: [{ taskId: `${runId}-1`, title: canary }] })}\n`)
  const key = { tree, commandHash: 'c', environmentHash: 'e', name: 'test', status: 'failed' as const }
  store.checks.save({ ...key, exitCode: 1, durationMs: 1, at: 1, output: canary.repeat(400) })
  const copying = new Database(paths.store)
  copying.prepare('VACUUM INTO ?').run(`${paths.store}.before-v9-20260101T000000Z`)
  copying.close()
}

describe('without a run of its own', () => {
  let world: CleaningWorld
  const begin = async (config = ''): Promise<void> => {
    world = await makeCleaningWorld(config)
  }
  beforeEach(() => begin())
  afterEach(() => {
    world.project.close()
    removeScratch(world.scratch)
  })

  const words = (runId: string, lane: Lane = 'personal', size = 1): void =>
    world.project.store.content.add({
      ...{ id: newContentId(Math.random), runId, taskId: null, lane, kind: 'goal', at: 1 },
      text: `${canary} `.repeat(size),
    })
  const contentOf = (items: CleaningItem[]): [string | null, string, string][] =>
    items.flatMap(({ kind, runId, fate, why }) => (kind === 'content' ? [[runId, fate, why]] : []))

  test('open runs keep every word, and it is said why; closed ones go first', async () => {
    for (const [runId, state] of Object.entries({
      atwork00: 'working',
      waits000: 'awaitingOperator',
      ended000: 'done',
    })) {
      world.run(runId, state, 'integrated')
      words(runId)
    }
    world.run('closed00', 'cancelled', 'cancelled')
    words('closed00')
    const items = contentOf(await planPurge(world.project, { ...everything, endedBefore: null }))
    expect(Object.fromEntries(items.map(([runId, fate, why]) => [runId, `${fate}: ${why}`]))).toMatchObject({
      atwork00: 'keep: its run is under way',
      waits000: 'keep: its run waits for you',
    })
    expect(items.findIndex(([runId]) => runId === 'closed00')).toBeLessThan(
      items.findIndex(([runId]) => runId === 'ended000'),
    )
  })

  test('what is being promoted is kept until that is over', async () => {
    world.run('ended000', 'done', 'integrated')
    words('ended000')
    const lock = takeLock(world.project.paths.promoteLock, Date.now())!
    const [kept] = contentOf((await purge(world.project, { ...everything, runId: 'ended000' }, never)).results)
    expect(kept).toEqual(['ended000', 'keep', expect.stringMatching(/is being promoted \(process \d+\)/)])
    expect(world.project.store.content.ofRun('ended000')).toHaveLength(1)
    lock.release()
    await purge(world.project, { ...everything, runId: 'ended000' }, never)
    expect(world.project.store.content.ofRun('ended000')).toEqual([])
  })

  test('a lane keeps words for its days and no longer, by itself and by gc', async () => {
    world.project.close()
    removeScratch(world.scratch)
    await begin('lanes: { enterprise: { keepDays: 30 } }\n')
    const { store } = world.project
    const end = (runId: string, lane: Lane, days: number): void => {
      world.run(runId, 'done', 'recorded')
      const asked = store.events.first(runId)!.event as { request: { lane: Lane } }
      store.events.append({ type: 'run.concluded', runId }, Date.now() - days * dayMs, 1)
      expect(asked.request.lane).toBe('personal')
      words(runId, lane)
    }
    end('personal', 'personal', 400)
    // Rows of a request that never became a run say their lane themselves.
    for (const [runId, lane, days] of [
      ['privold0', 'private', 8],
      ['privnew0', 'private', 6],
      ['entpold0', 'enterprise', 31],
      ['entpnew0', 'enterprise', 29],
    ] as const) {
      const at = Date.now() - days * dayMs
      const id = newContentId(Math.random)
      store.content.add({ id, runId, taskId: null, lane, kind: 'goal', at, text: canary })
    }
    const overdue = contentOf(await planCleanUp(world.project)).map(([runId]) => runId)
    expect(overdue.toSorted()).toEqual(['entpold0', 'privold0'])
    await cleanUp(world.project, never)
    expect(store.erasure.runIds()).toEqual(['entpnew0', 'personal', 'privnew0'])
    expect(store.erasure.isPending()).toBe(false)

    words('privold1', 'private')
    await withForegroundSupervisor(world.project, never, () =>
      until('the erasure', () => !store.erasure.runIds().includes('privold1') && !store.erasure.isPending()),
    )
    expect(store.erasure.runIds()).toEqual(['entpnew0', 'personal', 'privnew0'])
  })

  test('work of an erased run can be taken out, but not given back', () => {
    const taskId = world.run('erased00', 'done', 'integrated')
    const { store } = world.project
    store.machines.save({
      id: taskId,
      kind: 'task',
      runId: 'erased00',
      state: 'integrated',
      context: { fact: { taskId, dependsOn: [] } },
      seq: 1,
    })
    const asked = { kind: 'reject' as const, runId: 'erased00', taskId, withDependents: false, agent: world.base }
    const reject = (back: boolean) =>
      rejectionFor(store, 'x', { ...asked, back, findingsContentId: 'c-0123456789abcdef' })
    expect(reject(true)).toMatch(/words of run erased00 were erased.*leave --back away/)
    expect(reject(false)).toMatchObject({ type: 'operator.rejected', back: null })
  })
})

test('the record of promotions keeps everything but the words of the erased', () => {
  const line = JSON.stringify({
    tag: 'v1',
    tasks: [
      { taskId: 'aaaaaaaa-1', title: 'Gone', worker: 'claude' },
      { taskId: 'bbbbbbbb-1', title: 'Stays', worker: 'codex' },
    ],
    notProven: ['Run aaaaaaaa: Gone', 'Run bbbbbbbb: Stays', 'No checks'],
  })
  const scrubbed = withoutWordsOf(`${line}\nnot ours\n`, runId => runId === 'aaaaaaaa')
  expect(scrubbed).not.toContain('Gone')
  expect(scrubbed).toMatch(/\nnot ours\n$/)
  expect(JSON.parse(scrubbed.split('\n')[0]!)).toMatchObject({
    tag: 'v1',
    tasks: [{ title: '(erased)', worker: 'claude' }, { title: 'Stays' }],
    notProven: ['Run aaaaaaaa: (erased)', 'Run bbbbbbbb: Stays', 'No checks'],
  })
})

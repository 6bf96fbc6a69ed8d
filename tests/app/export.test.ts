/** A run as a file: out of one repository and into a clone of it, the same in every fact, and never more than to be read. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerCommand } from '../../src/app/command-intake.ts'
import { gist } from '../../src/app/export/judge.ts'
import type { Host } from '../../src/app/host.ts'
import { superviseProject } from '../../src/app/supervisor.ts'
import {
  type Exported,
  exportRun,
  importRun,
  openProject,
  type Project,
  planCleanUp,
  purge,
  requestRejection,
} from '../../src/app.ts'
import { exportFileName, type Manifest } from '../../src/domain/export-file.ts'
import type { Lane } from '../../src/domain/lane.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { diffText } from '../../src/git/diff.ts'
import type { Command } from '../../src/store/commands.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { newRowId } from '../../src/store/store.ts'
import type { Loop } from '../../src/supervisor/loop.ts'
import { readRelease } from '../../tools/promote/release.ts'
import { replay } from '../supervisor/simulation.ts'
import { filesHolding } from '../support/canary.ts'
import { makeScratch, removeScratch, shellGit, writeFiles } from '../support/git-repository.ts'
import { adds, makeQueuedRun, type QueuedRun, quarrel, runId } from '../support/queued-run.ts'

const canary = 'Kanarienvogel7Station'
const token = `ghp_${'0123456789abcdefABCDEF0123456789wxyz'}`
const never = { signal: new AbortController().signal }
const now = Date.now()

let dir: string
let run: QueuedRun
let origin: Project
const open: Project[] = []

beforeAll(async () => {
  dir = makeScratch('export')
  run = await makeQueuedRun(dir, { ...quarrel, tasks: [adds('a'), adds('b')] })
  origin = await openProject({ cwd: run.root, env: run.env })
  const stop = new AbortController()
  await superviseProject(origin, {
    ...{ idleMs: null, log: () => {}, signal: stop.signal },
    onCommit: event => event.type === 'run.concluded' && stop.abort(),
  })
  const folder = join(origin.paths.transcripts, `${runId}-1`)
  mkdirSync(folder, { recursive: true })
  // A secret that an older AgentLab did not know.
  const said = ['I looked at ', `${token.slice(0, 20)}`, `${token.slice(20)} and ${canary}\n`]
  const lines = said.map((text, index) => ({ lane: 'personal', at: now + index, type: 'text', text }))
  writeFileSync(join(folder, 'worker-claude-1.jsonl'), lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  origin.store.requests.add({
    ...{ runId, taskId: `${runId}-1`, attempt: 1, role: 'worker', worker: 'claude', provider: 'anthropic' },
    ...{ model: 'm', status: 200, input: 5, cached: null, output: 7, startedAt: now, endedAt: now + 9 },
  })
})
afterAll(() => {
  for (const project of [origin, ...open]) project.close()
  removeScratch(dir)
})

let made = 0
/** A clone that has main alone, on another machine so to say. */
const clone = async (yaml = ''): Promise<Project> => {
  made += 1
  const root = join(dir, `clone-${made}`)
  shellGit(dir, ['clone', '-q', '--single-branch', '--branch', 'main', `file://${run.root}`, root])
  if (yaml !== '') {
    writeFiles(root, { 'agentlab.yaml': yaml })
    shellGit(root, ['-c', 'user.name=O', '-c', 'user.email=o@example.org', 'commit', '-qam', 'Configure'])
  }
  const project = await openProject({ cwd: root, env: { ...run.env, XDG_STATE_HOME: join(dir, `state-${made}`) } })
  open.push(project)
  return project
}

const write = (more: { factsOnly?: boolean; isThin?: boolean; from?: Project } = {}): Promise<Exported> => {
  made += 1
  const folder = join(dir, `out-${made}`)
  mkdirSync(folder)
  return exportRun(more.from ?? origin, {
    ...{ runId, factsOnly: more.factsOnly ?? false, isThin: more.isThin ?? false, agentlab: '0.1.0', now },
    pathFor: lane => join(folder, exportFileName({ lane, runId })),
  })
}

/** Written once: most tests only read it. */
let wholeFile: Promise<Exported> | null = null
const asWritten = (): Promise<Exported> => {
  wholeFile ??= write()
  return wholeFile
}

const take = (project: Project, path: string, lane: Lane | null = null) => importRun(project, { path, lane, now })

const refsOf = (project: Project): string => shellGit(project.repository.root, ['for-each-ref'])
const ours = (project: Project): string[] =>
  refsOf(project)
    .split('\n')
    .filter(line => line.includes('refs/agentlab/'))

/** What a receipt says but for where it is read. */
const facts = (view: RunView): string => renderReceipt({ ...view, imported: undefined })

const isUntouched = (project: Project): void => {
  expect(project.store.events.all()).toEqual([])
  expect(project.store.imports.runIds()).toEqual([])
  expect(ours(project)).toEqual([])
  expect(existsSync(project.paths.transcripts) ? readdirSync(project.paths.transcripts) : []).toEqual([])
  expect(readdirSync(join(project.dataDir, 'incoming'))).toEqual([])
}

describe('out and in again', () => {
  test('a run has the same receipt, states, replay, work and words, without secrets', async () => {
    const file = await asWritten()
    expect(file.lane).toBe('personal')
    expect(readFileSync(file.path, 'latin1').slice(0, 35)).toBe(`AgentLab-Export 1 personal ${runId}`)
    expect(statSync(file.path).mode & 0o777).toBe(0o600)
    const there = await clone()
    const before = refsOf(there)
    expect(await take(there, file.path)).toMatchObject({ status: 'imported', runId, lane: 'personal' })
    const [from, to] = [readRunView(origin.store, runId)!, readRunView(there.store, runId)!]
    expect(facts(to)).toBe(facts(from))
    expect({ ...to, imported: undefined }).toEqual({ ...from, imported: undefined })
    expect(renderReceipt(to)).toContain('nothing it says was checked on this machine')
    expect(replay(there.store, runId)).toEqual(replay(origin.store, runId))
    const states = (project: Project) => project.store.machines.ofRun(runId).map(({ seq: _, ...row }) => row)
    expect(states(there)).toEqual(states(origin))
    // Every commit it names is here, and held by nothing but refs of ours.
    const last = to.tasks[1]!.integrated!.commit
    expect(await diffText(there.repository, to.base!, last)).toBe(await diffText(origin.repository, from.base!, last))
    expect(
      refsOf(there)
        .split('\n')
        .filter(line => !line.includes(`refs/agentlab/imported/${runId}/`)),
    ).toEqual(before.split('\n'))
    shellGit(there.repository.root, ['fsck', '--strict', '--connectivity-only'])
    expect(filesHolding(there.dataDir, canary)).not.toEqual([])
    expect(filesHolding(there.dataDir, token.slice(4, 24))).toEqual([])
    // Checks and costs of elsewhere are none of here.
    expect(there.store.checks.ofTree(to.tasks[0]!.integrated!.tree)).toEqual([])
    expect(there.store.events.ofType('task.integrated')).toEqual([])
  })

  test('is the same whole, thin and as facts; facts alone have no words and no commits', async () => {
    for (const more of [{ isThin: true }, { factsOnly: true }]) {
      const file = await write(more)
      const there = await clone()
      await take(there, file.path)
      expect(gist(there.store.events.ofRun(runId))).toBe(gist(origin.store.events.ofRun(runId)))
      const view = readRunView(there.store, runId)!
      expect(view.goal === null).toBe(more.factsOnly === true)
      expect(ours(there).length > 0).toBe(more.factsOnly !== true)
      expect(
        view.tasks.map(task => task.checks.map(({ results, status }) => [status, results.map(one => one.name)])),
      ).toEqual(
        readRunView(origin.store, runId)!.tasks.map(task =>
          task.checks.map(({ results, status }) => [status, results.map(one => one.name)]),
        ),
      )
      // And on from there.
      const again = await write({ ...more, from: there })
      const third = await clone()
      await take(third, again.path)
      expect(facts(readRunView(third.store, runId)!)).toBe(facts(view))
    }
  })

  test('the same file again changes nothing, here and where it was made', async () => {
    const file = await asWritten()
    const there = await clone()
    await take(there, file.path)
    const before = [there.store.events.lastSeq(), refsOf(there)]
    expect(await take(there, file.path)).toMatchObject({ status: 'same' })
    expect(await take(origin, file.path)).toMatchObject({ status: 'same', lane: 'personal' })
    expect([there.store.events.lastSeq(), refsOf(there)]).toEqual(before)
    expect(origin.store.imports.runIds()).toEqual([])
  })

  test('is finished after a kill between its commits and its rows', async () => {
    const there = await clone()
    const head = shellGit(there.repository.root, ['rev-parse', 'HEAD'])
    for (const id of [runId, 'another0'])
      shellGit(there.repository.root, ['update-ref', `refs/agentlab/imported/${id}/${head}`, head])
    mkdirSync(join(there.paths.transcripts, `${runId}-1`), { recursive: true })
    writeFileSync(join(there.paths.transcripts, `${runId}-1`, 'worker-claude-2.jsonl'), 'half')
    await take(there, (await asWritten()).path)
    expect(ours(there).filter(line => line.includes('another0') || line.endsWith(`/${head}`))).toEqual([])
    expect(readdirSync(join(there.paths.transcripts, `${runId}-1`))).toEqual(['worker-claude-1.jsonl'])
    expect(readRunView(there.store, runId)!.goal).not.toBe(null)
  })

  test('never overwrites, and leaves nothing beside', async () => {
    const file = await asWritten()
    const bytes = readFileSync(file.path)
    const again = exportRun(origin, {
      ...{ runId, factsOnly: true, isThin: false, agentlab: '0.1.0', now },
      pathFor: () => file.path,
    })
    await expect(again).rejects.toMatchObject({ code: 'file-exists', exit: 2 })
    expect(readFileSync(file.path).equals(bytes)).toBe(true)
    expect(readdirSync(join(file.path, '..'))).toHaveLength(1)
  })
})

describe('lanes', () => {
  test('the same or a stricter one; a looser is refused, and a repository may need a stricter one', async () => {
    const file = await asWritten()
    const there = await clone()
    expect(await take(there, file.path, 'private')).toMatchObject({ lane: 'private', fileLane: 'personal' })
    expect(there.store.content.ofRun(runId).every(({ lane }) => lane === 'private')).toBe(true)
    expect(readRunView(there.store, runId)!.lane).toBe('private')
    const stricter = await write({ from: there })
    const [other, strict] = [await clone(), await clone('lane: private\n')]
    await expect(take(other, stricter.path, 'personal')).rejects.toMatchObject({ code: 'import-lane', exit: 2 })
    isUntouched(other)
    await expect(take(strict, file.path, 'enterprise')).rejects.toMatchObject({ code: 'import-lane', exit: 2 })
    isUntouched(strict)
    expect(await take(strict, file.path)).toMatchObject({ lane: 'private', fileLane: 'personal' })
  })

  test('a repository whose rules mean what the file brings needs the stricter one', async () => {
    const there = await clone('paths: { a: private }\n')
    await expect(take(there, (await asWritten()).path, 'personal')).rejects.toMatchObject({ code: 'import-lane' })
    isUntouched(there)
    expect(await take(there, (await asWritten()).path)).toMatchObject({ lane: 'private' })
  })

  test('private words do not go where git would offer them for a commit', async () => {
    const there = await clone()
    await take(there, (await asWritten()).path, 'private')
    const to = (path: string) => exportRun(there, { ...wish, pathFor: () => join(there.repository.root, path) })
    const wish = { runId, factsOnly: false, isThin: true, agentlab: '0.1.0', now }
    await expect(to('run.agentlab')).rejects.toMatchObject({ code: 'export-in-worktree', exit: 2 })
    writeFiles(there.repository.root, { '.gitignore': '*.agentlab\n' })
    expect(await to('run.agentlab')).toMatchObject({ lane: 'private' })
  })
})

describe('an imported run', () => {
  test('is to be read: every command that would change it is refused with the reason', async () => {
    const there = await clone()
    await take(there, (await asWritten()).path)
    const taskId = `${runId}-1`
    const host = { project: there, now: Date.now } as unknown as Host
    const loop = { dispatch: () => expect.unreachable() } as unknown as Loop
    const asked: Command[] = [
      { kind: 'resume', runId },
      { kind: 'cancel', runId },
      { kind: 'approve', runId, hash: '0'.repeat(12) },
    ]
    for (const command of asked) {
      const id = newRowId()
      there.store.commands.append(id, command, now)
      answerCommand(host, loop, 0, { id, command: command as never })
      expect(there.store.commands.answerOf(id)).toMatchObject({
        accepted: false,
        text: expect.stringContaining('imported'),
      })
    }
    const reject = requestRejection(there, { taskId, why: 'No.', back: false, withDependents: false })
    await expect(reject).rejects.toMatchObject({ code: 'imported' })
  })

  test('does not let promote take for judged here what was judged elsewhere', async () => {
    const there = await clone()
    await take(there, (await asWritten()).path)
    const commit = readRunView(there.store, runId)!.tasks[1]!.integrated!.commit
    const { root } = there.repository
    shellGit(root, ['branch', 'agent', commit])
    const release = readRelease(root, 'v1', { ...run.env, XDG_STATE_HOME: join(there.dataDir, '../..') })
    await expect(release).rejects.toMatchObject({
      code: 'foreign-commit',
      message: expect.stringContaining('the log does not know it'),
    })
  })

  test('goes with purge, words and commits, and its retention counts from its end', async () => {
    const there = await clone()
    await take(there, (await asWritten()).path, 'private')
    const later = { ...never }
    expect((await planCleanUp(there)).filter(({ kind }) => kind === 'content')).toEqual([])
    const filter = { runId, lane: null, endedBefore: null }
    await purge(there, filter, later)
    expect(ours(there)).toEqual([])
    expect(filesHolding(there.dataDir, canary)).toEqual([])
    expect(readRunView(there.store, runId)).toMatchObject({ erased: true, goal: null })
    // What was erased does not come back by itself.
    const file = await asWritten()
    expect(await take(there, file.path)).toMatchObject({ status: 'same' })
    expect(filesHolding(there.dataDir, canary)).toEqual([])
  })
})

/** The parts of a file, to be put together again otherwise. */
const apart = (path: string): { first: string; manifest: Manifest; parts: Buffer[] } => {
  const bytes = readFileSync(path)
  const first = bytes.indexOf('\n')
  const second = bytes.indexOf('\n', first + 1)
  const manifest = JSON.parse(bytes.toString('utf8', first + 1, second)) as Manifest
  let at = second + 66
  const parts = manifest.parts.map(part => {
    at += part.bytes
    return bytes.subarray(at - part.bytes, at)
  })
  return { first: bytes.toString('utf8', 0, first), manifest, parts }
}

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Signed as if it had been made so: whoever can write a file can do that. */
const together = ({ first, manifest, parts }: ReturnType<typeof apart>): string => {
  const described = manifest.parts.map((part, index) => ({
    ...part,
    bytes: parts[index]!.length,
    sha256: sha256(parts[index]!),
  }))
  const head = `${first}\n${JSON.stringify({ ...manifest, parts: described })}\n`
  made += 1
  const forged = join(dir, `forged-${made}`)
  writeFileSync(forged, Buffer.concat([Buffer.from(`${head}${sha256(head)}\n`), ...parts]))
  return forged
}

const withFacts = (
  file: ReturnType<typeof apart>,
  change: (rows: Record<string, unknown>[]) => unknown[],
): ReturnType<typeof apart> => {
  const rows = gunzipSync(file.parts[0]!)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)
  const plain = change(rows).map(row => `${JSON.stringify(row)}\n`)
  const [facts, ...others] = file.manifest.parts
  const part = { ...facts!, rows: plain.length, plainBytes: Buffer.byteLength(plain.join('')) }
  const counts = { ...file.manifest.counts, events: plain.filter(line => line.includes('"row":"event"')).length }
  return {
    ...file,
    manifest: { ...file.manifest, counts, parts: [part, ...others] },
    parts: [gzipSync(plain.join('')), ...file.parts.slice(1)],
  }
}

describe('a file from anybody', () => {
  test('with any one byte changed, cut off or added to is refused, and nothing is touched', async () => {
    const file = await asWritten()
    const bytes = readFileSync(file.path)
    const there = await clone()
    const changed = join(dir, 'changed')
    const refusal = async (content: Buffer): Promise<void> => {
      writeFileSync(changed, content)
      await expect(take(there, changed)).rejects.toMatchObject({
        exit: 2,
        code: expect.stringMatching(/^(?:import-refused|export-newer)$/),
      })
    }
    const property = fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const other = Buffer.from(bytes)
      other[at]! ^= flip
      await refusal(other)
    })
    await fc.assert(property, { numRuns: 60 })
    for (let at = 0; at < 600; at += 29) await refusal(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]))
    await refusal(bytes.subarray(0, bytes.length - 1))
    await refusal(Buffer.concat([bytes, Buffer.from('x')]))
    isUntouched(there)
  })

  test('is refused by name where it is of a newer format, and by what is wrong with it otherwise', async () => {
    const whole = apart((await asWritten()).path)
    const there = await clone()
    const says = async (path: string, words: RegExp): Promise<void> => {
      await expect(take(there, path)).rejects.toThrow(words)
      isUntouched(there)
    }
    await says(
      together({ ...whole, first: whole.first.replace(' 1 ', ' 2 ') }),
      /is of format 2, and this AgentLab reads up to 1/,
    )
    await says(
      together({ ...whole, first: whole.first.replace('personal', 'private') }),
      /name different runs or lanes/,
    )
    const event = (row: Record<string, unknown>) => row.event as { type: string } & Record<string, unknown>
    const forged = (change: (rows: Record<string, unknown>[]) => unknown[]) => together(withFacts(whole, change))
    await says(
      forged(rows => rows.slice(1)),
      /does not begin with a request/,
    )
    await says(
      forged(rows =>
        rows.map(row => (row.row === 'event' ? { ...row, event: { ...event(row), runId: 'aaaaaaaa' } } : row)),
      ),
      /rows of another run/,
    )
    await says(
      forged(rows => rows.filter(row => row.row !== 'event' || event(row).type !== 'run.concluded')),
      /states are not those its log leads to/,
    )
    await says(
      forged(rows => rows.map(row => (row.row === 'event' ? { ...row, at: 9e15 } : row))),
      /times that are still to come/,
    )
    await says(
      forged(rows => [...rows, { row: 'state', id: '../../../etc', state: 'done' }]),
      /rows of another run/,
    )
    await says(
      forged(rows => rows.map((row, at) => (at === 3 ? { ...row, more: 1 } : row))),
      /row 4 of its facts is not of the shape/,
    )
    // A megabyte of nothing that says it is ten bytes, and one that says it is more than is ever read.
    const bomb = gzipSync(Buffer.alloc(1024 * 1024))
    const said = (plainBytes: number) => ({
      ...whole,
      manifest: {
        ...whole.manifest,
        parts: whole.manifest.parts.map((part, at) => (at === 0 ? { ...part, plainBytes } : part)),
      },
      parts: [bomb, ...whole.parts.slice(1)],
    })
    await says(together(said(10)), /do not unpack to what its manifest says/)
    await says(together(said(1e12)), /are more than is read/)
    await says(dir, /not a regular file/)
    await says(join(dir, 'nowhere'), /there is no such file/)
  })

  test('can not bring a ref anywhere else, nor objects that git does not accept', async () => {
    const whole = apart((await asWritten()).path)
    const there = await clone()
    const index = whole.manifest.parts.findIndex(part => part.name === 'git')
    const withBundle = (bundle: Buffer) => {
      const parts = whole.parts.with(index, bundle)
      const described = whole.manifest.parts.map((part, at) =>
        at === index ? { ...part, plainBytes: bundle.length } : part,
      )
      return together({ ...whole, manifest: { ...whole.manifest, parts: described }, parts })
    }
    const bundle = whole.parts[index]!
    const refusals: [Buffer, RegExp][] = [
      [
        Buffer.from(bundle.toString('latin1').replace(`refs/agentlab/imported/${runId}/`, 'refs/heads/'), 'latin1'),
        /names refs\/heads\//,
      ],
      [
        Buffer.from(
          bundle.toString('latin1').replace(`imported/${runId}/`, `imported/${runId}/../../../heads/`),
          'latin1',
        ),
        /names refs\//,
      ],
      [Buffer.concat([bundle.subarray(0, bundle.length - 40), Buffer.alloc(40)]), /git does not accept its objects/],
      [Buffer.from('# v2 git bundle\n\n'), /names no commits/],
      [Buffer.from('PACK'), /no git bundle/],
    ]
    for (const [content, words] of refusals) {
      await expect(take(there, withBundle(content))).rejects.toThrow(words)
      isUntouched(there)
    }
  })

  test('can not stand for a run or a content that is here', async () => {
    const whole = apart((await asWritten()).path)
    const there = await clone()
    const { event } = origin.store.events.first(runId)!
    const goal = event.type === 'run.requested' ? event.request.goalContentId : ''
    there.store.content.add({
      id: goal,
      runId: 'another0',
      taskId: null,
      lane: 'private',
      kind: 'goal',
      at: 1,
      text: 'x',
    })
    await expect(take(there, together(whole))).rejects.toMatchObject({ code: 'import-clash' })
    isUntouched(there)
    const other = await clone()
    await take(other, together(whole))
    const later = withFacts(whole, rows =>
      rows.map(row => (row.row === 'event' ? { ...row, at: Number(row.at) + 1 } : row)),
    )
    await expect(take(other, together(later))).rejects.toMatchObject({ code: 'import-clash', exit: 2 })
  })
})

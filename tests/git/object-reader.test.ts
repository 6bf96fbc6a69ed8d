import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { listTree, objectSizes, readBlobs } from '../../src/git/blobs.ts'
import { lineCounts, rawChanges } from '../../src/git/changes.ts'
import { commitTree, composeMessage } from '../../src/git/commit.ts'
import { mergeTree } from '../../src/git/merge.ts'
import { keepReader, type ObjectReader, openObjectReader, parentsOf } from '../../src/git/object-reader.ts'
import { hasObject, readRef, treeOf } from '../../src/git/refs.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let scratch: string
let directory: string
let repository: Repository
const git = (...args: string[]): string => shellGit(directory, args)

beforeAll(async () => {
  scratch = makeScratch('reader')
  directory = makeRepository(scratch, { 'a.txt': 'one\n', 'large.bin': 'x'.repeat(3_000_000) })
  repository = await openRepository(directory)
})
afterAll(() => removeScratch(scratch))

const missing = '1234567890'.repeat(4)

/** The processes of ours that answer questions about the test's repository. */
const readers = (): number[] => {
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n')
  const rows = listed.map(line => line.trim().split(/\s+/))
  return rows
    .filter(
      ([, parent, ...args]) => parent === String(process.pid) && args.join(' ').endsWith('cat-file --batch-command'),
    )
    .map(([pid]) => Number(pid))
}

const untilGone = (pid: number): Promise<void> => vi.waitFor(() => expect(readers()).not.toContain(pid), 5_000)

describe('a reader', () => {
  let reader: ObjectReader
  beforeEach(() => {
    reader = openObjectReader(repository)
  })
  afterEach(() => reader.close())

  test('sees a ref where it is now, however it was moved', async () => {
    const first = git('rev-parse', 'HEAD')
    git('update-ref', 'refs/heads/moving', first)
    expect((await reader.facts('refs/heads/moving'))?.oid).toBe(first)
    const second = commitFiles(directory, { 'moved.txt': 'moved\n' })
    git('update-ref', 'refs/heads/moving', second)
    expect((await reader.facts('refs/heads/moving'))?.oid).toBe(second)
    git('pack-refs', '--all')
    expect((await reader.facts('refs/heads/moving'))?.oid).toBe(second)
    git('update-ref', 'refs/heads/moving', first)
    git('pack-refs', '--all')
    expect((await reader.facts('refs/heads/moving'))?.oid).toBe(first)
    git('update-ref', '-d', 'refs/heads/moving')
    expect(await reader.facts('refs/heads/moving')).toBeNull()
  })

  test('sees loose objects and packs that came after it began, and what was packed meanwhile', async () => {
    expect(await reader.facts('HEAD')).not.toBeNull()
    const loose = shellGit(directory, ['hash-object', '-w', '--stdin'], { input: 'loose\n' })
    expect(await reader.facts(loose)).toEqual({ oid: loose, type: 'blob', sizeBytes: 6 })
    mkdirSync(join(scratch, 'other'))
    const other = makeRepository(join(scratch, 'other'), { 'b.txt': 'from a pack\n' })
    const blob = shellGit(other, ['rev-parse', 'HEAD:b.txt'])
    expect(await reader.facts(blob)).toBeNull()
    git('fetch', '-q', '--no-tags', other, 'HEAD')
    git('repack', '-q', '-a', '-d', '-k')
    expect(await reader.bytes(blob)).toEqual(Buffer.from('from a pack\n'))
    expect(await reader.bytes(loose)).toEqual(Buffer.from('loose\n'))
  })

  test('keeps answers and questions together, whatever their size and however many come at once', async () => {
    const [large, small] = [git('rev-parse', 'HEAD:large.bin'), git('rev-parse', 'HEAD:a.txt')]
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        if (index % 20 === 0) return (await reader.bytes(large))?.equals(readFileSync(join(directory, 'large.bin')))
        if (index % 3 === 0) return (await reader.facts(missing)) === null
        if (index % 3 === 1) return (await reader.bytes(small))?.toString() === 'one\n'
        return (await reader.facts(small))?.sizeBytes === 4
      }),
    )
    expect(answers).toEqual(answers.map(() => true))
  })

  test('asks no second question in a name', async () => {
    expect(await reader.facts(`${missing}\ninfo HEAD`)).toBeNull()
    expect((await reader.facts('HEAD'))?.type).toBe('commit')
  })

  test('is replaced when its process dies, and gone when it is closed', async () => {
    await reader.facts('HEAD')
    const [pid] = readers()
    process.kill(pid!, 'SIGKILL')
    await untilGone(pid!)
    await vi.waitFor(async () => expect((await reader.facts('HEAD'))?.type).toBe('commit'), 5_000)
    const [next] = readers()
    expect(next).not.toBe(pid)
    reader.close()
    await untilGone(next!)
    expect(await reader.facts('HEAD')).toBeNull()
    expect(readers()).toEqual([])
  })

  test('takes for parents only the lines where a commit has them', async () => {
    const head = git('rev-parse', 'HEAD')
    const lie = `tree ${git('rev-parse', 'HEAD^{tree}')}\nauthor A <a@b> 1 +0000\nparent ${head}\ncommitter A <a@b> 1 +0000\n\nparent ${head}\n`
    const oid = shellGit(directory, ['hash-object', '-w', '-t', 'commit', '--literally', '--stdin'], { input: lie })
    expect(await parentsOf(reader, oid)).toEqual([])
    rmSync(join(directory, '.git/objects', oid.slice(0, 2), oid.slice(2)))
    const child = commitFiles(directory, { 'child.txt': 'child\n' })
    expect(await parentsOf(reader, child)).toEqual([head])
    expect(await parentsOf(reader, git('rev-parse', 'HEAD:a.txt'))).toBeNull()
  })
})

test('a process that only waits for a reader’s answer gets it, and one that has it ends', () => {
  const file = join(scratch, 'asks.mjs')
  const source = JSON.stringify(new URL('../../src/git/object-reader.ts', import.meta.url).href)
  const place = JSON.stringify({ root: repository.root, gitDir: repository.gitDir })
  writeFileSync(
    file,
    `import { openObjectReader } from ${source}\nconsole.log((await openObjectReader(${place}).facts('HEAD')).type)\n`,
  )
  expect(execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 30_000 })).toBe('commit\n')
})

describe('with a reader kept for the repository', () => {
  let kept: { close(): void }
  beforeEach(() => {
    kept = keepReader(repository)
  })
  afterEach(() => kept.close())

  test('every answer is the one a fresh git gives', async () => {
    const head = git('rev-parse', 'HEAD')
    const blob = git('rev-parse', 'HEAD:a.txt')
    expect(await readRef(repository, 'refs/heads/main')).toBe(head)
    expect(await readRef(repository, 'refs/heads/nobody')).toBeNull()
    expect(await treeOf(repository, head)).toBe(git('rev-parse', 'HEAD^{tree}'))
    await expect(treeOf(repository, missing)).rejects.toMatchObject({ code: 'git-failed' })
    expect([await hasObject(repository, blob), await hasObject(repository, missing)]).toEqual([true, false])
    expect(await objectSizes(repository, [blob, missing])).toEqual(new Map([[blob, 4]]))
    expect(await readBlobs(repository, [blob])).toEqual(new Map([[blob, Buffer.from('one\n')]]))
    await expect(readBlobs(repository, [blob, missing])).rejects.toMatchObject({ code: 'missing-object' })
    expect((await listTree(repository, head)).map(entry => entry.path).join('\n')).toBe(
      git('ls-tree', '-r', '--name-only', 'HEAD'),
    )
  })

  test('a ref whose object is missing still is a ref', async () => {
    writeFileSync(join(directory, '.git/refs/heads/dangling'), `${missing}\n`)
    expect(await readRef(repository, 'refs/heads/dangling')).toBe(missing)
    git('update-ref', '-d', 'refs/heads/dangling')
  })

  test('a merge of what was made on the tip is that, and any other is git’s', async () => {
    const base = git('rev-parse', 'HEAD')
    const next = commitFiles(directory, { 'next.txt': 'next\n' })
    expect(await mergeTree(repository, base, next)).toEqual({ status: 'clean', tree: git('rev-parse', 'HEAD^{tree}') })
    git('checkout', '-q', '--detach', base)
    const side = commitFiles(directory, { 'next.txt': 'other\n' })
    expect(await mergeTree(repository, next, side)).toEqual({ status: 'conflict', files: ['next.txt'] })
    git('checkout', '-q', 'main')
  })

  test('paths remembered from a count are the paths of the change', async () => {
    const [from, to] = [git('rev-parse', 'HEAD'), commitFiles(directory, { 'a.txt': null, ':odd\n1\t2\tname': 'x\n' })]
    const asked = await rawChanges(repository, from, to)
    const counts = await lineCounts(repository, from, to)
    expect(counts.map(({ path }) => path)).toEqual([':odd\n1\t2\tname', 'a.txt'])
    expect(await rawChanges(repository, from, to)).toEqual(asked)
  })

  const wish = (over: object = {}) => ({
    tree: git('rev-parse', 'HEAD^{tree}'),
    parents: [git('rev-parse', 'HEAD'), git('rev-parse', 'HEAD~1')],
    message: composeMessage('Añade ✓', 'Body.', { Task: 'k3m9q2x7-1' }),
    when: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    ...over,
  })

  test.each([
    ['plain', {}],
    ['by a person', { author: { name: 'Zoë O. Ng-1', email: 'zoe@example.org' } }],
    ['by somebody git trims', { author: { name: ' "Dr." Who, ', email: '<who@x>' } }],
    ['without a parent', { parents: [] }],
    ['without a newline at its end', { message: 'Title' }],
  ])('a commit %s has the id git itself gives it, and git finds it sound', async (_, over) => {
    const ours = await commitTree(repository, wish(over))
    kept.close()
    expect(await commitTree(repository, wish(over))).toBe(ours)
    git('fsck', '--strict', '--no-dangling', ours)
    expect(git('cat-file', '-t', ours)).toBe('commit')
  })

  test('a commit of a tree or with a parent that is missing is refused', async () => {
    await expect(commitTree(repository, wish({ tree: missing }))).rejects.toMatchObject({ code: 'git-failed' })
    await expect(commitTree(repository, wish({ parents: [missing] }))).rejects.toMatchObject({ code: 'git-failed' })
  })
})

test('a commit written in a SHA-256 repository has git’s own id', async () => {
  const place = join(scratch, 'sha256')
  shellGit(scratch, ['init', '-q', '--object-format=sha256', place])
  for (const [key, value] of [
    ['user.name', 'O'],
    ['user.email', 'o@x'],
  ] as const)
    shellGit(place, ['config', key, value])
  const parent = commitFiles(place, { 'a.txt': 'a\n' })
  const opened = await openRepository(place)
  const wish = {
    tree: shellGit(place, ['rev-parse', 'HEAD^{tree}']),
    parents: [parent],
    message: 'M\n',
    when: 5_000_000,
  }
  const expected = await commitTree(opened, wish)
  const objectFile = join(place, '.git/objects', expected.slice(0, 2), expected.slice(2))
  rmSync(objectFile)
  const kept = keepReader(opened)
  expect(await commitTree(opened, wish)).toBe(expected)
  kept.close()
  shellGit(place, ['fsck', '--strict', '--no-dangling', expected])
})

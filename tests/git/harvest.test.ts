import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseTrailers } from '../../src/git/commit.ts'
import { rebuildForConflict } from '../../src/git/conflict-workspace.ts'
import { exportCommand } from '../../src/git/export-work.ts'
import { type Harvest, type HarvestRequest, harvestWork } from '../../src/git/harvest.ts'
import { defaultLimits, judgeChanges, staysInside } from '../../src/git/harvest-policy.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { createWorkspace } from '../../src/git/workspace.ts'
import {
  type Files,
  makeRepository,
  makeScratch,
  removeScratch,
  shellGit,
  writeFiles,
} from '../support/git-repository.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const identity = { name: 'Claude', email: 'claude@agentlab.localhost' }
const branch = 'task/k3m9q2x7-1/claude'
const trailers = { Run: 'k3m9q2x7', Task: 'k3m9q2x7-1', Worker: 'claude', Model: 'opus', Lane: 'personal' }

let scratch: string
let directory: string
let repository: Repository
let base: string
let count = 0
let seat: { workspace: string; gitDir: string; exportPath: string }

beforeAll(async () => {
  scratch = makeScratch('harvest')
  directory = makeRepository(scratch, {
    'README.md': 'Hello\n',
    'src/a.ts': 'export const a = 1\n',
    '.claude/settings.json': '{}',
    'old.txt': '<<<<<<< a\n=======\n>>>>>>> b\n',
  })
  repository = await openRepository(directory)
  base = shellGit(directory, ['rev-parse', 'HEAD'])
  mkdirSync(join(scratch, 'quarantine'))
})
afterAll(() => removeScratch(scratch))

beforeEach(async () => {
  count += 1
  const root = join(scratch, `seat${count}`)
  seat = { workspace: join(root, 'work'), gitDir: join(root, 'git'), exportPath: join(root, 'export') }
  await createWorkspace({ repository, dirs: seat, commit: base, branch: 'task', identity })
})

/** Runs the export as launch() would, without the box. */
const exportWork = (): void => {
  const { file, args, cwd, env } = exportCommand({ dirs: seat, base, branch: 'task', identity })
  const out = openSync(seat.exportPath, 'wx')
  execFileSync(file, args, { cwd, env, stdio: ['ignore', out, 'pipe'] })
  closeSync(out)
}

const request = (): HarvestRequest => ({
  repository,
  exportPath: seat.exportPath,
  scratchDir: join(scratch, 'quarantine'),
  base,
  branch,
  title: 'Add a thing',
  body: 'Why it is added.',
  trailers,
  author: identity,
  when: Date.UTC(2026, 0, 2, 3, 4, 5),
  limits: { fileBytes: 1024 * 1024, totalBytes: 3 * 1024 * 1024 },
})

const work = async (files: Files, commit = true): Promise<Harvest> => {
  writeFiles(seat.workspace, files)
  if (commit) {
    shellGit(seat.workspace, ['add', '-A'])
    shellGit(seat.workspace, ['commit', '-q', '--no-verify', '-m', 'Work'])
  }
  exportWork()
  return harvestWork(request())
}

const git = (args: string[], input?: string | Buffer): string =>
  shellGit(seat.workspace, args, input === undefined ? {} : { input })

/** A commit on the base with one raw tree entry, as no porcelain would make it. */
const commitRawTree = (entries: string): string => {
  const tree = git(['mktree', '--missing'], entries)
  return git(['commit-tree', '-p', base, '-m', 'hostile', tree])
}

const deliver = (tip: string, pack: Buffer): void =>
  writeFileSync(
    seat.exportPath,
    Buffer.concat([
      Buffer.from(`${JSON.stringify({ tip, committedByUs: false, unmerged: false, staged: true, strayed: false })}\n`),
      pack,
    ]),
  )

const packOf = (revisions: string[]): Buffer =>
  execFileSync('git', ['pack-objects', '-q', '--revs', '--thin', '--stdout'], {
    cwd: seat.workspace,
    input: `${revisions.join('\n')}\n`,
    maxBuffer: 1e9,
  })

const looseAndPacks = (): string[] =>
  readdirSync(join(directory, '.git', 'objects'), { recursive: true })
    .map(String)
    .sort()

/** The oracle after every refusal: same refs, same objects, nothing left behind, fsck clean. */
const refusal = async (run: () => Promise<Harvest>): Promise<string[]> => {
  const refs = shellGit(directory, ['for-each-ref'])
  const objects = looseAndPacks()
  const result = await run()
  expect(shellGit(directory, ['for-each-ref'])).toBe(refs)
  expect(looseAndPacks()).toEqual(objects)
  expect(readdirSync(join(scratch, 'quarantine'))).toEqual([])
  expect(shellGit(directory, ['fsck', '--full', '--strict', '--no-dangling'])).toBe('')
  expect(result.status).toBe('refused')
  return result.status === 'refused'
    ? result.findings.filter(entry => entry.severity === 'blocking').map(entry => entry.rule)
    : []
}

const deliverCommit = (tip: string): Promise<Harvest> => {
  deliver(tip, packOf([tip, `^${base}`]))
  return harvestWork(request())
}

describe('the policy refuses', () => {
  const blob = (content: string | Buffer = 'x\n'): string => git(['hash-object', '-w', '--stdin'], content)

  test.each(['.git', '.GIT', 'GIT~1', '.git ', '.g\u200cit'])('a path named %j', async name => {
    const inner = git(['mktree'], `100644 blob ${blob()}\tconfig\n`)
    const rules = await refusal(() => deliverCommit(commitRawTree(`040000 tree ${inner}\t${name}\n`)))
    expect(['pack-rejected', 'reserved-path']).toContain(rules[0])
  })

  test.each([
    ['a link as .gitmodules', (oid: string) => `120000 blob ${oid}\t.gitmodules\n`],
    ['a parent path', (oid: string) => `100644 blob ${oid}\t..\n`],
  ])('%s', async (_, entries) => {
    expect(await refusal(() => deliverCommit(commitRawTree(entries(blob()))))).toEqual(['pack-rejected'])
  })

  test('a .gitmodules whose url is an option', async () => {
    const oid = blob('[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch\n')
    expect(await refusal(() => deliverCommit(commitRawTree(`100644 blob ${oid}\t.gitmodules\n`)))).toEqual([
      'pack-rejected',
    ])
  })

  test('a submodule, and a repository nested by accident', async () => {
    expect(await refusal(() => deliverCommit(commitRawTree(`160000 commit ${base}\tvendor\n`)))).toContain('gitlink')
    writeFiles(seat.workspace, { 'nested/file.txt': 'x' })
    const nested = join(seat.workspace, 'nested')
    shellGit(nested, ['init', '-q'])
    shellGit(nested, ['-c', 'user.name=x', '-c', 'user.email=x', 'commit', '-q', '--allow-empty', '-m', 'x'])
    const fresh = `${seat.exportPath}2`
    seat = { ...seat, exportPath: fresh }
    exportWork()
    expect(await refusal(() => harvestWork(request()))).toEqual(['gitlink'])
  })

  test('what could not be staged: a nested repository without a commit', async () => {
    writeFiles(seat.workspace, { 'nested/file.txt': 'x', 'good.txt': 'good' })
    shellGit(join(seat.workspace, 'nested'), ['init', '-q'])
    exportWork()
    expect(await refusal(() => harvestWork(request()))).toEqual(['not-staged'])
  })

  test.each(['/etc/passwd', '../outside', 'sub/../../outside', '.git/hooks/post-checkout', 'x/..'])(
    'a link to %s',
    async link => {
      expect(await refusal(() => work({ leak: { link } }))).toEqual(['symlink'])
    },
  )

  test('a file too large, however small it packs, and too much together', async () => {
    expect(await refusal(() => work({ 'big.bin': '\0'.repeat(1024 * 1024 + 1) }))).toEqual(['file-too-large'])
    seat = { ...seat, exportPath: `${seat.exportPath}2` }
    const part = (name: string) => [name, name + '\0'.repeat(1024 * 1024 - 10)] as const
    const parts = Object.fromEntries(['a', 'b', 'c', 'd'].map(part))
    expect(await refusal(() => work({ 'big.bin': null, ...parts }))).toEqual(['work-too-large'])
  })

  test.each(['.claude/hooks.json', 'pkg/.mcp.json', '.vscode/tasks.json', '.envrc', 'AGENTS.md'])(
    'agent config in %s',
    async path => {
      expect(await refusal(() => work({ [path]: 'x' }))).toEqual(['agent-config'])
    },
  )

  test('the removal of agent config', async () => {
    git(['update-index', '--no-skip-worktree', '.claude/settings.json'])
    expect(await refusal(() => work({}))).toEqual(['agent-config'])
  })

  test('conflict markers that are new, but not those that were there', async () => {
    const markers = '<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n'
    expect(await refusal(() => work({ 'src/a.ts': markers, 'old.txt': `${markers}\n${markers}` }))).toEqual([
      'conflict-markers',
    ])
  })
})

describe('the delivery is refused when', () => {
  const goodTip = (): string =>
    git([
      'commit-tree',
      '-p',
      base,
      '-m',
      'x',
      git(['mktree'], `100644 blob ${git(['hash-object', '-w', '--stdin'], 'new\n')}\tx\n`),
    ])
  const harvest = (): Promise<Harvest> => harvestWork(request())

  test('the pack is cut, random or empty', async () => {
    const tip = goodTip()
    const pack = packOf([tip, `^${base}`])
    for (const bytes of [
      pack.subarray(0, pack.length - 25),
      Buffer.from('PACK and then nothing of a pack'),
      Buffer.alloc(5_000, 7),
    ]) {
      deliver(tip, bytes)
      expect(await refusal(harvest)).toEqual(['pack-rejected'])
    }
    deliver(tip, Buffer.alloc(0))
    expect(await refusal(harvest)).toEqual(['wrong-tip'])
  })

  test('the tip is another object than was delivered, or no commit', async () => {
    const tip = goodTip()
    const pack = packOf([tip, `^${base}`])
    for (const wrong of ['1'.repeat(40), git(['rev-parse', `${tip}^{tree}`])]) {
      deliver(wrong, pack)
      expect(await refusal(harvest)).toEqual(['wrong-tip'])
    }
    const tag = git(['mktag'], `object ${tip}\ntype commit\ntag x\ntagger x <x> 0 +0000\n\nx\n`)
    deliver(tag, packOf([tag, `^${base}`]))
    expect(await refusal(harvest)).toEqual(['wrong-tip'])
  })

  test('the history is unrelated, or steps back behind the base', async () => {
    const tree = git(['rev-parse', `${goodTip()}^{tree}`])
    const orphan = git(['commit-tree', '-m', 'orphan', tree])
    deliver(orphan, packOf([orphan]))
    expect(await refusal(harvest)).toEqual(['not-on-base'])
  })

  test('objects are missing', async () => {
    const missing = commitRawTree(`100644 blob ${'12'.repeat(20)}\tx\n`)
    const loose = execFileSync('git', ['pack-objects', '-q', '--stdout'], {
      cwd: seat.workspace,
      input: `${missing}\n${git(['rev-parse', `${missing}^{tree}`])}\n`,
    })
    deliver(missing, loose)
    expect(['disconnected', 'pack-rejected']).toContain((await refusal(harvest))[0])
  })

  test('the file is missing, a link, a hard link, a pipe, behind a linked folder, too large, or has no header', async () => {
    const root = join(scratch, `seat${count}`)
    const secret = join(scratch, `secret${count}`)
    writeFileSync(
      secret,
      `${JSON.stringify({ tip: base, committedByUs: false, unmerged: false, staged: true, strayed: false })}\n`,
    )
    expect(await refusal(harvest)).toEqual(['export-unreadable'])
    const places: [string, (path: string) => void][] = [
      ['link', path => symlinkSync(secret, path)],
      ['hard', path => linkSync(secret, path)],
      ['pipe', path => execFileSync('mkfifo', [path])],
      ['large', path => writeFileSync(path, Buffer.alloc(4 * 1024 * 1024))],
      ['header', path => writeFileSync(path, '{"tip":"HEAD"}\nPACK')],
      ['nothing', path => writeFileSync(path, '')],
    ]
    for (const [name, make] of places) {
      seat = { ...seat, exportPath: join(root, name) }
      make(seat.exportPath)
      expect(await refusal(harvest), name).toEqual(['export-unreadable'])
    }
    symlinkSync(scratch, join(root, 'folder'))
    seat = { ...seat, exportPath: join(root, 'folder', `secret${count}`) }
    expect(await refusal(harvest)).toEqual(['export-unreadable'])
  })
})

describe('good work', () => {
  test('becomes one commit on the base, with trailers, and says its size', async () => {
    writeFiles(seat.workspace, { 'src/a.ts': 'export const a = 2\n' })
    git(['commit', '-qam', 'one'])
    const result = await work({
      'src/b.ts': 'one\ntwo\n',
      'in.txt': { link: 'src/a.ts' },
      'src/up': { link: '../README.md' },
      '.gitattributes': '*.bin binary\n',
    })
    expect(result).toMatchObject({ status: 'harvested', files: 5, added: 6, deleted: 1, byUs: false })
    if (result.status !== 'harvested') return
    expect(result.notes.map(note => [note.rule, note.severity])).toEqual([['git-metadata', 'minor']])
    expect(shellGit(directory, ['rev-parse', branch, `${branch}^`])).toBe(`${result.tip}\n${base}`)
    expect(shellGit(directory, ['log', '-1', '--format=%an <%ae> %cn %at', branch])).toBe(
      'Claude <claude@agentlab.localhost> AgentLab 1767323045',
    )
    expect(parseTrailers(shellGit(directory, ['log', '-1', '--format=%B', branch]))).toEqual(trailers)
    expect(shellGit(directory, ['fsck', '--full', '--strict', '--no-dangling'])).toBe('')
    expect(readdirSync(join(scratch, 'quarantine'))).toEqual([])
    expect(await harvestWork(request())).toEqual(result)
    expect(shellGit(directory, ['status', '--porcelain'])).toBe('')
  })

  test('left uncommitted is committed by us, in spite of hooks, a stale lock and a replaced .git', async () => {
    mkdirSync(join(seat.gitDir, 'hooks'))
    writeFileSync(join(seat.gitDir, 'hooks', 'pre-commit'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    git(['config', 'core.hooksPath', join(seat.gitDir, 'hooks')])
    writeFileSync(join(seat.gitDir, 'index.lock'), '')
    writeFileSync(join(seat.workspace, '.git'), 'gitdir: /nonexistent\n')
    const result = await work({ 'new.txt': 'new\n', 'README.md': null }, false)
    expect(result).toMatchObject({ status: 'harvested', files: 2, added: 1, deleted: 1, byUs: true, notes: [] })
    expect(shellGit(directory, ['show', `${branch}:.claude/settings.json`])).toBe('{}')
  })

  test('replaces an earlier attempt’s result', async () => {
    const first = shellGit(directory, ['rev-parse', branch])
    const result = await work({ 'second.txt': '2\n' })
    expect(result.status).toBe('harvested')
    expect(shellGit(directory, ['rev-parse', branch])).not.toBe(first)
  })

  test('on a branch the worker has left again still counts', async () => {
    writeFiles(seat.workspace, { 'left.txt': 'x\n' })
    git(['add', '-A'])
    git(['commit', '-qm', 'x'])
    git(['checkout', '-q', '--detach', base])
    exportWork()
    expect(await harvestWork(request())).toMatchObject({ status: 'harvested', files: 1 })
  })

  test('waits where the branch is checked out', async () => {
    const worktree = join(scratch, 'standing')
    shellGit(directory, ['worktree', 'add', '-q', worktree, branch])
    const result = await work({ 'third.txt': '3\n' })
    shellGit(directory, ['worktree', 'remove', worktree])
    expect(result).toEqual({ status: 'blocked', move: { status: 'checkedOut', worktree } })
  })
})

describe('a conflict handed to the worker', () => {
  const rebuild = async (): Promise<string> => {
    const commit = (content: string): string => {
      const tree = git(['mktree'], `100644 blob ${git(['hash-object', '-w', '--stdin'], content)}\tREADME.md\n`)
      return git(['commit-tree', '-p', base, '-m', 'x', tree])
    }
    const [agentTip, taskTip] = [commit('agent\n'), commit('task\n')]
    // Both sides are the operator's before a conflict can be handed out.
    for (const tip of [agentTip, taskTip])
      execFileSync('git', ['unpack-objects', '-q'], {
        cwd: directory,
        input: execFileSync('git', ['pack-objects', '-q', '--revs', '--stdout'], {
          cwd: seat.workspace,
          input: `${tip}\n`,
        }),
      })
    await rebuildForConflict({ repository, dirs: seat, base: agentTip, taskTip, branch: 'task', identity })
    return agentTip
  }

  const collect = (onto: string): Promise<Harvest> => {
    const { file, args, cwd, env } = exportCommand({ dirs: seat, base: onto, branch: 'task', identity })
    writeFileSync(seat.exportPath, execFileSync(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }))
    return harvestWork({ ...request(), base: onto })
  }

  test('comes back as one commit on the new base', async () => {
    const onto = await rebuild()
    writeFiles(seat.workspace, { 'README.md': 'agent and task\n' })
    const result = await collect(onto)
    expect(result).toMatchObject({ status: 'harvested', files: 1, byUs: true })
    expect(shellGit(directory, ['rev-list', '--parents', '-1', branch]).split(' ')[1]).toBe(onto)
  })

  test('is refused while it is unresolved', async () => {
    const onto = await rebuild()
    expect(await refusal(() => collect(onto))).toEqual(['conflict-markers'])
  })
})

describe('no work', () => {
  test('is seen as what it is: nothing changed, an empty commit, a change taken back', async () => {
    const objects = looseAndPacks()
    exportWork()
    expect(await harvestWork(request())).toEqual({ status: 'empty', notes: [] })
    git(['commit', '-q', '--allow-empty', '-m', 'All done'])
    writeFiles(seat.workspace, { x: 'x' })
    git(['add', '-A'])
    git(['commit', '-qm', 'x'])
    git(['rm', '-q', 'x'])
    git(['commit', '-qm', 'back'])
    seat = { ...seat, exportPath: `${seat.exportPath}2` }
    exportWork()
    expect(await harvestWork(request())).toEqual({ status: 'empty', notes: [] })
    expect(looseAndPacks()).toEqual(objects)
    expect(existsSync(seat.exportPath) && readFileSync(seat.exportPath).length > 100).toBe(true)
  })
})

test.each([
  ['a', 'b', true],
  ['d/a', '../b', true],
  ['d/a', '../../b', false],
  ['a', './b//c/.', true],
  ['a', '', false],
  ['a', 'b/../c', false],
  ['a', 'GIT~1/config', false],
  ['d/e/a', '../..', true],
])('the link %s → %s stays inside: %s', (path, target, expected) => {
  expect(staysInside(path, target)).toBe(expected)
})

test.each([
  ['.git/config', 'reserved-path'],
  ['a/.GIT/x', 'reserved-path'],
  ['git~1', 'reserved-path'],
  ['.git . /x', 'reserved-path'],
  ['.git::$INDEX_ALLOCATION/x', 'reserved-path'],
  ['../x', 'reserved-path'],
  ['a\u001bb', 'odd-name'],
  ['-rf', 'odd-name'],
  ['.github/x', undefined],
  ['.gitignore', undefined],
])('the path %j alone is judged %s, whatever git thinks of it', (path, rule) => {
  const oid = '1'.repeat(40)
  const change = { oldMode: '000000', newMode: '100644', oldOid: '0'.repeat(40), newOid: oid, status: 'A', path }
  expect(judgeChanges([change], new Map([[oid, 1]]), defaultLimits)[0]?.rule).toBe(rule)
})

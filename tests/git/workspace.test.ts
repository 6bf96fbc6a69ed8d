import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { isAgentConfigPath, isInstructionPath } from '../../src/git/agent-config.ts'
import { rebuildForConflict } from '../../src/git/conflict-workspace.ts'
import { readInstructionFiles } from '../../src/git/instructions.ts'
import { listPins, pinCommit, unpinCommit } from '../../src/git/ref-write.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { createTreeWorkspace, createWorkspace, removeWorkspace } from '../../src/git/workspace.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const identity = { name: 'Claude "the" \\worker', email: 'claude@agentlab.local' }
let scratch: string
let directory: string
let repository: Repository

const hidden = {
  '.claude/settings.json': '{}',
  'deep/er/.gemini/settings.json': '{}',
  '.mcp.json': '{}',
  'pkg/.env': 'SECRET=1',
  '.envrc': 'x',
  '.vscode/tasks.json': '{}',
  'CLAUDE.md': 'Root rules\n',
  'pkg/AGENTS.md': 'Package rules\n',
}
const shown = {
  'README.md': 'Hello\n',
  '.env.example': 'SECRET=\n',
  '.gitignore': 'node_modules\n',
  'src/höhe "q".txt': 'umlaut\n',
  'run.sh': { executable: '#!/bin/sh\n' },
  link: { link: 'README.md' },
}

beforeAll(async () => {
  scratch = makeScratch('workspace')
  directory = makeRepository(scratch, { ...hidden, ...shown })
  repository = await openRepository(directory)
})
afterAll(() => removeScratch(scratch))

const dirsOf = (name: string) => ({ workspace: join(scratch, name, 'work'), gitDir: join(scratch, name, 'git') })
const head = (): string => shellGit(directory, ['rev-parse', 'main'])

describe('a workspace', () => {
  test('has the files, a clean status and a history, but no agent or environment config', async () => {
    const dirs = dirsOf('clean')
    const before = checkoutDigest(directory)
    const { leftOut } = await createWorkspace({ repository, dirs, commit: head(), branch: 'task/x', identity })
    expect(leftOut.sort()).toEqual(Object.keys(hidden).sort())
    for (const path of Object.keys(hidden)) expect(existsSync(join(dirs.workspace, path)), path).toBe(false)
    for (const path of Object.keys(shown)) expect(lstatSync(join(dirs.workspace, path)).isDirectory(), path).toBe(false)
    expect(lstatSync(join(dirs.workspace, 'run.sh')).mode & 0o111).not.toBe(0)
    expect(lstatSync(join(dirs.workspace, 'link')).isSymbolicLink()).toBe(true)
    expect(shellGit(dirs.workspace, ['status', '--porcelain'])).toBe('')
    expect(shellGit(dirs.workspace, ['rev-parse', 'HEAD'])).toBe(head())
    expect(shellGit(dirs.workspace, ['config', 'user.name'])).toBe(identity.name)
    expect(shellGit(dirs.workspace, ['log', '--format=%s'])).toBe('First commit')
    expect(checkoutDigest(directory)).toBe(before)
  })

  test('keeps the left-out files in commits, and away after stash, reset and restore', async () => {
    const dirs = dirsOf('life')
    await createWorkspace({ repository, dirs, commit: head(), branch: 'task/x', identity })
    writeFileSync(join(dirs.workspace, 'README.md'), 'Changed\n')
    shellGit(dirs.workspace, ['stash', '-q'])
    shellGit(dirs.workspace, ['stash', 'pop', '-q'])
    shellGit(dirs.workspace, ['add', '-A'])
    shellGit(dirs.workspace, ['commit', '-q', '-m', 'Work'])
    shellGit(dirs.workspace, ['reset', '-q', '--hard'])
    shellGit(dirs.workspace, ['restore', '.'])
    for (const path of Object.keys(hidden)) expect(existsSync(join(dirs.workspace, path)), path).toBe(false)
    expect(shellGit(dirs.workspace, ['diff', '--name-only', 'HEAD~', 'HEAD'])).toBe('README.md')
    expect(shellGit(dirs.workspace, ['show', 'HEAD:.claude/settings.json'])).toBe('{}')
  })

  test('can break everything inside without the operator’s repository noticing', async () => {
    const dirs = dirsOf('break')
    await createWorkspace({ repository, dirs, commit: head(), branch: 'main', identity })
    const before = checkoutDigest(directory)
    commitFiles(dirs.workspace, { 'x.txt': 'x' })
    shellGit(dirs.workspace, ['branch', '-f', 'agent', 'HEAD'])
    shellGit(dirs.workspace, ['config', 'core.fsmonitor', '/bin/false'])
    shellGit(dirs.workspace, ['gc', '-q', '--prune=now'])
    shellGit(dirs.workspace, ['update-ref', '-d', 'refs/heads/main'])
    expect(checkoutDigest(directory)).toBe(before)
    expect(shellGit(directory, ['fsck', '--full', '--no-dangling'])).toBe('')
  })

  test('is made again at the same paths, whatever was left there', async () => {
    const dirs = dirsOf('again')
    await createWorkspace({ repository, dirs, commit: head(), branch: 'task/x', identity })
    mkdirSync(join(dirs.workspace, 'locked/in'), { recursive: true })
    chmodSync(join(dirs.workspace, 'locked'), 0)
    writeFileSync(join(dirs.gitDir, 'index.lock'), '')
    await createWorkspace({ repository, dirs, commit: head(), branch: 'task/x', identity })
    expect(existsSync(join(dirs.workspace, 'locked'))).toBe(false)
    expect(shellGit(dirs.workspace, ['status', '--porcelain'])).toBe('')
    await removeWorkspace(dirs)
    expect(existsSync(dirs.workspace) || existsSync(dirs.gitDir)).toBe(false)
  })

  test('works in a SHA-256, a shallow and a borrowing repository, and from a linked worktree', async () => {
    const other = makeScratch('odd')
    const wide = makeRepository(other, shown, ['--object-format=sha256'])
    const shallow = join(other, 'shallow')
    commitFiles(directory, { 'second.txt': '2\n' })
    shellGit(other, ['clone', '-q', '--depth=1', `file://${directory}`, shallow])
    const borrowing = join(other, 'borrowing')
    shellGit(other, ['clone', '-q', '--shared', directory, borrowing])
    const linked = join(other, 'linked')
    shellGit(directory, ['worktree', 'add', '-q', '--detach', linked])
    for (const [index, path] of [wide, shallow, borrowing, linked].entries()) {
      const at = await openRepository(path)
      const dirs = { workspace: join(other, `w${index}`), gitDir: join(other, `g${index}`) }
      const commit = shellGit(path, ['rev-parse', 'HEAD'])
      await createWorkspace({ repository: at, dirs, commit, branch: 'task/x', identity })
      expect(shellGit(dirs.workspace, ['status', '--porcelain']), path).toBe('')
      expect(shellGit(dirs.workspace, ['rev-list', '--count', 'HEAD']), path).toBe(
        shellGit(path, ['rev-list', '--count', 'HEAD']),
      )
      commitFiles(dirs.workspace, { 'more.txt': 'more' })
    }
    shellGit(directory, ['worktree', 'remove', '--force', linked])
    removeScratch(other)
  })

  test('of a tree holds exactly the tree, under one commit without a parent', async () => {
    const dirs = dirsOf('tree')
    const tree = shellGit(directory, ['rev-parse', 'main^{tree}'])
    const { commit, leftOut } = await createTreeWorkspace({ repository, dirs, tree })
    expect(leftOut).toEqual([])
    expect(shellGit(dirs.workspace, ['status', '--porcelain'])).toBe('')
    expect(shellGit(dirs.workspace, ['rev-list', '--parents', 'HEAD'])).toBe(commit)
    expect(shellGit(dirs.workspace, ['rev-parse', 'HEAD^{tree}'])).toBe(tree)
    expect(readFileSync(join(dirs.workspace, 'CLAUDE.md'), 'utf8')).toBe('Root rules\n')
    const again = await createTreeWorkspace({ repository, dirs: dirsOf('tree2'), tree, leaveOut: 'agentConfig' })
    expect(again.commit).toBe(commit)
    expect(again.leftOut).toHaveLength(Object.keys(hidden).length)
  })

  test('leaves submodules empty and clean', async () => {
    const other = makeScratch('submodule')
    const outer = makeRepository(other)
    const inner = shellGit(outer, ['rev-parse', 'HEAD'])
    shellGit(outer, ['update-index', '--add', '--cacheinfo', `160000,${inner},vendor/lib`])
    shellGit(outer, ['commit', '-q', '-m', 'Submodule'])
    const dirs = { workspace: join(other, 'w'), gitDir: join(other, 'g') }
    const at = await openRepository(outer)
    await createWorkspace({
      repository: at,
      dirs,
      commit: shellGit(outer, ['rev-parse', 'HEAD']),
      branch: 'x',
      identity,
    })
    expect(readdirSync(join(dirs.workspace, 'vendor/lib'))).toEqual([])
    expect(shellGit(dirs.workspace, ['status', '--porcelain'])).toBe('')
    removeScratch(other)
  })
})

describe('a workspace in conflict', () => {
  test('gives both sides, markers in the files, and one merge to conclude', async () => {
    const other = makeScratch('conflict')
    const operator = makeRepository(other, {
      'a.txt': 'base\n',
      'b.txt': 'b\n',
      'CLAUDE.md': 'base\n',
      'gone.txt': 'x\n',
    })
    const base = shellGit(operator, ['rev-parse', 'HEAD'])
    shellGit(operator, ['checkout', '-q', '-b', 'task'])
    const taskTip = commitFiles(operator, {
      'a.txt': 'task\n',
      'b.txt': 'b\ntask\n',
      'CLAUDE.md': 'task\n',
      'gone.txt': 'y\n',
    })
    shellGit(operator, ['checkout', '-q', '-b', 'agent', base])
    const agentTip = commitFiles(operator, {
      'a.txt': 'agent\n',
      'c.txt': 'c\n',
      'CLAUDE.md': 'agent\n',
      'gone.txt': null,
    })
    shellGit(operator, ['checkout', '-q', 'main'])
    const before = checkoutDigest(operator)
    const dirs = { workspace: join(other, 'w'), gitDir: join(other, 'g') }
    const at = await openRepository(operator)
    const { conflicted } = await rebuildForConflict({
      repository: at,
      dirs,
      base: agentTip,
      taskTip,
      branch: 'task/x',
      identity,
    })
    expect(conflicted.sort()).toEqual(['a.txt', 'gone.txt'])
    expect(shellGit(dirs.workspace, ['status', '--porcelain']).split('\n').sort()).toEqual([
      'DU gone.txt',
      'M  b.txt',
      'UU a.txt',
    ])
    expect(readFileSync(join(dirs.workspace, 'a.txt'), 'utf8')).toBe(
      '<<<<<<< agent-tip\nagent\n=======\ntask\n>>>>>>> task-tip\n',
    )
    expect(shellGit(dirs.workspace, ['show', ':2:a.txt'])).toBe('agent')
    expect(shellGit(dirs.workspace, ['show', ':3:a.txt'])).toBe('task')
    expect(existsSync(join(dirs.workspace, 'CLAUDE.md'))).toBe(false)
    writeFileSync(join(dirs.workspace, 'a.txt'), 'both\n')
    execFileSync('git', ['add', '-A'], { cwd: dirs.workspace })
    shellGit(dirs.workspace, ['commit', '-q', '--no-edit'])
    expect(shellGit(dirs.workspace, ['rev-parse', 'HEAD^1', 'HEAD^2'])).toBe(`${agentTip}\n${taskTip}`)
    expect(shellGit(dirs.workspace, ['show', 'HEAD:CLAUDE.md'])).toBe('agent')
    expect(checkoutDigest(operator)).toBe(before)
    removeScratch(other)
  })
})

describe('the base', () => {
  test('stays while it is pinned, even through a prune', async () => {
    const dangling = shellGit(directory, ['commit-tree', '-m', 'x', 'HEAD^{tree}'])
    await pinCommit(repository, 'k3m9q2x7-1/claude', dangling)
    shellGit(directory, ['prune', '--expire=now'])
    expect(shellGit(directory, ['cat-file', '-t', dangling])).toBe('commit')
    expect(await listPins(repository)).toEqual(['k3m9q2x7-1/claude'])
    await unpinCommit(repository, 'k3m9q2x7-1/claude')
    await unpinCommit(repository, 'k3m9q2x7-1/claude')
    expect(await listPins(repository)).toEqual([])
    await expect(pinCommit(repository, '../../heads/main', dangling)).rejects.toThrow('plain branch name')
  })
})

describe('instructions', () => {
  test('are read at the commit, root first, bounded, links not followed', async () => {
    const other = makeScratch('instructions')
    const operator = makeRepository(other, {
      'z/AGENTS.md': 'deep',
      'GEMINI.md': 'é'.repeat(40_000),
      'CLAUDE.md': 'root',
      'link/AGENTS.md': { link: '/etc/passwd' },
      '.claude/CLAUDE.md': 'inner',
    })
    const read = await readInstructionFiles(await openRepository(operator), shellGit(operator, ['rev-parse', 'HEAD']))
    expect(read.map(file => [file.path, file.isCut])).toEqual([
      ['CLAUDE.md', false],
      ['GEMINI.md', true],
      ['.claude/CLAUDE.md', false],
      ['z/AGENTS.md', false],
    ])
    expect(read[1]!.text).toBe('é'.repeat(32_768))
    removeScratch(other)
  })

  test.each([
    ['.claude', true],
    ['a/.Claude/x', true],
    ['.cl\u200caude/x', true],
    ['.env', true],
    ['x/.env.local', true],
    ['.env.example', false],
    ['.environment', false],
    ['src/claude/x', false],
    ['.mcp.json', true],
    ['.github/workflows/ci.yml', false],
    ['.gitignore', false],
  ])('%s is agent config: %s', (path, expected) => {
    expect(isAgentConfigPath(path)).toBe(expected)
  })

  test('are known by name in any case', () => {
    expect(['CLAUDE.md', 'x/agents.md', 'GEMINI.MD', 'CLAUDE.local.md'].every(isInstructionPath)).toBe(true)
    expect(isInstructionPath('README.md')).toBe(false)
  })
})

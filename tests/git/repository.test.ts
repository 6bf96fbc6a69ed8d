import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { AgentLabError } from '../../src/domain/errors.ts'
import { findGit, git, gitText } from '../../src/git/exec.ts'
import { detectMainBranch } from '../../src/git/main-branch.ts'
import { operatorIdentity } from '../../src/git/operator-config.ts'
import { changeSummary, checkoutStatus, commitsBetween } from '../../src/git/porcelain.ts'
import { branchRef, countCommits, isAncestor, listBranches, mergeBase, readRef } from '../../src/git/refs.ts'
import { openRepository } from '../../src/git/repository.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let scratch: string
let directory: string

beforeAll(() => {
  scratch = makeScratch('repository')
  directory = makeRepository(scratch)
})
afterAll(() => removeScratch(scratch))

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof AgentLabError ? error.code : String(error)),
  )

describe('opening a repository', () => {
  test('says what it is, from any folder in it', async () => {
    mkdirSync(join(directory, 'a b'), { recursive: true })
    const repository = await openRepository(join(directory, 'a b'))
    expect(repository).toMatchObject({
      root: directory,
      gitDir: join(directory, '.git'),
      commonDir: join(directory, '.git'),
      objectDirs: [join(directory, '.git', 'objects')],
      isShallow: false,
      headRef: 'refs/heads/main',
      objectFormat: 'sha1',
      mainBranch: 'main',
      protectedRefs: ['refs/heads/main', 'refs/heads/master'],
    })
    expect(repository.gitVersion).toMatch(/^2\.\d+/)
  })

  test('sees through a linked worktree to the shared git dir, and names it as its own place', async () => {
    const linked = join(scratch, 'linked')
    shellGit(directory, ['worktree', 'add', '-q', '--detach', linked])
    const repository = await openRepository(linked)
    expect(repository.commonDir).toBe(join(directory, '.git'))
    expect(repository.gitDir).toBe(join(directory, '.git', 'worktrees', 'linked'))
    expect(repository.headRef).toBeNull()
  })

  test('lists borrowed object stores, each once, through several steps', async () => {
    const one = join(scratch, 'one')
    const two = join(scratch, 'two')
    shellGit(scratch, ['clone', '-q', '--shared', directory, one])
    shellGit(scratch, ['clone', '-q', '--shared', one, two])
    const { objectDirs } = await openRepository(two)
    expect(objectDirs).toEqual([two, one, directory].map(path => join(path, '.git', 'objects')))
  })

  test('knows a SHA-256 repository and a shallow one', async () => {
    const wide = makeScratch('sha256')
    makeRepository(wide, { a: 'a' }, ['--object-format=sha256'])
    expect((await openRepository(join(wide, 'operator'))).objectFormat).toBe('sha256')
    removeScratch(wide)
    const shallow = join(scratch, 'shallow')
    shellGit(scratch, ['clone', '-q', '--depth=1', `file://${directory}`, shallow])
    expect((await openRepository(shallow)).isShallow).toBe(true)
  })

  test('refuses what it cannot work on, each by its code and with a cure', async () => {
    const bare = join(scratch, 'bare')
    shellGit(scratch, ['clone', '-q', '--bare', directory, bare])
    const empty = join(scratch, 'empty')
    shellGit(scratch, ['init', '-q', empty])
    expect(await codeOf(openRepository(join(scratch, 'missing')))).toBe('not-a-repository')
    expect(await codeOf(openRepository('/'))).toBe('not-a-repository')
    expect(await codeOf(openRepository(join(directory, '.git')))).toBe('not-a-repository')
    expect(await codeOf(openRepository(bare))).toBe('bare-repository')
    expect(await codeOf(openRepository(empty))).toBe('no-commits')
    await expect(openRepository(empty)).rejects.toHaveProperty('cure', 'git commit --allow-empty -m "First commit"')
  })

  test('takes git from absolute entries of PATH only, and says when there is none', () => {
    expect(findGit({ PATH: '.:bin:/usr/bin' })).toBe('/usr/bin/git')
    expect(findGit()).toMatch(/^\//)
  })

  test('refuses a git older than 2.38', async () => {
    const old = join(scratch, 'old-git')
    mkdirSync(old)
    writeFileSync(join(old, 'git'), '#!/bin/sh\necho git version 2.30.2\n')
    chmodSync(join(old, 'git'), 0o755)
    const path = process.env.PATH
    process.env.PATH = `${old}:${path}`
    try {
      expect(await codeOf(openRepository(directory))).toBe('git-too-old')
    } finally {
      process.env.PATH = path
    }
  })

  test.skipIf(process.getuid?.() !== 0)('leaves git’s ownership check standing and shows its cure', async () => {
    const foreign = makeScratch('foreign')
    const theirs = makeRepository(foreign)
    shellGit(foreign, ['version'])
    const { execFileSync } = await import('node:child_process')
    execFileSync('chown', ['-R', '65534', theirs])
    const refusal = await openRepository(theirs).catch((error: AgentLabError) => error)
    removeScratch(foreign)
    expect(refusal).toMatchObject({
      code: 'dubious-ownership',
      cure: `git config --global --add safe.directory ${theirs}`,
    })
  })
})

describe('reading', () => {
  test('finds the main branch by the usual signs', async () => {
    const other = makeScratch('main-branch')
    const repository = makeRepository(other)
    const at = { root: repository, gitDir: join(repository, '.git') }
    expect(await detectMainBranch(at)).toBe('main')
    shellGit(repository, ['branch', '-m', 'main', 'trunk'])
    shellGit(repository, ['branch', 'agent'])
    expect(await detectMainBranch(at)).toBe('trunk')
    shellGit(repository, ['branch', '-m', 'trunk', 'line'])
    expect(await detectMainBranch(at)).toBe('line')
    shellGit(repository, ['checkout', '-q', '--detach'])
    expect(await detectMainBranch(at)).toBeNull()
    removeScratch(other)
  })

  test('reads refs, ancestry and branches', async () => {
    const repository = await openRepository(directory)
    const first = shellGit(directory, ['rev-parse', 'main'])
    shellGit(directory, ['checkout', '-q', '-b', 'side'])
    const second = commitFiles(directory, { 'side.txt': 'side\n' })
    shellGit(directory, ['checkout', '-q', 'main'])
    expect(await readRef(repository, branchRef('side'))).toBe(second)
    expect(await readRef(repository, branchRef('nowhere'))).toBeNull()
    expect(await isAncestor(repository, first, second)).toBe(true)
    expect(await isAncestor(repository, second, first)).toBe(false)
    expect(await mergeBase(repository, first, second)).toBe(first)
    expect(await countCommits(repository, first, second)).toBe(1)
    expect([...(await listBranches(repository)).keys()]).toEqual(['main', 'side'])
    await expect(isAncestor(repository, first, '1'.repeat(40))).rejects.toHaveProperty('code', 'git-failed')
    for (const name of ['../x', 'a b', 'x\ny']) expect(() => branchRef(name)).toThrow('plain ref name')
  })

  test('reads status, log and summary of the checkout, with the operator’s identity apart', async () => {
    const repository = await openRepository(directory)
    const [from, to] = [shellGit(directory, ['rev-parse', 'main']), shellGit(directory, ['rev-parse', 'side'])]
    writeFileSync(join(directory, 'new.txt'), 'new')
    expect((await checkoutStatus(repository)).not_added).toEqual(['new.txt'])
    expect((await commitsBetween(repository, from, to)).all.map(commit => commit.hash)).toEqual([to])
    expect(await changeSummary(repository, from, to)).toMatchObject({ changed: 1, insertions: 1, deletions: 0 })
    expect(await operatorIdentity(repository)).toEqual({ name: 'Operator', email: 'operator@example.com' })
  })
})

describe('the wrapper', () => {
  test('runs nothing a repository’s config, hooks or attributes name', async () => {
    const hostile = makeScratch('hostile')
    const theirs = makeRepository(hostile)
    const canary = join(hostile, 'canary')
    const trap = join(hostile, 'trap')
    writeFileSync(trap, `#!/bin/sh\necho "$0 $*" >> ${canary}\ncat\n`)
    chmodSync(trap, 0o755)
    commitFiles(theirs, { '.gitattributes': '* diff=x\n', 'a.txt': 'one\n' })
    const from = shellGit(theirs, ['rev-parse', 'HEAD'])
    const to = commitFiles(theirs, { 'a.txt': 'two\n' })
    for (const key of [
      'core.fsmonitor',
      'core.sshCommand',
      'core.editor',
      'core.pager',
      'diff.external',
      'diff.x.textconv',
      'diff.x.command',
      'gpg.program',
    ])
      shellGit(theirs, ['config', key, trap])
    shellGit(theirs, ['config', 'commit.gpgSign', 'true'])
    shellGit(theirs, ['config', 'core.hooksPath', hostile])
    for (const hook of ['reference-transaction', 'post-checkout', 'post-index-change', 'pre-commit'])
      symlinkSync(trap, join(hostile, hook))
    const repository = await openRepository(theirs)
    const { diffText } = await import('../../src/git/diff.ts')
    const { moveBranch } = await import('../../src/git/ref-write.ts')
    const { commitTree } = await import('../../src/git/commit.ts')
    const { addReviewWorktree } = await import('../../src/git/worktree.ts')
    await checkoutStatus(repository)
    expect(await diffText(repository, from, to)).toContain('+two')
    expect(await diffText(repository, from, to, { stat: true, paths: ['a.txt'] })).toContain('1 file changed')
    expect((await changeSummary(repository, from, to)).changed).toBe(1)
    await commitTree(repository, {
      tree: shellGit(theirs, ['rev-parse', 'HEAD^{tree}']),
      parents: [from],
      message: 'x\n',
      when: 0,
    })
    await moveBranch(repository, { branch: 'agent', to, expectedOld: null })
    await addReviewWorktree(repository, { path: join(hostile, 'review'), commit: to })
    expect((await git(repository, ['fetch', 'ssh://nowhere.invalid/x'])).exitCode).not.toBe(0)
    const { existsSync } = await import('node:fs')
    expect(existsSync(canary)).toBe(false)
    // The trap bites where nothing guards it.
    shellGit(theirs, ['status'])
    expect(existsSync(canary)).toBe(true)
    removeScratch(hostile)
  })

  test('inherits no git variable and gives exit codes as values', async () => {
    const repository = await openRepository(directory)
    process.env.GIT_DIR = '/nonexistent'
    process.env.GIT_INDEX_FILE = '/nonexistent'
    try {
      expect(await gitText(repository, ['rev-parse', '--is-inside-work-tree'])).toBe('true')
      expect((await git(repository, ['cat-file', '-e', '1'.repeat(40)])).exitCode).not.toBe(0)
    } finally {
      delete process.env.GIT_DIR
      delete process.env.GIT_INDEX_FILE
    }
  })
})

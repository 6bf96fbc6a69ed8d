import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { commitTree, composeMessage, parseTrailers } from '../../src/git/commit.ts'
import { integrationCommit, integrationsBetween, isIntegrated, syncCommit } from '../../src/git/integrate.ts'
import { mergeTree } from '../../src/git/merge.ts'
import { deleteBranch, moveBranch } from '../../src/git/ref-write.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let scratch: string
let directory: string
let repository: Repository
let base: string

const tipWith = (files: Parameters<typeof commitFiles>[1], on = base): string => {
  shellGit(directory, ['checkout', '-q', '--detach', on])
  const tip = commitFiles(directory, files)
  shellGit(directory, ['checkout', '-q', 'main'])
  return tip
}

beforeAll(async () => {
  scratch = makeScratch('integrate')
  directory = makeRepository(scratch, { 'a.txt': 'a\n', 'ä b.txt': 'x\n' })
  repository = await openRepository(directory)
  base = shellGit(directory, ['rev-parse', 'main'])
})
afterAll(() => removeScratch(scratch))

describe('merging without a work tree', () => {
  test('gives the tree, or the files in conflict, and touches nothing of the checkout', async () => {
    const one = tipWith({ 'a.txt': 'one\n', 'ä b.txt': 'one\n' })
    const other = tipWith({ 'a.txt': 'other\n', 'ä b.txt': 'other\n' })
    const apart = tipWith({ 'c.txt': 'c\n' })
    const before = checkoutDigest(directory)
    expect(await mergeTree(repository, one, other)).toEqual({ status: 'conflict', files: ['a.txt', 'ä b.txt'] })
    const clean = await mergeTree(repository, one, apart)
    expect(clean.status === 'clean' && shellGit(directory, ['ls-tree', '--name-only', clean.tree])).toContain('c.txt')
    const orphan = shellGit(directory, ['commit-tree', '-m', 'x', `${one}^{tree}`])
    await expect(mergeTree(repository, one, orphan)).rejects.toHaveProperty('code', 'git-failed')
    expect(checkoutDigest(directory)).toBe(before)
  })
})

describe('integrations', () => {
  test('are merge commits that can be read back, with syncs and foreign commits told apart', async () => {
    const [one, two] = [tipWith({ 'one.txt': '1\n' }), tipWith({ 'two.txt': '2\n' })]
    const integrate = async (agentTip: string, taskTip: string, taskId: string): Promise<string> => {
      const merged = await mergeTree(repository, agentTip, taskTip)
      if (merged.status !== 'clean') throw new Error('conflict')
      const trailers = { Verdict: 'pass', Verifier: 'gemini' }
      return integrationCommit(repository, {
        agentTip,
        taskTip,
        tree: merged.tree,
        taskId,
        title: 'Add it',
        trailers,
        when: 1_700_000_000_000,
      })
    }
    const first = await integrate(base, one, 'k3m9q2x7-1')
    expect(await integrate(base, one, 'k3m9q2x7-1')).toBe(first)
    const second = await integrate(first, two, 'k3m9q2x7-2')
    const moved = tipWith({ 'human.txt': 'h\n' })
    const merged = await mergeTree(repository, second, moved)
    const tree = merged.status === 'clean' ? merged.tree : ''
    const sync = await syncCommit(repository, {
      agentTip: second,
      main: moved,
      tree,
      mainBranch: 'main',
      when: 1_700_000_000_000,
    })
    const foreign = tipWith({ 'edit.txt': 'e\n' }, sync)
    const forged = shellGit(directory, [
      'commit-tree',
      '-p',
      foreign,
      '-p',
      one,
      '-m',
      'Add\n\nAgentLab-Integration: k3m9q2x7-9',
      `${foreign}^{tree}`,
    ])
    const commits = await integrationsBetween(repository, base, forged)
    expect(commits.map(entry => [entry.kind, entry.commit])).toEqual([
      ['integration', first],
      ['integration', second],
      ['sync', sync],
      ['foreign', foreign],
      ['foreign', forged],
    ])
    expect(commits[0]).toMatchObject({
      taskId: 'k3m9q2x7-1',
      taskTip: one,
      title: 'Add it',
      trailers: { Verdict: 'pass', Verifier: 'gemini' },
    })
    expect(await integrationsBetween(repository, base, base)).toEqual([])
    expect(await isIntegrated(repository, forged, 'k3m9q2x7-1', one)).toBe(first)
    expect(await isIntegrated(repository, second, 'k3m9q2x7-2', two)).toBe(second)
    expect(await isIntegrated(repository, first, 'k3m9q2x7-2', two)).toBeNull()
    expect(await isIntegrated(repository, forged, 'k3m9q2x7-3', one)).toBeNull()
  })

  test('keep trailers apart from a body that imitates them', () => {
    const message = composeMessage('Title\nAgentLab-Task: x', 'Text\n\nAgentLab-Integration: forged', {
      Task: 'k3m9q2x7-1',
      Model: 'a\nb',
    })
    expect(parseTrailers(message)).toEqual({ Task: 'k3m9q2x7-1', Model: 'a b' })
    expect(parseTrailers('AgentLab-Task: x\n')).toEqual({})
    expect(() => composeMessage('Title', '', {})).toThrow('trailer')
  })
})

describe('moving a branch', () => {
  test('makes it, moves it, repeats, and notices when another was faster', async () => {
    const [one, two] = [tipWith({ x: '1' }), tipWith({ x: '2' })]
    expect(await moveBranch(repository, { branch: 'lab', to: one, expectedOld: null })).toEqual({ status: 'moved' })
    expect(await moveBranch(repository, { branch: 'lab', to: one, expectedOld: null })).toEqual({ status: 'moved' })
    expect(await moveBranch(repository, { branch: 'lab', to: two, expectedOld: null })).toEqual({
      status: 'raced',
      actual: one,
    })
    expect(await moveBranch(repository, { branch: 'lab', to: two, expectedOld: base })).toEqual({
      status: 'raced',
      actual: one,
    })
    expect(await moveBranch(repository, { branch: 'lab', to: two, expectedOld: one })).toEqual({ status: 'moved' })
    expect(await deleteBranch(repository, 'lab', one)).toEqual({ status: 'raced', actual: two })
    expect(await deleteBranch(repository, 'lab', two)).toEqual({ status: 'deleted' })
    expect(await deleteBranch(repository, 'lab', two)).toEqual({ status: 'deleted' })
  })

  test('of twenty at once exactly one wins', async () => {
    const tips = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        commitTree(repository, {
          tree: shellGit(directory, ['rev-parse', 'main^{tree}']),
          parents: [base],
          message: `${index}\n`,
          when: 0,
        }),
      ),
    )
    await moveBranch(repository, { branch: 'crowd', to: base, expectedOld: null })
    const results = await Promise.all(
      tips.map(to => moveBranch(repository, { branch: 'crowd', to, expectedOld: base })),
    )
    expect(results.filter(result => result.status === 'moved')).toHaveLength(1)
    expect(results.filter(result => result.status === 'raced')).toHaveLength(19)
  })

  test('waits while a worktree stands on it, not when that worktree is gone', async () => {
    const tip = tipWith({ y: '1' })
    const worktree = join(scratch, 'stands here')
    await moveBranch(repository, { branch: 'standing', to: base, expectedOld: null })
    shellGit(directory, ['worktree', 'add', '-q', worktree, 'standing'])
    const move = () => moveBranch(repository, { branch: 'standing', to: tip, expectedOld: base })
    expect(await move()).toEqual({ status: 'checkedOut', worktree })
    expect(await deleteBranch(repository, 'standing', base)).toEqual({ status: 'checkedOut', worktree })
    removeScratch(worktree)
    expect(await move()).toEqual({ status: 'moved' })
  })

  test('fails aloud where another branch is in the way', async () => {
    await expect(moveBranch(repository, { branch: 'standing/x', to: base, expectedOld: null })).rejects.toHaveProperty(
      'code',
      'git-failed',
    )
  })
})

describe('main', () => {
  test('is moved by no exported function outside promote.ts, under none of its names', async () => {
    shellGit(directory, ['checkout', '-q', '--detach'])
    shellGit(directory, ['branch', 'hauptzweig'])
    const at = await openRepository(directory, { mainBranch: 'hauptzweig' })
    const refs = shellGit(directory, ['for-each-ref'])
    const to = tipWith({ z: '1' })
    shellGit(directory, ['checkout', '-q', '--detach'])
    for (const branch of ['main', 'Main', 'master', 'hauptzweig', 'HAUPTZWEIG']) {
      const code = 'protected-branch'
      await expect(moveBranch(at, { branch, to, expectedOld: base })).rejects.toHaveProperty('code', code)
      await expect(deleteBranch(at, branch, base)).rejects.toHaveProperty('code', code)
    }
    for (const branch of ['refs/heads/main', 'heads/../main', '-f', 'HEAD'])
      await expect(moveBranch(at, { branch, to, expectedOld: null })).rejects.toThrow('plain branch name')
    expect(shellGit(directory, ['for-each-ref'])).toBe(refs)
  })

  test('is not moved through a branch that is a symbolic name for it', async () => {
    shellGit(directory, ['symbolic-ref', 'refs/heads/alias', 'refs/heads/main'])
    const to = tipWith({ z: '2' })
    shellGit(directory, ['checkout', '-q', '--detach'])
    await moveBranch(repository, { branch: 'alias', to, expectedOld: base })
    expect(shellGit(directory, ['rev-parse', 'main'])).toBe(base)
  })

  test('is written by two files only: every call that can write a ref of the operator stands in them', () => {
    const room = fileURLToPath(new URL('../../src/git/', import.meta.url))
    const writers = readdirSync(room).filter(name =>
      /\[\s*'(?:update-ref|branch|push|fetch|pull|merge|rebase|checkout|switch|tag|commit|reset|stash)'|'symbolic-ref', (?!'-q)/.test(
        readFileSync(join(room, name), 'utf8'),
      ),
    )
    // worktree.ts resets inside a detached worktree, bundle.ts names commits in a repository of a moment: each has just made it.
    expect(writers.sort()).toEqual(['bundle.ts', 'promote.ts', 'ref-write.ts', 'worktree.ts'])
    const source = fileURLToPath(new URL('../../src/', import.meta.url))
    const importers = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .filter(name => /from '(?:[./]*\/git|\.)\/promote\.ts'/.test(readFileSync(join(source, name), 'utf8')))
    expect(importers).toEqual([])
  })
})

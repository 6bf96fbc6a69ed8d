import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createTag, type FastForward, fastForwardMain } from '../../src/git/promote.ts'
import { openRepository, type Repository } from '../../src/git/repository.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import {
  commitFiles,
  makeRepository,
  makeScratch,
  removeScratch,
  shellGit,
  writeFiles,
} from '../support/git-repository.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let scratch: string
let directory: string
let repository: Repository
let before: string
let target: string

beforeEach(async () => {
  scratch = makeScratch('promote')
  directory = makeRepository(scratch, { 'a.txt': 'a\n', 'b.txt': 'b\n', 'c.txt': 'c\n' })
  before = shellGit(directory, ['rev-parse', 'main'])
  shellGit(directory, ['checkout', '-q', '-b', 'agent'])
  target = commitFiles(directory, { 'a.txt': 'new\n', 'added.txt': 'added\n', 'folder/in.txt': 'in\n', 'c.txt': null })
  shellGit(directory, ['checkout', '-q', 'main'])
  repository = await openRepository(directory)
})
afterEach(() => removeScratch(scratch))

const promote = (expectedOld = before): Promise<FastForward> =>
  fastForwardMain({ repository, mainBranch: 'main', target, expectedOld })
const status = (at = directory): string => shellGit(at, ['status', '--porcelain'])
const main = (): string => shellGit(directory, ['rev-parse', 'main'])

describe('moving main', () => {
  test('while standing on it brings the files along', async () => {
    expect(await promote()).toEqual({ status: 'promoted', broughtAlong: [directory] })
    expect([main(), status()]).toEqual([target, ''])
    expect([readFileSync(join(directory, 'a.txt'), 'utf8'), existsSync(join(directory, 'c.txt'))]).toEqual([
      'new\n',
      false,
    ])
  })

  test.each(['other', 'agent'])('while standing on %s touches no file', async branch => {
    shellGit(directory, branch === 'agent' ? ['checkout', '-q', 'agent'] : ['checkout', '-q', '-b', 'other'])
    const digest = checkoutDigest(directory, { ignoreRefs: ['refs/heads/main'] })
    expect(await promote()).toEqual({ status: 'promoted', broughtAlong: [] })
    expect([main(), status()]).toEqual([target, ''])
    expect(checkoutDigest(directory, { ignoreRefs: ['refs/heads/main'] })).toBe(digest)
  })

  test('brings a linked worktree along that stands on main, called from anywhere', async () => {
    shellGit(directory, ['checkout', '-q', 'agent'])
    const linked = join(scratch, 'linked')
    shellGit(directory, ['worktree', 'add', '-q', linked, 'main'])
    expect(await promote()).toEqual({ status: 'promoted', broughtAlong: [linked] })
    expect([main(), status(), status(linked)]).toEqual([target, '', ''])
    expect(existsSync(join(linked, 'added.txt'))).toBe(true)
  })

  test('keeps an untracked file, an edit and a staged change that are not in the way', async () => {
    writeFileSync(join(directory, 'mine.txt'), 'mine')
    writeFileSync(join(directory, 'b.txt'), 'edited\n')
    writeFileSync(join(directory, 'staged.txt'), 'staged\n')
    shellGit(directory, ['add', 'staged.txt'])
    utimesSync(join(directory, 'a.txt'), new Date(), new Date(0))
    expect((await promote()).status).toBe('promoted')
    expect([main(), status()]).toEqual([target, ' M b.txt\nA  staged.txt\n?? mine.txt'])
  })

  test.each([
    ['an untracked file', 'added.txt', () => writeFileSync(join(directory, 'added.txt'), 'mine')],
    [
      'an ignored file',
      'added.txt',
      () => {
        writeFileSync(join(directory, '.git/info/exclude'), 'added.txt\n')
        writeFileSync(join(directory, 'added.txt'), 'mine')
      },
    ],
    [
      'an ignored folder',
      'added.txt',
      () => writeFiles(directory, { '.git/info/exclude': 'added.txt\n', 'added.txt/x': 'mine' }),
    ],
    ['a file where a folder comes', 'folder', () => writeFileSync(join(directory, 'folder'), 'mine')],
    ['an edit', 'a.txt', () => writeFileSync(join(directory, 'a.txt'), 'mine\n')],
    [
      'a staged edit',
      'a.txt',
      () => {
        writeFileSync(join(directory, 'a.txt'), 'mine\n')
        shellGit(directory, ['add', 'a.txt'])
      },
    ],
    ['an edit of a file that goes', 'c.txt', () => writeFileSync(join(directory, 'c.txt'), 'mine\n')],
  ])('is refused for %s in the way, which is named, and changes nothing', async (_, file, obstruct) => {
    obstruct()
    status()
    const digest = checkoutDigest(directory)
    expect(await promote()).toMatchObject({ status: 'wouldLose', worktree: directory, files: [file] })
    expect(checkoutDigest(directory)).toBe(digest)
  })

  test('is refused while a merge is under way', async () => {
    shellGit(directory, ['merge', '-q', '--no-commit', '--no-ff', 'agent'])
    expect(await promote()).toMatchObject({
      status: 'wouldLose',
      why: 'an operation is not finished there (MERGE_HEAD)',
    })
    expect(main()).toBe(before)
  })

  test('of two checkouts of main undoes the first when the second is in the way', async () => {
    const linked = join(scratch, 'second')
    shellGit(directory, ['worktree', 'add', '-q', '--force', linked, 'main'])
    writeFileSync(join(linked, 'a.txt'), 'mine\n')
    expect(await promote()).toMatchObject({ status: 'wouldLose', worktree: linked, files: ['a.txt'] })
    expect([main(), status(), status(linked)]).toEqual([before, '', ' M a.txt'])
  })

  test('only goes forward, and only from where the person saw it', async () => {
    expect(await promote(target)).toEqual({ status: 'raced', actual: before })
    const human = commitFiles(directory, { 'human.txt': 'h\n' })
    expect(await promote(human)).toEqual({ status: 'notFastForward' })
    expect([main(), status()]).toEqual([human, ''])
  })

  test('puts the files back when the ref cannot be moved', async () => {
    const lock = join(directory, '.git/refs/heads/main.lock')
    writeFileSync(lock, '')
    await expect(promote()).rejects.toHaveProperty('code', 'git-failed')
    expect([main(), status(), readFileSync(join(directory, 'a.txt'), 'utf8')]).toEqual([before, '', 'a\n'])
  })

  test('ends what a crash between files and ref left half done', async () => {
    shellGit(directory, ['read-tree', '-m', '-u', before, target])
    expect((await promote()).status).toBe('promoted')
    expect([main(), status()]).toEqual([target, ''])
  })
})

describe('the tag', () => {
  test('is annotated, by the operator, and never replaces one', async () => {
    const oid = await createTag(repository, { tag: 'v1.0', commit: target, message: 'Release\n' })
    expect(shellGit(directory, ['cat-file', '-t', oid])).toBe('tag')
    expect(shellGit(directory, ['cat-file', 'tag', 'v1.0'])).toContain('tagger Operator <operator@example.com>')
    expect(shellGit(directory, ['rev-parse', 'v1.0^{commit}'])).toBe(target)
    await expect(createTag(repository, { tag: 'v1.0', commit: before, message: 'x' })).rejects.toHaveProperty(
      'code',
      'tag-exists',
    )
    await expect(createTag(repository, { tag: '-d', commit: before, message: 'x' })).rejects.toThrow(
      'plain branch name',
    )
  })

  test('is signed when the operator’s git signs tags', async () => {
    const key = join(scratch, 'key')
    try {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key], { stdio: 'ignore' })
    } catch {
      // Without ssh-keygen, git's call of the signing program is seen through a program that records it.
      mkdirSync(join(scratch, 'bin'))
      const signer = join(scratch, 'bin', 'signer')
      writeFileSync(
        signer,
        '#!/bin/sh\nfor last; do :; done\nprintf -- "-----BEGIN SSH SIGNATURE-----\\n-----END SSH SIGNATURE-----\\n" > "$last.sig"\n',
        { mode: 0o755 },
      )
      writeFileSync(key, 'key')
      writeFileSync(`${key}.pub`, 'ssh-ed25519 AAAA x')
      shellGit(directory, ['config', 'gpg.ssh.program', signer])
    }
    shellGit(directory, ['config', 'gpg.format', 'ssh'])
    shellGit(directory, ['config', 'user.signingKey', key])
    shellGit(directory, ['config', 'tag.gpgSign', 'true'])
    await createTag(repository, { tag: 'v2', commit: target, message: 'Release\n' })
    expect(shellGit(directory, ['cat-file', 'tag', 'v2'])).toContain('-----BEGIN SSH SIGNATURE-----')
  })

  test('asks for an identity when git has none', async () => {
    shellGit(directory, ['config', '--unset', 'user.name'])
    shellGit(directory, ['config', '--unset', 'user.email'])
    shellGit(directory, ['config', 'user.useConfigOnly', 'true'])
    const home = process.env.HOME
    process.env.HOME = scratch
    try {
      await expect(createTag(repository, { tag: 'v3', commit: target, message: 'x' })).rejects.toHaveProperty(
        'code',
        'no-identity',
      )
    } finally {
      process.env.HOME = home
    }
  })
})

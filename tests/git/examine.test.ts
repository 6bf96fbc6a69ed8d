import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { collidingPaths } from '../../src/git/case-collisions.ts'
import { examineRepository } from '../../src/git/examine.ts'
import { gitText } from '../../src/git/exec.ts'
import { parsePointer } from '../../src/git/lfs-pointer.ts'
import { openRepository } from '../../src/git/repository.ts'
import { submoduleOf } from '../../src/git/submodules.ts'
import {
  commitFiles,
  makeRepository,
  makeScratch,
  removeScratch,
  shellGit,
  writeFiles,
} from '../support/git-repository.ts'
import { commitLargeFiles, contentPathIn, keepContent, pointerTo } from '../support/large-files.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let scratch: string
beforeAll(() => {
  scratch = makeScratch('examine')
})
afterAll(() => removeScratch(scratch))

let made = 0
/** A folder of its own for each repository. */
const folder = (): string => {
  const path = join(scratch, `${++made}`)
  mkdirSync(path)
  return path
}

const needed = { agent: 'agent', prefix: '', workers: ['claude', 'codex'] as const }

const refusalsIn = async (root: string) =>
  (await examineRepository(await openRepository(root), needed)).refusals.map(({ code, message, cure }) => ({
    code,
    message,
    cure: cure ?? '',
  }))

/** What the operator types: the first command of the line, before what stands in brackets. */
const type = (root: string, cure: string): void => {
  execFileSync('/bin/sh', ['-c', cure.replace(/ {4}\(.*/, '')], {
    cwd: root,
    stdio: 'pipe',
    env: { PATH: process.env.PATH, HOME: scratch, GIT_EDITOR: 'true', GIT_CONFIG_NOSYSTEM: '1' },
  })
}

const fails = (root: string, args: string[]): void => {
  expect(() => shellGit(root, args)).toThrow()
}

/** `main` and `other` change the same line; standing on `on`. */
const divided = (on = 'main'): string => {
  const root = makeRepository(folder(), { 'a.txt': 'base\n' })
  shellGit(root, ['switch', '-q', '-c', 'other'])
  commitFiles(root, { 'a.txt': 'theirs\n' })
  shellGit(root, ['switch', '-q', 'main'])
  commitFiles(root, { 'a.txt': 'ours\n' })
  shellGit(root, ['switch', '-q', on])
  return root
}

const resolve = (root: string): void => {
  shellGit(root, ['checkout', '-q', '--theirs', 'a.txt'])
  shellGit(root, ['add', 'a.txt'])
}

/** How each comes about, what names it, and how far the operator goes before the line can be typed. */
const underWay: Record<string, { make: () => string; line: RegExp; before?: (root: string) => void }> = {
  merge: {
    make: () => {
      const root = divided()
      fails(root, ['merge', '-q', 'other'])
      return root
    },
    line: /^git merge --continue {4}\(or, to drop it: git merge --abort\)$/,
    before: resolve,
  },
  rebase: {
    make: () => {
      const root = divided()
      fails(root, ['rebase', '-q', 'other'])
      return root
    },
    line: /^git rebase --continue .*git rebase --abort\)$/,
    before: resolve,
  },
  'rebase --apply': {
    make: () => {
      const root = divided()
      fails(root, ['rebase', '-q', '--apply', 'other'])
      return root
    },
    line: /^git rebase --continue/,
    before: resolve,
  },
  am: {
    make: () => {
      const root = divided()
      const patch = shellGit(root, ['format-patch', '-1', '--stdout', 'other'])
      expect(() => shellGit(root, ['am', '-q'], { input: `${patch}\n` })).toThrow()
      return root
    },
    line: /^git am --continue .*git am --abort\)$/,
    before: root => {
      writeFiles(root, { 'a.txt': 'resolved\n' })
      shellGit(root, ['add', 'a.txt'])
    },
  },
  'cherry-pick': {
    make: () => {
      const root = divided()
      fails(root, ['cherry-pick', 'other'])
      return root
    },
    line: /^git cherry-pick --continue/,
    before: resolve,
  },
  revert: {
    make: () => {
      const root = divided()
      commitFiles(root, { 'a.txt': 'more\n' })
      fails(root, ['revert', '--no-edit', 'HEAD^'])
      return root
    },
    line: /^git revert --continue/,
    before: resolve,
  },
  bisect: {
    make: () => {
      const root = divided()
      commitFiles(root, { 'a.txt': 'more\n' })
      shellGit(root, ['bisect', 'start', 'HEAD', 'HEAD~2'])
      return root
    },
    line: /^git bisect reset$/,
  },
}

describe('what is unfinished on the branch', () => {
  test.each(Object.entries(underWay))('git %s is refused until the line was typed', async (name, row) => {
    const root = row.make()
    const [refusal, ...others] = await refusalsIn(root)
    expect(others).toEqual([])
    expect(refusal).toMatchObject({ code: 'unfinished-work', cure: expect.stringMatching(row.line) })
    expect(refusal!.message).toContain(`git ${name.split(' ')[0]} is under way on main`)
    row.before?.(root)
    type(root, refusal!.cure)
    expect(await refusalsIn(root)).toEqual([])
  })

  test('a merge on another branch is nobody’s business', async () => {
    const root = divided('other')
    fails(root, ['merge', '-q', 'main'])
    expect(await refusalsIn(root)).toEqual([])
  })

  test('one in another worktree is named with its place, whatever its name', async () => {
    const root = divided('other')
    const linked = join(folder(), "it's linked")
    shellGit(root, ['worktree', 'add', '-q', linked, 'main'])
    fails(linked, ['merge', '-q', 'other'])
    const [refusal] = await refusalsIn(root)
    expect(refusal!.cure).toContain(` -C '${linked.replace("'", "'\\''")}' merge`)
    resolve(linked)
    type(root, refusal!.cure)
    expect(await refusalsIn(root)).toEqual([])
  })

  test('a rebase of agent is refused, too', async () => {
    const root = divided()
    shellGit(root, ['switch', '-q', '-c', 'agent'])
    fails(root, ['rebase', '-q', 'other'])
    expect((await refusalsIn(root))[0]!.message).toContain('git rebase is under way on agent')
  })
})

describe('a partial clone', () => {
  const cloned = (filter: string): string => {
    const source = makeRepository(folder(), { 'a.txt': 'a\n', 'b/c.txt': 'c\n' })
    commitFiles(source, { 'a.txt': 'changed\n' })
    shellGit(source, ['config', 'uploadpack.allowFilter', 'true'])
    const root = join(folder(), 'clone')
    shellGit(scratch, ['clone', '-q', `--filter=${filter}`, '--no-checkout', `file://${source}`, root])
    return root
  }

  test.each(['blob:none', 'tree:0'])(
    'of %s that lacks objects of the base is refused until they are fetched',
    async filter => {
      const root = cloned(filter)
      const [refusal] = await refusalsIn(root)
      expect(refusal).toMatchObject({ code: 'objects-lacking', cure: 'git fetch --refetch --no-filter origin' })
      type(root, refusal!.cure)
      expect(await refusalsIn(root)).toEqual([])
    },
  )

  test('that has all of the base works, though older objects are missing', async () => {
    const root = cloned('blob:none')
    shellGit(root, ['checkout', '-q', 'main'])
    expect(await refusalsIn(root)).toEqual([])
    expect(shellGit(root, ['rev-list', '--objects', '--missing=print', 'main'])).toContain('\n?')
  })

  test('is never fetched into by us', async () => {
    const repository = await openRepository(cloned('blob:none'))
    await expect(gitText(repository, ['cat-file', '-p', 'main:a.txt'])).rejects.toThrow(/failed/)
    expect((await refusalsIn(repository.root))[0]!.code).toBe('objects-lacking')
  })
})

describe('branches in the way', () => {
  test.each(['agent/x', 'task', 'claude/old'])('%s is refused until it is renamed', async branch => {
    const root = makeRepository(folder())
    shellGit(root, ['branch', branch])
    const [refusal] = await refusalsIn(root)
    expect(refusal).toMatchObject({ code: 'branch-name-taken', cure: expect.stringContaining('branches.prefix') })
    type(root, refusal!.cure.replace('<another name>', 'elsewhere'))
    expect(await refusalsIn(root)).toEqual([])
  })

  test('ours, those of agents not used, and those that only look alike are not', async () => {
    const root = makeRepository(folder())
    for (const branch of ['agent', 'claude', 'task/k3m9q2x7-1/claude', 'gemini/x', 'agents/x', 'tasks'])
      shellGit(root, ['branch', branch])
    expect(await refusalsIn(root)).toEqual([])
  })

  test('where case is folded, Agent/x is in the way of agent', async () => {
    const root = makeRepository(folder())
    shellGit(root, ['branch', 'Agent/x'])
    expect(await refusalsIn(root)).toEqual([])
    shellGit(root, ['config', 'core.ignorecase', 'true'])
    expect(await refusalsIn(root)).toMatchObject([{ code: 'branch-name-taken' }])
  })
})

describe('paths that differ by case', () => {
  test('are refused where the file system folds it, and only there', async () => {
    const root = makeRepository(folder(), { 'README.md': 'one\n', 'readme.md': 'two\n' })
    expect(await refusalsIn(root)).toEqual([])
    shellGit(root, ['config', 'core.ignorecase', 'true'])
    const [refusal] = await refusalsIn(root)
    expect(refusal).toMatchObject({ code: 'case-collision', cure: expect.stringContaining('git mv --force README.md') })
  })

  test('are found in any letters', () => {
    expect(collidingPaths(['ä/B', 'Ä/b', 'a\u0308/b', 'c'])).toEqual([['ä/B', 'Ä/b', 'a\u0308/b']])
  })
})

describe('submodules', () => {
  test('are counted, with no refusal', async () => {
    const root = makeRepository(folder())
    const sub = makeRepository(folder())
    shellGit(root, ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', sub, 'vendor/sub'])
    commitFiles(root, {})
    const examined = await examineRepository(await openRepository(root), needed)
    expect(examined).toMatchObject({ notes: [{ kind: 'submodules', count: 1 }], refusals: [] })
  })

  test.each([
    ['vendor/sub', true],
    ['vendor/sub/', true],
    ['./vendor/sub/a.c', true],
    ['vendor/subject.c', false],
    ['vendor', false],
  ])('%s lies in vendor/sub: %s', (path, is) => {
    expect(submoduleOf(['vendor/sub'], path) === 'vendor/sub').toBe(is)
  })
})

describe('files of Git LFS', () => {
  const contents = { 'art/a.bin': 'a large file', 'b.bin': 'another' }

  test('whose contents are here are counted', async () => {
    const root = makeRepository(folder())
    commitLargeFiles(root, contents)
    const { notes, refusals } = await examineRepository(await openRepository(root), needed)
    expect(refusals).toEqual([])
    expect(notes).toEqual([{ kind: 'largeFiles', count: 2 }])
  })

  test('whose contents are missing are refused until they were fetched', async () => {
    const root = makeRepository(folder())
    commitLargeFiles(root, contents)
    const content = contentPathIn(join(root, '.git', 'lfs'), contents['b.bin'])
    writeFileSync(`${content}.half`, 'anot')
    renameSync(`${content}.half`, content)
    const [refusal] = await refusalsIn(root)
    expect(refusal).toMatchObject({ code: 'large-files-missing', cure: expect.stringMatching(/^git lfs pull/) })
    expect(refusal!.message).toContain('1 file stored with Git LFS is not here (b.bin)')
    renameSync(content, `${content}.half`)
    keepContent(join(root, '.git', 'lfs'), contents['b.bin'])
    expect(await refusalsIn(root)).toEqual([])
  })

  test.each([
    ['in the place the config names', ['lfs.storage', 'elsewhere'], (root: string) => join(root, '.git', 'elsewhere')],
    ['beside the objects that are borrowed', ['core.autocrlf', 'false'], null],
  ])('are found %s', async (_, config, store) => {
    const lender = makeRepository(folder())
    commitLargeFiles(lender, contents)
    const root = join(folder(), 'borrower')
    shellGit(scratch, ['clone', '-q', '--shared', lender, root])
    shellGit(root, ['config', ...config])
    if (store !== null) {
      rmSync(join(lender, '.git', 'lfs'), { recursive: true })
      for (const content of Object.values(contents)) keepContent(store(root), content)
    }
    expect(await refusalsIn(root)).toEqual([])
  })

  test('are only those the attributes name: a pointer that is a file of its own is left alone', async () => {
    const root = makeRepository(folder())
    commitLargeFiles(root, {}, { 'fixture.txt': pointerTo('never stored') })
    const { notes, refusals } = await examineRepository(await openRepository(root), needed)
    expect({ notes, refusals }).toEqual({ notes: [], refusals: [] })
  })

  test.each([
    ['another version', pointerTo('x').replace('v1', 'v2')],
    ['a path for an id', pointerTo('x').replace(/[0-9a-f]{64}/, '../../etc/passwd')],
    ['no size', pointerTo('x').replace(/size .*/, '')],
    ['a size no file has', pointerTo('x').replace(/size .*/, `size ${'9'.repeat(40)}`)],
    ['content of its own', `${pointerTo('x')}${'.'.repeat(1_024)}`],
  ])('are never what a text with %s stands for', (_, text) => {
    expect(parsePointer(Buffer.from(text))).toBeNull()
  })
})

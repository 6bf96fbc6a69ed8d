/** Repositories that are odd and work: a whole run on each, with the operator's checkout untouched. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commitFiles, makeRepository, shellGit, writeFiles } from '../support/git-repository.ts'
import { commitLargeFiles } from '../support/large-files.ts'
import {
  cloneOf,
  entriesOf,
  inOddRepository,
  makesOneFile,
  type OddRepository,
  type OddRun,
  oddConfig,
} from '../support/odd-run.ts'

const files = { 'README.md': 'Hello\n', 'src/deep/a.txt': 'a\n', ...oddConfig }

interface Row {
  make: (scratch: string) => OddRepository
  script?: string
  /** Paths the script changes besides `made.txt`. */
  changes?: Record<string, string>
  look?: (run: OddRun) => void
}

const oddNames = [
  'two words.txt',
  `"double" 'single'.txt`,
  'line\nbreak.txt',
  'ärger/日本.txt',
  'tab\there.txt',
  'back\\slash.txt',
]

const rows: Record<string, Row> = {
  'a dirty checkout': {
    make: scratch => {
      const root = makeRepository(scratch, files)
      writeFiles(root, { 'README.md': 'Changed\n', 'staged.txt': 'staged\n' })
      shellGit(root, ['add', 'staged.txt'])
      writeFiles(root, { 'staged.txt': 'and changed\n', 'untracked.txt': 'new\n' })
      return { root }
    },
    look: ({ git }) => expect(git('show', 'agent:README.md')).toBe('Hello'),
  },
  'a detached HEAD': {
    make: scratch => {
      const root = makeRepository(scratch, files)
      commitFiles(root, { 'later.txt': 'later\n' })
      shellGit(root, ['switch', '-q', '--detach', 'HEAD^'])
      return { root }
    },
    look: ({ git }) => expect(git('show', 'agent:later.txt')).toBe('later'),
  },
  'a shallow clone': {
    make: scratch => {
      const source = makeRepository(scratch, files)
      commitFiles(source, { 'later.txt': 'later\n' })
      return { root: cloneOf(scratch, `file://${source}`, 'shallow', ['--depth=1']) }
    },
    look: ({ git }) => {
      expect(git('rev-parse', '--is-shallow-repository')).toBe('true')
      expect(git('rev-list', '--count', 'main')).toBe('1')
    },
  },
  'spaces, quotes, newlines and other letters in paths': {
    make: scratch => ({
      root: makeRepository(scratch, { ...files, ...Object.fromEntries(oddNames.map(name => [name, `${name}\n`])) }),
    }),
    script: `for file in *break.txt; do echo more >>"$file"; done\n${makesOneFile}`,
    changes: { 'line\nbreak.txt': 'line\nbreak.txt\nmore' },
  },
  'a linked worktree of a repository, called from there': {
    make: scratch => {
      const home = makeRepository(scratch, files)
      const root = join(scratch, 'linked')
      shellGit(home, ['worktree', 'add', '-q', '-b', 'feature', root])
      writeFiles(root, { 'README.md': 'Changed\n' })
      return { root, home }
    },
    look: ({ git }) => expect(git('symbolic-ref', 'HEAD')).toBe('refs/heads/feature'),
  },
  'a bare repository with its main branch in a linked worktree': {
    make: scratch => {
      const source = makeRepository(scratch, files)
      shellGit(scratch, ['clone', '-q', '--bare', source, join(scratch, 'project.git')])
      const root = join(scratch, 'tree')
      shellGit(join(scratch, 'project.git'), ['worktree', 'add', '-q', root, 'main'])
      return { root, home: source }
    },
  },
  'objects borrowed from another repository, at a path with odd letters': {
    make: scratch => {
      mkdirSync(join(scratch, 'lender: "one"'))
      const lender = makeRepository(join(scratch, 'lender: "one"'), files)
      return { root: cloneOf(scratch, lender, 'borrower', ['--shared']) }
    },
    script: `git cat-file -e HEAD:README.md\n${makesOneFile}`,
  },
  'SHA-256 object ids': {
    make: scratch => ({ root: makeRepository(scratch, files, ['--object-format=sha256']) }),
    look: ({ view, receipt }) => {
      expect(view.tasks[0]!.integrated!.commit).toMatch(/^[0-9a-f]{64}$/)
      expect(receipt).toContain(view.base!)
    },
  },
  'a sparse checkout': {
    make: scratch => {
      const root = makeRepository(scratch, { ...files, 'in/a.txt': 'in\n', 'out/b.txt': 'out\n' })
      shellGit(root, ['sparse-checkout', 'set', 'in'])
      return { root }
    },
    script: `echo more >>out/b.txt\n${makesOneFile}`,
    changes: { 'out/b.txt': 'out\nmore' },
  },
  'core.autocrlf': {
    make: scratch => {
      const root = makeRepository(scratch, {
        ...files,
        'dos.txt': 'one\r\ntwo\r\n',
        'unix.txt': 'one\ntwo\n',
        'mixed.txt': 'a\r\nb\n',
      })
      shellGit(root, ['config', 'core.autocrlf', 'true'])
      return { root }
    },
    script: `printf 'three\\r\\n' >>dos.txt\n${makesOneFile}`,
    changes: { 'dos.txt': 'one\r\ntwo\r\nthree\r' },
  },
  'core.ignorecase, as on a file system that folds case': {
    make: scratch => {
      const root = makeRepository(scratch, files)
      shellGit(root, ['config', 'core.ignorecase', 'true'])
      return { root }
    },
    script: `echo more >>README.md\n${makesOneFile}`,
    changes: { 'README.md': 'Hello\nmore' },
  },
}

test.each(Object.entries(rows))('a run works on %s', (_, { make, script = makesOneFile, changes = {}, look }) =>
  inOddRepository(make, script, run => {
    const { view, receipt, root, git } = run
    expect(view.outcome, receipt).toBe('done')
    const [before, after] = [entriesOf(root, 'main'), entriesOf(root, 'agent')]
    for (const [path, entry] of before) if (!(path in changes)) expect(after.get(path), path).toBe(entry)
    expect([...after.keys()].filter(path => !before.has(path))).toEqual(['made.txt'])
    for (const [path, content] of Object.entries(changes)) expect(git('show', `agent:${path}`)).toBe(content)
    expect(view.tasks[0]!.checks.at(-1)).toMatchObject({ status: 'passed' })
    look?.(run)
  }),
)

const submoduleIn = (root: string, scratch: string): void => {
  mkdirSync(join(scratch, 'other'))
  const other = makeRepository(join(scratch, 'other'), { 'lib.c': 'lib\n' })
  shellGit(root, ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', other, 'vendor/lib'])
  commitFiles(root, {})
}

test('a run leaves submodules empty, keeps them as they are, and says so to the worker and on the receipt', () =>
  inOddRepository(
    scratch => {
      const root = makeRepository(scratch, files)
      submoduleIn(root, scratch)
      return { root }
    },
    `ls -A vendor/lib >seen.txt\nprintf '%s\\n' "$prompt" >told.txt\necho lost >vendor/lib/stray.txt\n${makesOneFile}`,
    ({ view, receipt, root, git }) => {
      expect(view.outcome, receipt).toBe('done')
      expect(entriesOf(root, 'agent').get('vendor/lib')).toBe(entriesOf(root, 'main').get('vendor/lib'))
      expect(git('show', 'agent:seen.txt')).toBe('')
      expect(git('show', 'agent:told.txt')).toMatch(/are submodules and are left empty: "vendor\/lib"/)
      expect(view.notes).toEqual([{ kind: 'submodules', count: 1 }])
      expect(receipt).toContain('Repository: 1 submodule left empty')
      expect(receipt.split('## NOT PROVEN')[1]).toContain('The repository has 1 submodule')
      expect(JSON.stringify(view.tasks[0]!.findings)).toContain('in the folder of a submodule')
    },
  ))

test('a worker that changes a submodule is refused with a finding', () =>
  inOddRepository(
    scratch => {
      const root = makeRepository(scratch, files)
      submoduleIn(root, scratch)
      return { root }
    },
    `rm -rf vendor/lib\n${makesOneFile}`,
    ({ view }) => {
      expect(view.outcome).toBe('awaitingOperator')
      expect(view.tasks[0]!.attempts.every(attempt => attempt.work === 'refused')).toBe(true)
      expect(JSON.stringify(view.tasks[0]!.findings)).toContain('submodule changes are not taken over')
    },
  ))

const content = 'large '.repeat(1_000)

const withLargeFiles = (scratch: string): OddRepository => {
  const root = makeRepository(scratch, files)
  commitLargeFiles(
    root,
    { 'art/model.bin': content, 'art/same.bin': content, 'other.bin': 'other' },
    {
      'agentlab.yaml': `checks: [{ name: whole, command: [grep, -q, large large, art/model.bin] }]\nlimits: { maxAttempts: 1 }\n`,
    },
  )
  return { root }
}

test('a run places files of Git LFS from local objects, and gives them back as the pointers they were', () =>
  inOddRepository(
    withLargeFiles,
    `wc -c <art/model.bin >size.txt\ngit status --porcelain >status.txt\ngit mv art/same.bin art/moved.bin\nprintf '%s\\n' "$prompt" >told.txt\ngit add -A\n${makesOneFile}`,
    ({ view, receipt, root, git }) => {
      expect(view.outcome, receipt).toBe('done')
      const [before, after] = [entriesOf(root, 'main'), entriesOf(root, 'agent')]
      for (const path of ['art/model.bin', 'other.bin']) expect(after.get(path)).toBe(before.get(path))
      expect(after.get('art/moved.bin')).toBe(before.get('art/same.bin'))
      expect(git('show', 'agent:size.txt')).toBe(String(content.length))
      expect(git('show', 'agent:status.txt')).toBe('?? size.txt\n?? status.txt')
      expect(git('show', 'agent:told.txt')).toContain('"art/model.bin"')
      expect(view.tasks[0]!.checks.at(-1)).toMatchObject({ status: 'passed' })
      expect(receipt).toContain('Repository: 3 files stored with Git LFS')
      expect(receipt.split('## NOT PROVEN')[1]).toContain('stores 3 files with Git LFS')
    },
  ))

test.each([
  ['changes one', 'echo more >>art/model.bin'],
  ['adds one', 'echo new >new.bin'],
  [
    'puts the content itself in the place of the pointer',
    'git config --unset filter.lfs.clean; git rm -q --cached other.bin; git -c filter.lfs.clean= add other.bin',
  ],
])('a worker that %s of the files of Git LFS is refused with a finding', (_, script) =>
  inOddRepository(withLargeFiles, `${script}\n${makesOneFile}`, ({ view, git }) => {
    expect(view.outcome).toBe('awaitingOperator')
    expect(JSON.stringify(view.tasks[0]!.findings)).toContain('file of Git LFS is not taken over')
    expect(git('rev-parse', 'agent')).toBe(git('rev-parse', 'main'))
  }),
)

/** Repositories that are odd and work: a whole run on each, with the operator's checkout untouched. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commitFiles, makeRepository, shellGit, writeFiles } from '../support/git-repository.ts'
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

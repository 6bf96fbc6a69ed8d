/**
 * Quarantined workspaces on a generated repository of 50,000 files, beside one `git worktree add`: the first of a seat, and
 * the second after a worker was in it.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rememberWorkspace, restoreWorkspace } from '../src/git/kept-workspace.ts'
import { openRepository } from '../src/git/repository.ts'
import { createWorkspace } from '../src/git/workspace.ts'
import { type Figure, median, rounds, timed } from './figure.ts'
import { inScratch } from './scratch.ts'

const files = 50_000

/** Made by fast-import: 500 folders of 100 files, a kilobyte each, no two alike. */
const generate = (repo: string): void => {
  mkdirSync(repo)
  execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: repo })
  const lines = ['commit refs/heads/main', 'committer Bench <bench@localhost> 1700000000 +0000', 'data 5', 'files']
  for (let file = 0; file < files; file++) {
    const text = `file ${file}\n`.padEnd(1_024, `${file} `)
    lines.push(`M 100644 inline folder${file % 500}/file${file}.txt`, `data ${text.length}`, text)
  }
  execFileSync('git', ['fast-import', '--quiet'], {
    cwd: repo,
    input: `${lines.join('\n')}\n`,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  execFileSync('git', ['reset', '-q', '--hard'], { cwd: repo })
}

/** A commit that differs from the first in 200 files, as the next round's tip or the next merge would. */
const nextCommit = (repo: string): string => {
  const git = (args: string[], input = ''): string =>
    execFileSync('git', args, { cwd: repo, encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'inherit'] }).trim()
  const blob = git(['hash-object', '-w', '--stdin'], 'changed\n')
  const lines = Array.from({ length: 200 }, (_, n) => `100644 ${blob}\tfolder${n}/file${n}.txt\n`)
  git(['update-index', '--index-info'], lines.join(''))
  const tree = git(['write-tree'])
  git(['read-tree', 'HEAD'])
  const by = ['-c', 'user.name=Bench', '-c', 'user.email=bench@localhost']
  return git([...by, 'commit-tree', tree, '-p', 'HEAD', '-m', 'next'])
}

/** What a worker leaves: files changed and removed, a build of 500 files nobody tracks. */
const work = (workspace: string): void => {
  mkdirSync(join(workspace, 'build'))
  for (let n = 0; n < 500; n++) writeFileSync(join(workspace, 'build', `${n}`), 'built')
  for (let n = 300; n < 350; n++) appendFileSync(join(workspace, `folder${n}`, `file${n}.txt`), 'edited')
  for (let n = 350; n < 400; n++) rmSync(join(workspace, `folder${n}`, `file${n}.txt`))
}

export const workspaceFigures = (): Promise<Figure[]> =>
  inScratch(async dir => {
    const repo = join(dir, 'repo')
    generate(repo)
    const repository = await openRepository(repo)
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repo, encoding: 'utf8' }).trim()
    const next = nextCommit(repo)
    const identity = { name: 'Bench', email: 'bench@localhost' }
    const times = { linked: [] as number[], first: [] as number[], remember: [] as number[], restore: [] as number[] }
    const second: number[] = []
    const measure = async (into: number[], work: () => unknown): Promise<void> => void into.push(await timed(work))
    for (let round = 0; round < rounds; round++) {
      // Nothing is removed between the rounds: ext4 goes around what was freed in the last minute, at a price.
      const worktree = join(dir, `worktree-${round}`)
      const dirs = { workspace: join(dir, `workspace-${round}`), gitDir: join(dir, `git-${round}`) }
      const memory = join(dir, `memory-${round}`)
      // What was written before must not be paid for here.
      execFileSync('sync')
      await measure(times.linked, () =>
        execFileSync('git', ['worktree', 'add', '-q', '--detach', worktree, commit], { cwd: repo }),
      )
      execFileSync('sync')
      await measure(times.first, () => createWorkspace({ repository, dirs, commit, branch: 'bench', identity }))
      await measure(times.remember, () => rememberWorkspace(dirs, memory, ''))
      work(dirs.workspace)
      execFileSync('sync')
      await measure(times.restore, async () => {
        if ((await restoreWorkspace(dirs, memory)) === null) throw new Error('the workspace could not be used again')
      })
      await measure(second, () =>
        createWorkspace({ repository, dirs, commit: next, branch: 'bench', identity, from: memory }),
      )
    }
    const baseline = { what: '`git worktree add`', value: median(times.linked) }
    const both = second.map((value, round) => value + times.restore[round]!)
    return [
      {
        name: `one workspace, ${files.toLocaleString('en')} files`,
        unit: 'ms',
        measured: median(times.first),
        baseline,
        bound: { ratio: 1.2 },
        stages: times.first.map((value, round): [string, number] => [
          `round ${round + 1}, beside ${Math.round(times.linked[round]!)} ms`,
          value,
        ]),
      },
      {
        name: 'the second workspace of a seat, as many files',
        unit: 'ms',
        measured: median(both),
        baseline,
        bound: { ratio: 0.3 },
        stages: [
          ['what is not as remembered removed', median(times.restore)],
          ['the next commit checked out', median(second)],
          ['not in the figure: remembering it for a third', median(times.remember)],
        ],
      },
    ]
  })

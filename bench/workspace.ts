/** One quarantined workspace on a generated repository of 50,000 files, beside one `git worktree add`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
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

export const workspace = (): Promise<Figure> =>
  inScratch(async dir => {
    const repo = join(dir, 'repo')
    generate(repo)
    const repository = await openRepository(repo)
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repo, encoding: 'utf8' }).trim()
    const identity = { name: 'Bench', email: 'bench@localhost' }
    const linked: number[] = []
    const ours: number[] = []
    for (let round = 0; round < rounds; round++) {
      const worktree = join(dir, 'worktree')
      // What was written before must not be paid for here.
      execFileSync('sync')
      linked.push(
        await timed(() => execFileSync('git', ['worktree', 'add', '-q', '--detach', worktree, commit], { cwd: repo })),
      )
      rmSync(worktree, { recursive: true })
      execFileSync('git', ['worktree', 'prune'], { cwd: repo })
      execFileSync('sync')
      const dirs = { workspace: join(dir, 'workspace'), gitDir: join(dir, 'git') }
      ours.push(await timed(() => createWorkspace({ repository, dirs, commit, branch: 'bench', identity })))
      rmSync(dirs.workspace, { recursive: true })
      rmSync(dirs.gitDir, { recursive: true })
    }
    return {
      name: `one workspace, ${files.toLocaleString('en')} files`,
      unit: 'ms',
      measured: median(ours),
      baseline: { what: '`git worktree add`', value: median(linked) },
      bound: { ratio: 1.2 },
      stages: ours.map((value, round): [string, number] => [
        `round ${round + 1}, beside ${Math.round(linked[round]!)} ms`,
        value,
      ]),
    }
  })

/** The HTML receipt of a run of 30 tasks with long diffs, written by the program as a person calls it; at most 2 MB. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataDirOf } from '../src/config/data-dir.ts'
import { openDatabase } from '../src/store/database.ts'
import { createStore } from '../src/store/store.ts'
import { recording, recordRun } from '../tests/support/recorded-run.ts'
import { type Figure, median, rounds, timed } from './figure.ts'
import { inScratch } from './scratch.ts'

const entry = fileURLToPath(new URL('../bin/agentlab.js', import.meta.url))
const tasks = 30
const filesPerTask = 8
const linesPerFile = 80
const maxBytes = 2 * 1024 * 1024
const runId = 'bench000'

/** A base, and one commit per task on it with files of its own, by fast-import. */
const generate = (repo: string): { base: string; tips: string[] } => {
  mkdirSync(repo)
  const git = (args: string[], input?: string): string =>
    execFileSync('git', args, {
      cwd: repo,
      encoding: 'utf8',
      input: input ?? '',
      stdio: ['pipe', 'pipe', 'inherit'],
    }).trim()
  git(['init', '-q', '-b', 'main'])
  const commit = (branch: string, files: [string, string][], from: string): string =>
    [
      `commit refs/heads/${branch}`,
      'committer Bench <bench@localhost> 1700000000 +0000',
      'data 1',
      'x',
      ...(from === '' ? [] : [`from ${from}`]),
      ...files.flatMap(([path, text]) => [`M 100644 inline ${path}`, `data ${text.length}`, text]),
      '',
    ].join('\n')
  const text = (task: number, file: number): string =>
    Array.from(
      { length: linesPerFile },
      (_, line) => `export const value${line} = compute(${task}, ${file}, ${line})\n`,
    ).join('')
  const branches = Array.from({ length: tasks }, (_, task) => {
    const files = Array.from({ length: filesPerTask }, (_, file): [string, string] => [
      `src/${task}/${file}.ts`,
      text(task, file),
    ])
    return commit(`t${task}`, files, 'refs/heads/main')
  })
  git(['fast-import', '--quiet'], `${commit('main', [['README.md', 'Hello\n']], '')}\n${branches.join('\n')}\n`)
  return {
    base: git(['rev-parse', 'main']),
    tips: Array.from({ length: tasks }, (_, task) => git(['rev-parse', `t${task}`])),
  }
}

export const receiptHtml = (): Promise<Figure> =>
  inScratch(async dir => {
    const repo = join(dir, 'repo')
    const { base, tips } = generate(repo)
    const env = { ...process.env, HOME: dir, XDG_STATE_HOME: join(dir, 'state'), XDG_CACHE_HOME: join(dir, 'cache') }
    const dataDir = dataDirOf({ commonGitDir: realpathSync(join(repo, '.git')), env })
    mkdirSync(dataDir, { recursive: true })
    const store = createStore(openDatabase(join(dataDir, 'store.db')))
    store.write(() =>
      recordRun(
        store,
        recording({
          runId,
          requests: [{}],
          tasks: tips.map((tip, task) => ({
            title: `Write the files of task ${task + 1}`,
            after: task < 3 ? [] : [task - 2],
            base,
            tip,
            findings: [{ claim: 'This line is not covered.', severity: 'minor', file: `src/${task}/0.ts`, line: 7 }],
          })),
        }),
      ),
    )
    store.close()
    const file = join(dir, 'receipt.html')
    const options = { cwd: repo, env, stdio: 'ignore' as const }
    const empty: number[] = []
    const page: number[] = []
    const text: number[] = []
    for (let round = 0; round < rounds; round++) {
      empty.push(await timed(() => execFileSync(process.execPath, ['-e', '0'])))
      text.push(await timed(() => execFileSync(process.execPath, [entry, 'receipt', runId], options)))
      page.push(await timed(() => execFileSync(process.execPath, [entry, 'receipt', runId, '--html', file], options)))
    }
    const bytes = statSync(file).size
    if (bytes > maxBytes) throw new Error(`the HTML receipt has ${bytes} bytes, more than 2 MB`)
    return {
      name: `HTML receipt, ${tasks} tasks, ${(bytes / 1024 / 1024).toFixed(2)} MB`,
      unit: 'ms',
      measured: median(page),
      baseline: { what: 'the receipt in Markdown', value: median(text) },
      bound: { atMost: 1_000 },
      stages: [
        ['an empty node', median(empty)],
        ['run read, Markdown written', median(text) - median(empty)],
        [`${tasks} diffs, HTML written`, median(page) - median(text)],
      ],
    }
  })

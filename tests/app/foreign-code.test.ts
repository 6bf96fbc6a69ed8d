/** Code bases of other people, of three ecosystems: three rehearsed tasks on each end integrated, with checks that run. */
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunView } from '../../src/domain/run-view.ts'
import { fakeEnvironment } from '../support/fake-crew.ts'
import { type Fetched, fetchFromDebian, fetchFromNpm, rustFolder } from '../support/foreign-code.ts'
import { commitFiles, makeRepository, makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { runIn } from '../support/odd-run.ts'
import { inLab, looks, renderReceipt, shell } from './lab.ts'

const integratedAll = (view: RunView, git: (...args: string[]) => string): void => {
  expect(view.outcome, renderReceipt(view)).toBe('done')
  expect(view.tasks.map(task => task.state)).toEqual(['integrated', 'integrated', 'integrated'])
  for (const task of view.tasks) expect(task.checks.at(-1)).toMatchObject({ status: 'passed' })
  expect(git('rev-list', '--count', '--first-parent', 'main..agent')).toBe('3')
}

const configOf = (...commands: string[][]): string =>
  `checks: ${JSON.stringify(commands.map((command, n) => ({ name: `check${n + 1}`, command })))}\n`

/** Commits a package's files, with a configuration that checks them, into an empty repository. */
const commitPackage = (root: string, folder: string, config: string, into = '.'): void => {
  mkdirSync(join(root, into), { recursive: true })
  cpSync(folder, join(root, into), { recursive: true })
  commitFiles(root, { 'agentlab.yaml': config })
}

test('a JavaScript package: three real agents, of three vendors, each with a task', ctx =>
  inLab({}, async lab => {
    const fetched = fetchFromNpm(lab.scratch, 'escape-string-regexp@5.0.0')
    if ('missing' in fetched) return ctx.skip(fetched.missing)
    const works = "import escape from './index.js'; if (escape('a.b') !== 'a\\\\.b') process.exit(1)"
    const config = configOf(['node', '--check', 'index.js'], ['node', '--input-type=module', '-e', works])
    commitPackage(lab.root, fetched.folder, config)
    lab.accept()
    const scripts: Record<string, [string, string]> = {
      edit: ['claude', 'echo "// Escaped for use in a RegExp." >>index.js'],
      add: [
        'codex',
        "echo \"import escape from './index.js'; console.log(escape('.'))\" >example.js && node example.js",
      ],
      remove: ['gemini', 'git rm -q readme.md'],
    }
    const tasks = Object.entries(scripts)
    const view = await lab.run({
      workers: ['claude', 'codex', 'gemini'],
      planText: `tasks: [${tasks.map(([key, [worker]]) => `{ key: ${key}, title: Do ${key}, what: Do it., worker: ${worker} }`).join()}]`,
      scenarioText: `
tasks:
${tasks.map(([key, [, script]]) => `  ${key}: { attempts: [{ steps: [${shell(script)}, { commit: ${key} }] }] }`).join('\n')}
defaults: { verifier: { steps: [${looks.replace('README.md', 'package.json')}], verdict: pass } }
`,
    })
    integratedAll(view, lab.git)
    expect(lab.git('show', 'agent:index.js')).toContain('Escaped for use')
    expect(lab.git('ls-tree', '--name-only', 'agent').split('\n')).not.toContain('readme.md')
  }))

interface Foreign {
  fetch: (dir: string) => Fetched
  /** Where in the repository the files go. */
  into: string
  check: string[]
  /** Folder to put on PATH; null: what the check needs is not installed. */
  tools: () => string | null
  scripts: [string, string, string]
}

const others: Record<string, Foreign> = {
  'a Python package': {
    fetch: dir => fetchFromDebian(dir, 'python3-toml', 'usr/lib/python3/dist-packages/toml'),
    into: 'toml',
    check: ['python3', '-c', "import toml; assert toml.loads('a = 1')['a'] == 1"],
    tools: () => '/usr/bin',
    scripts: [
      'echo "# Read top down." >>toml/decoder.py',
      'printf "import toml\\nprint(toml.dumps({}))\\n" >example.py; python3 example.py',
      'git rm -q toml/tz.py; printf "from datetime import tzinfo\\nclass TomlTz(tzinfo):\\n    pass\\n" >toml/tz.py',
    ],
  },
  'a Rust crate': {
    fetch: dir => fetchFromDebian(dir, 'librust-itoa-dev', 'usr/share/cargo/registry/itoa-*'),
    into: '.',
    check: ['rustc', '--edition=2018', '--crate-type=lib', '--emit=metadata', '-o', 'itoa.rmeta', 'src/lib.rs'],
    tools: rustFolder,
    scripts: [
      'printf "\\n/// Bytes of the longest number.\\npub const LONGEST: usize = 40;\\n" >>src/lib.rs',
      'printf "# Notes\\n" >NOTES.md',
      'git rm -q -r benches',
    ],
  },
}

const carryOut = async (foreign: Foreign, scratch: string, skip: (why: string) => never): Promise<void> => {
  const tools = foreign.tools()
  if (tools === null) skip(`${foreign.check[0]} is not installed`)
  const fetched = foreign.fetch(scratch)
  if ('missing' in fetched) return skip(fetched.missing)
  const root = makeRepository(scratch, {})
  commitPackage(root, fetched.folder, configOf(foreign.check), foreign.into)
  const env = fakeEnvironment(scratch, 'instant-claude')
  const tasks = foreign.scripts.map((script, n) => ({
    key: `t${n + 1}`,
    title: `Do ${n + 1}`,
    what: `Run this:\n${script}\ngit add -A\ngit commit -q -m Done\nThat is all.`,
  }))
  const planText = JSON.stringify({ tasks })
  const view = await runIn(root, { ...env, PATH: `${env.PATH}:${tools}` }, planText, { maxParallel: 3 })
  integratedAll(view, (...args) => shellGit(root, args))
  expect(shellGit(root, ['status', '--porcelain'])).toBe('')
}

for (const [name, foreign] of Object.entries(others))
  test(`${name}: three tasks at once`, async ctx => {
    const scratch = makeScratch('foreign')
    try {
      await carryOut(foreign, scratch, why => ctx.skip(why))
    } finally {
      removeScratch(scratch)
    }
  })

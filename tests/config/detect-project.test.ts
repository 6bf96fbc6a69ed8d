/** What `init` makes of the files it finds, and that what it writes can be read back. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { branchesInTheWay, proposePrefix } from '../../src/config/branch-prefix.ts'
import { detectProject } from '../../src/config/detect-project.ts'
import { initialFileText } from '../../src/config/initial-file.ts'
import { parseConfig } from '../../src/config/load.ts'

mkdirSync(resolve('.scratch'), { recursive: true })
const scratch = mkdtempSync(resolve('.scratch', 'detect-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const repositoryWith = (files: Record<string, string>): string => {
  const root = mkdtempSync(join(scratch, 'r-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

const npmPackage = JSON.stringify({ scripts: { test: 'vitest', lint: 'biome check', build: 'x' } })

describe('detects', () => {
  test.each<[string, Record<string, string>, string[], string | null]>([
    [
      'npm',
      { 'package.json': npmPackage, 'package-lock.json': '{}' },
      ['test: npm test', 'lint: npm run lint'],
      'npm ci',
    ],
    [
      'pnpm',
      { 'package.json': npmPackage, 'pnpm-lock.yaml': '' },
      ['test: pnpm run test', 'lint: pnpm run lint'],
      'pnpm install --frozen-lockfile',
    ],
    ['a package without a lock file', { 'package.json': npmPackage }, ['test: npm test', 'lint: npm run lint'], null],
    [
      'no test in the script npm init writes',
      { 'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}' },
      [],
      null,
    ],
    ['nothing in a broken package.json', { 'package.json': '{' }, [], null],
    [
      'Makefile targets, not variables',
      { Makefile: 'test:=x\ncheck: all\n\tcc\nlint:\n\tx\n' },
      ['check: make check', 'lint: make lint'],
      null,
    ],
    [
      'a script before a Makefile target of its name',
      { 'package.json': npmPackage, Makefile: 'test:\n\tx\n' },
      ['test: npm test', 'lint: npm run lint'],
      null,
    ],
    ['Cargo', { 'Cargo.toml': '' }, ['cargo-test: cargo test'], null],
    ['Go', { 'go.mod': '' }, ['go-vet: go vet ./...', 'go-test: go test ./...'], null],
    [
      'uv with pytest',
      { 'pyproject.toml': '[tool.pytest.ini_options]', 'uv.lock': '' },
      ['pytest: uv run --no-sync python -m pytest'],
      'uv sync --frozen --no-install-project',
    ],
    ['plain pytest', { 'pytest.ini': '' }, ['pytest: python3 -m pytest'], null],
    ['nothing', {}, [], null],
  ])('%s', async (_, files, checks, setup) => {
    const project = await detectProject(repositoryWith(files))
    expect(project.checks.map(check => `${check.name}: ${check.command.join(' ')}`)).toEqual(checks)
    expect(project.setup?.command.join(' ') ?? null).toBe(setup)
    const text = initialFileText({ main: 'main', prefix: '', lane: 'personal', agents: ['claude'], project })
    const { effective } = parseConfig({
      repository: { path: '/r/agentlab.yaml', text, exists: true },
      operator: { path: '/o', text: '', exists: false },
    })
    expect(effective.checks.map(check => check.command)).toEqual(project.checks.map(check => check.command))
    expect(effective.setup?.command ?? null).toEqual(project.setup?.command ?? null)
    expect(effective.agents).toEqual(['claude'])
  })
})

describe('branch names', () => {
  test.each<[string, string[], string]>([
    ['are ours without a prefix where none is taken', ['main', 'feature/agent'], ''],
    ['take a prefix when agent exists', ['main', 'agent'], 'agentlab/'],
    ['take a prefix when something lies below agent', ['main', 'agent/x'], 'agentlab/'],
    ['take a prefix when a plain branch task blocks task/x', ['main', 'task'], 'agentlab/'],
    ['take a prefix when task/ belongs to somebody', ['main', 'task/fix-login'], 'agentlab/'],
    ['see that a file system may not tell Codex from codex', ['main', 'Codex'], 'agentlab/'],
    ['take another prefix when that is blocked, too', ['agent', 'agentlab'], 'agentlab2/'],
    ['know our own task branches', ['main', 'task/k3m9q2x7-1/claude'], ''],
  ])('%s', (_, branches, prefix) => {
    expect(proposePrefix(branches).prefix).toBe(prefix)
    expect(branchesInTheWay(branches, proposePrefix(branches).prefix)).toEqual([])
  })

  test('stay plain when agent is known to be ours', () => {
    expect(proposePrefix(['main', 'agent'], ['agent'])).toEqual({ prefix: '', taken: [] })
  })
})

describe('the inputs of a set-up suffice without the rest of the tree', () => {
  const inputsOf = async (files: Record<string, string>): Promise<string[] | undefined> =>
    (await detectProject(repositoryWith(files))).setup?.inputs

  test('npm with workspaces and a configuration of its own', async () => {
    const manifest = JSON.stringify({
      workspaces: ['packages/*', './apps/web/', '!packages/old', '../beside', '{a,b}'],
    })
    const inputs = await inputsOf({ 'package.json': manifest, 'package-lock.json': '{}', '.npmrc': 'x=y' })
    expect(inputs).toEqual([
      'package.json',
      'package-lock.json',
      '.npmrc',
      'packages/*/package.json',
      'apps/web/package.json',
    ])
  })

  test('pnpm and yarn, whose workspaces stand elsewhere', async () => {
    const pnpm = { 'package.json': '{}', 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': 'packages:\n  - "libs/**"\n' }
    expect(await inputsOf(pnpm)).toEqual([
      'package.json',
      'pnpm-lock.yaml',
      'pnpm-workspace.yaml',
      'libs/**/package.json',
    ])
    const yarn = { 'package.json': '{"workspaces":{"packages":["a"]}}', 'yarn.lock': '', '.yarnrc.yml': '' }
    expect(await inputsOf(yarn)).toEqual(['package.json', 'yarn.lock', '.yarnrc.yml', 'a/package.json'])
  })

  test('what can not be read adds nothing', async () => {
    const broken = { 'package.json': '{"workspaces": 7}', 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': '- : [' }
    expect(await inputsOf(broken)).toEqual(['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'])
  })

  test('a plain crate with its lock file is vendored, any other is left to the operator', async () => {
    const crate = { 'Cargo.toml': '[package]\nname = "x"\n', 'Cargo.lock': '', 'src/main.rs': '' }
    expect(await inputsOf(crate)).toEqual(['Cargo.toml', 'Cargo.lock'])
    expect(await inputsOf({ ...crate, 'Cargo.toml': '[workspace]\nmembers = ["a"]\n' })).toBeUndefined()
    expect(await inputsOf({ ...crate, 'Cargo.toml': '[dependencies]\nx = { path = "../x" }\n' })).toBeUndefined()
  })
})

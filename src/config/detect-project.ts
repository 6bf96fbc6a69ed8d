/** Guesses a repository's checks and set-up from the files at its top, for `agentlab init`. Reads; runs nothing. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { CommandWords } from './command-words.ts'
import { nodeInputs } from './install-inputs.ts'

export interface DetectedCheck {
  name: string
  command: CommandWords
  /** The file it was read from. */
  from: string
}

export interface DetectedSetup {
  command: CommandWords
  inputs: string[]
  from: string
}

export interface DetectedProject {
  checks: DetectedCheck[]
  setup: DetectedSetup | null
}

type ReadTop = (name: string) => Promise<string | null>
type Has = (path: string) => Promise<boolean>
type Detect = (read: ReadTop, has: Has) => Promise<DetectedProject>

const nothing: DetectedProject = { checks: [], setup: null }
const checkScripts = ['test', 'lint', 'typecheck']

const PackageFile = z.object({ scripts: z.record(z.string(), z.unknown()).optional() })

const lockFiles: { lock: string; program: string; install: string[] }[] = [
  { lock: 'package-lock.json', program: 'npm', install: ['npm', 'ci'] },
  { lock: 'npm-shrinkwrap.json', program: 'npm', install: ['npm', 'ci'] },
  { lock: 'pnpm-lock.yaml', program: 'pnpm', install: ['pnpm', 'install', '--frozen-lockfile'] },
  { lock: 'yarn.lock', program: 'yarn', install: ['yarn', 'install', '--frozen-lockfile'] },
  { lock: 'bun.lock', program: 'bun', install: ['bun', 'install', '--frozen-lockfile'] },
]

const node: Detect = async (read, has) => {
  const packageText = await read('package.json')
  const scripts = scriptsOf(packageText)
  if (scripts === null) return nothing
  const present = await Promise.all(lockFiles.map(async entry => ((await read(entry.lock)) === null ? null : entry)))
  const lock = present.find(entry => entry !== null) ?? null
  const program = lock?.program ?? 'npm'
  const more = await nodeInputs({ packageText, pnpmText: await read('pnpm-workspace.yaml') }, has)
  const real = checkScripts.filter(
    name => typeof scripts[name] === 'string' && !/no test specified/.test(scripts[name]),
  )
  return {
    checks: real.map(name => ({
      name,
      command: name === 'test' && program === 'npm' ? ['npm', 'test'] : [program, 'run', name],
      from: 'package.json',
    })),
    setup:
      lock === null ? null : { command: lock.install, inputs: ['package.json', lock.lock, ...more], from: lock.lock },
  }
}

const scriptsOf = (text: string | null): Record<string, unknown> | null => {
  if (text === null) return null
  try {
    return PackageFile.parse(JSON.parse(text)).scripts ?? {}
  } catch {
    return {}
  }
}

const make: Detect = async read => {
  const text = (await read('Makefile')) ?? (await read('makefile'))
  if (text === null) return nothing
  const targets = ['test', 'check', 'lint'].filter(target => new RegExp(`^${target}[ \\t]*:(?!=)`, 'm').test(text))
  return { checks: targets.map(name => ({ name, command: ['make', name], from: 'Makefile' })), setup: null }
}

const cargo: Detect = async (read, has) => {
  const manifest = await read('Cargo.toml')
  if (manifest === null) return nothing
  const checks = [{ name: 'cargo-test', command: ['cargo', 'test'], from: 'Cargo.toml' }]
  const source = (await has('src/lib.rs')) ? 'src/lib.rs' : (await has('src/main.rs')) ? 'src/main.rs' : null
  const isPlain =
    source !== null && !/^\s*\[(?:workspace|patch|\[bin\]|\[example\])/m.test(manifest) && !/\bpath\s*=/.test(manifest)
  if (!isPlain || (await read('Cargo.lock')) === null || (await has('.cargo/config.toml')))
    return { checks, setup: null }
  return {
    checks,
    setup: { command: ['sh', '-c', vendoring(source)], inputs: ['Cargo.toml', 'Cargo.lock'], from: 'Cargo.lock' },
  }
}

// cargo wants to see a target of the crate, and the source is not there; what is tracked is never placed anywhere.
const vendoring = (source: string): string =>
  `mkdir -p .cargo src && touch ${source} && cargo vendor --locked vendor >.cargo/config.toml`

const go: Detect = async read =>
  (await read('go.mod')) === null
    ? nothing
    : {
        checks: [
          { name: 'go-vet', command: ['go', 'vet', './...'], from: 'go.mod' },
          { name: 'go-test', command: ['go', 'test', './...'], from: 'go.mod' },
        ],
        setup: null,
      }

const python: Detect = async (read, has) => {
  const [project, uvLock, pytestIni, conftest, requirements] = await Promise.all(
    ['pyproject.toml', 'uv.lock', 'pytest.ini', 'conftest.py', 'requirements-dev.txt'].map(read),
  )
  const hasPytest = pytestIni !== null || conftest !== null || /pytest/.test(`${project ?? ''}${requirements ?? ''}`)
  const from = project !== null ? 'pyproject.toml' : 'pytest.ini'
  const more = (await has('.python-version')) ? ['.python-version'] : []
  // Scripts of an environment begin with where it was made, which is elsewhere: pytest is started by its module.
  const runner = uvLock === null ? ['python3', '-m', 'pytest'] : ['uv', 'run', '--no-sync', 'python', '-m', 'pytest']
  return {
    checks: hasPytest ? [{ name: 'pytest', command: runner, from }] : [],
    setup:
      uvLock === null
        ? null
        : {
            // Without the project itself: its source is not there.
            command: ['uv', 'sync', '--frozen', '--no-install-project'],
            inputs: ['pyproject.toml', 'uv.lock', ...more],
            from: 'uv.lock',
          },
  }
}

/** What the files at the top of `root` suggest. A Makefile's target gives way to a script of the same name. */
export const detectProject = async (root: string): Promise<DetectedProject> => {
  const read: ReadTop = name => readFile(join(root, name), 'utf8').catch(() => null)
  const has: Has = path =>
    stat(join(root, path)).then(
      () => true,
      () => false,
    )
  const found = await Promise.all([node, make, cargo, go, python].map(detect => detect(read, has)))
  const checks = new Map<string, DetectedCheck>()
  for (const check of found.flatMap(project => project.checks)) {
    if (!checks.has(check.name)) checks.set(check.name, check)
  }
  return { checks: [...checks.values()], setup: found.find(project => project.setup !== null)?.setup ?? null }
}

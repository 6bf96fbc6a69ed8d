/** Programs found on PATH, and what must stay readable for them: layouts laid out on disk, some really run in a box. */
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LaunchLimits } from '../../src/domain/launch.ts'
import { boxPolicy } from '../../src/lanes/box.ts'
import { launch } from '../../src/process/launch.ts'
import { findProgram, type ToolNeeds, toolNeeds } from '../../src/process/programs.ts'
import { commandIn, output, packageRoot, remove, scratchDir } from './seat.ts'

let home: string
beforeEach(() => {
  home = scratchDir()
})
afterEach(() => remove(home))

const place = (path: string, text = 'binary', mode = 0o755): string => {
  const file = join(home, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}
const link = (path: string, target: string): string => {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  symlinkSync(target, join(home, path))
  return join(home, path)
}

describe('findProgram', () => {
  test('takes the first executable file of PATH', async () => {
    place('a/tool', '', 0o644)
    mkdirSync(join(home, 'b/tool'), { recursive: true })
    const file = place('c/tool')
    place('d/tool')
    expect(await findProgram('tool', ['a', 'b', 'c', 'd'].map(dir => join(home, dir)).join(':'))).toBe(file)
  })

  test('does not look in relative entries of PATH, nor for relative names', async () => {
    expect(await findProgram('package.json', '.:')).toBe(null)
    expect(await findProgram('./tool', home)).toBe(null)
    expect(await findProgram('', home)).toBe(null)
  })

  test('takes an absolute name as it is, and says when there is none', async () => {
    expect(await findProgram('/bin/sh', '')).toBe(realpathSync('/bin/sh'))
    expect(await findProgram('/bin/no-such-program', '/bin')).toBe(null)
  })

  test('follows links to the real file', async () => {
    const real = place('lib/node_modules/tool/cli.js')
    link('bin/tool', '../lib/node_modules/tool/cli.js')
    expect(await findProgram('tool', join(home, 'bin'))).toBe(real)
  })

  test('keeps the name of a program that acts by its name', async () => {
    place('bin/rustup')
    const cargo = link('bin/cargo', 'rustup')
    expect(await findProgram('cargo', join(home, 'bin'))).toBe(cargo)
  })
})

describe('toolNeeds', () => {
  const needs = (file: string, env: NodeJS.ProcessEnv = {}): Promise<ToolNeeds> => toolNeeds(file, { home, env })
  const prefixes = async (file: string, env?: NodeJS.ProcessEnv): Promise<string[]> =>
    (await needs(file, env)).prefixes.map(path => path.replace(`${home}/`, '')).toSorted()

  test.each([
    ['nvm', '.nvm/versions/node/v26.10.0/bin/node', ['.nvm/versions/node/v26.10.0']],
    [
      'npm under nvm',
      '.nvm/versions/node/v26.10.0/lib/node_modules/npm/bin/npm-cli.js',
      ['.nvm/versions/node/v26.10.0'],
    ],
    [
      'fnm',
      '.local/share/fnm/node-versions/v22.1.0/installation/bin/node',
      ['.local/share/fnm/node-versions/v22.1.0/installation'],
    ],
    ['volta', '.volta/bin/node', ['.volta/bin', '.volta/tools']],
    ['pyenv', '.pyenv/versions/3.13.1/bin/python3.13', ['.pyenv/versions/3.13.1']],
    ['a pyenv shim', '.pyenv/shims/pytest', ['.pyenv']],
    ['uv’s python', '.local/share/uv/python/cpython-3.13/bin/python3', ['.local/share/uv/python/cpython-3.13']],
    ['uv itself', '.local/bin/uv', ['.local/bin/uv', '.local/bin/uvx', '.local/share/uv/python']],
    ['rustup', '.cargo/bin/cargo', ['.cargo/bin', '.rustup']],
    ['a rust toolchain', '.rustup/toolchains/stable-x86_64/bin/cargo', ['.rustup/toolchains/stable-x86_64']],
    ['mise', '.local/share/mise/installs/node/22.1.0/bin/node', ['.local/share/mise/installs/node/22.1.0']],
    [
      'a mise shim',
      '.local/share/mise/shims/node',
      ['.local/share/mise/installs', '.local/share/mise/plugins', '.local/share/mise/shims'],
    ],
    [
      'Homebrew, without its settings and databases',
      '.linuxbrew/bin/git',
      ['Cellar', 'bin', 'etc/ca-certificates', 'include', 'lib', 'libexec', 'opt', 'sbin', 'share'].map(
        part => `.linuxbrew/${part}`,
      ),
    ],
    ['a project', 'code/app/node_modules/@scope/cli/node_modules/inner/bin/run.js', ['code/app/node_modules']],
    ['a claude installed by its vendor', '.local/share/claude/versions/2.1.3', ['.local/share/claude/versions/2.1.3']],
    ['a program in ~/bin', 'bin/tool', ['bin/tool']],
    [
      'a program vendors put beside their logins',
      '.claude/local/node_modules/cli/cli.js',
      ['.claude/local/node_modules'],
    ],
  ])('%s', async (_, path, expected) => {
    expect(await prefixes(place(path))).toEqual(expected)
  })

  test('tells shims where their home is, and takes the operator’s word for it', async () => {
    const cargo = place('.cargo/bin/cargo')
    expect((await needs(cargo)).env).toEqual({ RUSTUP_HOME: join(home, '.rustup') })
    mkdirSync(join(home, 'rust'))
    const moved = await needs(cargo, { RUSTUP_HOME: join(home, 'rust') })
    expect(moved.env).toEqual({ RUSTUP_HOME: join(home, 'rust') })
    expect(moved.prefixes).toContain(join(home, 'rust'))
    expect((await needs(place('.volta/bin/node'))).env).toEqual({ VOLTA_HOME: join(home, '.volta') })
  })

  test('the interpreter that a script finds on PATH', async () => {
    place('.pyenv/versions/3.13.1/bin/python3')
    const script = place('bin/tool', '#!/usr/bin/env -S python3 -I\n')
    expect(await prefixes(script, { PATH: join(home, '.pyenv/versions/3.13.1/bin') })).toEqual([
      '.pyenv/versions/3.13.1',
      'bin/tool',
    ])
  })

  test('npm’s global directory', async () => {
    place('.npm-global/bin/other')
    expect(await prefixes(place('.npm-global/lib/node_modules/tool/cli.js'))).toEqual(['.npm-global'])
  })

  test('an unpacked archive', async () => {
    place('sdk/go1.26/pkg/tool/compile')
    expect(await prefixes(place('sdk/go1.26/bin/go'))).toEqual(['sdk/go1.26'])
  })

  test('a virtual environment and the Python it was made from', async () => {
    place('.pyenv/versions/3.13.1/bin/python3.13')
    place('code/.venv/pyvenv.cfg', '', 0o644)
    link('code/.venv/bin/python', join(home, '.pyenv/versions/3.13.1/bin/python3.13'))
    expect(await prefixes(place('code/.venv/bin/pytest', `#!${home}/code/.venv/bin/python\n`))).toEqual([
      '.pyenv/versions/3.13.1',
      'code/.venv',
    ])
  })

  test('the interpreter of a script', async () => {
    place('.nvm/versions/node/v26.10.0/bin/node')
    const script = place('bin/tool', `#!${home}/.nvm/versions/node/v26.10.0/bin/node --flag\n`)
    expect(await prefixes(script)).toEqual(['.nvm/versions/node/v26.10.0', 'bin/tool'])
  })

  test('a link and what it points to', async () => {
    place('.local/share/tool/tool-1.0')
    expect(await prefixes(link('.local/bin/tool', '../share/tool/tool-1.0'))).toEqual([
      '.local/bin/tool',
      '.local/share/tool/tool-1.0',
    ])
  })

  test('nothing for a program of the system, or one that is gone', async () => {
    expect(await prefixes('/usr/bin/git')).toEqual([])
    expect(await prefixes(join(home, 'absent'))).toEqual([])
  })

  test('never HOME, and never a place with a known login in it', async () => {
    place('node_modules/.keep')
    place('lib/libfoo.so')
    for (const path of [
      'bin/tool',
      '.ssh/tool',
      '.config/gh/tool',
      '.aws/bin-less/tool',
      'lib/node_modules/x/cli.js',
    ]) {
      const found = (await needs(place(path))).prefixes
      expect(found).not.toContain(home)
      for (const secret of ['.ssh', '.config/gh', '.aws', '.npmrc']) {
        expect(
          found.filter(prefix => join(home, secret).startsWith(prefix) || prefix.startsWith(join(home, secret))),
        ).toEqual([])
      }
    }
  })
})

describe('in a box that hides HOME', () => {
  const limits: LaunchLimits = {
    wallMs: 30_000,
    outputBytes: 1_000_000,
    processes: 500,
    fileBytes: 1e9,
    openFiles: 1_024,
  }

  test.each([
    ['node', 'node', ['--version'], /^v\d+/],
    ['claude', 'claude', ['--version'], /Claude Code/],
    ['gemini', 'gemini', ['--version'], /^\d+\.\d+/],
    ['codex', 'codex', ['--version'], /codex/],
  ])('%s runs from a hidden project’s node_modules', async (_, name, args, said) => {
    const seat = join(home, 'state/seat')
    mkdirSync(seat, { recursive: true })
    const path = `${packageRoot}/node_modules/.bin:/usr/bin:/bin`
    const [file, node] = [await findProgram(name, path), await findProgram('node', path)]
    const place = { home, env: { PATH: path } }
    const policy = boxPolicy({
      containment: 'boxed',
      seatRoot: seat,
      dataDir: join(home, 'state'),
      home,
      repoRoot: packageRoot,
      objectDirs: [],
      toolPrefixes: [...(await toolNeeds(file!, place)).prefixes, ...(await toolNeeds(node!, place)).prefixes],
      extraReadable: [],
      network: 'none',
      limits,
    })
    const env = { PATH: `${dirname(node!)}:/usr/bin:/bin`, HOME: seat, CI: '1' }
    const end = await (await launch(policy, commandIn(seat, file!, args, { env }))).ended
    expect(end).toMatchObject({ exitCode: 0, failedToStart: null })
    expect(output(seat)).toMatch(said)
  })
})

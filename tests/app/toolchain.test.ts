/** Real tools laid out below a HOME as version managers do, started in a real box by the names scripts call them by. */
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { programOf } from '../../src/app/configured-command.ts'
import { toolchainOf } from '../../src/app/toolchain.ts'
import { toolDiagnoses } from '../../src/cli/tool-diagnoses.ts'
import { boxPolicy } from '../../src/lanes/box.ts'
import { launch } from '../../src/process/launch.ts'
import { findProgram } from '../../src/process/programs.ts'
import { commandIn, output, remove, scratchDir } from '../process/seat.ts'

let dir: string
let home: string
beforeEach(() => {
  dir = realpathSync(scratchDir())
  home = join(dir, 'home')
  write('.npmrc', '//registry.example/:_authToken=LOGIN-OF-THE-OPERATOR')
  write('.netrc', 'machine example login me password LOGIN-OF-THE-OPERATOR')
  write('.cargo/credentials.toml', '[registry]\ntoken = "LOGIN-OF-THE-OPERATOR"')
  write('.ssh/id_ed25519', 'LOGIN-OF-THE-OPERATOR')
})
afterEach(() => remove(dir))

const at = (path: string): string => {
  mkdirSync(dirname(join(home, path)), { recursive: true })
  return join(home, path)
}
const write = (path: string, text: string, mode = 0o644): void => writeFileSync(at(path), text, { mode })
const link = (path: string, target: string): void => symlinkSync(target, at(path))
/** Without copying where the file system allows it. */
const copy = (from: string, path: string): void => {
  try {
    linkSync(realpathSync(from), at(path))
  } catch {
    copyFileSync(realpathSync(from), at(path))
  }
}

const checksOf = (words: string[]) =>
  words.map(word => ({ name: word.replaceAll(/\W/g, ''), command: [word], timeoutMs: 60_000 }))

/** Runs a script in the box of a run whose checks begin with these words; PATH is the operator's. */
const inBox = async (words: string[], folders: string[], script: string, tools: string[] = []): Promise<string> => {
  const path = [...folders.map(folder => join(home, folder)), '/usr/local/bin', '/usr/bin', '/bin'].join(':')
  const toolchain = await toolchainOf({ checks: checksOf(words), setup: null, tools }, { HOME: home, PATH: path })
  const seat = join(home, '.local/state/agentlab/0/seats/one')
  mkdirSync(seat, { recursive: true })
  const policy = boxPolicy({
    containment: 'boxed',
    seatRoot: seat,
    dataDir: dirname(dirname(seat)),
    home,
    repoRoot: join(home, 'repository'),
    objectDirs: [],
    toolPrefixes: toolchain.readable,
    extraReadable: [],
    logins: toolchain.logins,
    network: 'none',
    limits: { wallMs: 60_000, outputBytes: 100_000, processes: 500, fileBytes: 1e8, openFiles: 1_024 },
  })
  const secrets = ['.npmrc', '.netrc', '.cargo/credentials.toml', '.ssh'].map(name => join(home, name))
  const looks = `for f in ${secrets.join(' ')}; do test -e $f && echo "$f is there"; done; grep -rs LOGIN-OF-THE-OPERATOR ${home} && echo leaked`
  const env = { ...toolchain.env, PATH: toolchain.path, HOME: seat }
  const end = await (await launch(policy, commandIn(seat, '/bin/sh', ['-c', `${script}; ${looks}`], { env }))).ended
  expect(end.failedToStart).toBe(null)
  return output(seat).trim()
}

test('Node under nvm: node, and npm and npx, which are scripts for it', async ctx => {
  const npm = await findProgram('npm', process.env.PATH!)
  if (npm === null) return ctx.skip('there is no npm on this machine')
  const version = '.nvm/versions/node/v26.10.0'
  copy(process.execPath, `${version}/bin/node`)
  cpSync(dirname(dirname(npm)), at(`${version}/lib/node_modules/npm`), { recursive: true })
  for (const name of ['npm', 'npx']) link(`${version}/bin/${name}`, `../lib/node_modules/npm/bin/${name}-cli.js`)
  link('.nvm/current', `versions/node/v26.10.0`)
  write(`${version}/etc/npmrc`, '//registry.example/:_authToken=LOGIN-OF-THE-OPERATOR')
  const said = await inBox(
    ['npm'],
    ['.nvm/current/bin'],
    'command -v node; node --version; npm --version; npx --version',
  )
  const [where, node, ...npms] = said.split('\n')
  expect(where).toBe(join(home, version, 'bin/node'))
  expect(node).toBe(process.version)
  expect(npms).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/), expect.stringMatching(/^\d+\.\d+\.\d+$/)])
})

test('Python under pyenv: its shims, and a virtual environment made from it', async () => {
  const python = realpathSync('/usr/bin/python3')
  write('.pyenv/version', '3.11.7')
  copy(python, '.pyenv/versions/3.11.7/bin/python3')
  write(
    '.pyenv/libexec/pyenv',
    `#!/bin/sh\nread -r v <"$PYENV_ROOT/version"\nshift\nexec "$PYENV_ROOT/versions/$v/bin/$@"\n`,
    0o755,
  )
  const shim = `#!/usr/bin/env sh\nexport PYENV_ROOT="${home}/.pyenv"\nexec "${home}/.pyenv/libexec/pyenv" exec "\${0##*/}" "$@"\n`
  write('.pyenv/shims/python3', shim, 0o755)
  write('venvs/app/pyvenv.cfg', `home = ${home}/.pyenv/versions/3.11.7/bin\n`)
  link('venvs/app/bin/python', join(home, '.pyenv/versions/3.11.7/bin/python3'))
  write('venvs/app/bin/tool', `#!${home}/venvs/app/bin/python\nimport sys; print("tool", sys.prefix)\n`, 0o755)
  write('.local/bin/.keep', '')
  link('.local/bin/tool', '../../venvs/app/bin/tool')
  const script = `python3 -c 'import json, sys; print(sys.executable)'; tool`
  expect(await inBox(['python3', 'tool'], ['.pyenv/shims', '.local/bin'], script)).toBe(
    `${home}/.pyenv/versions/3.11.7/bin/python3\ntool ${home}/venvs/app`,
  )
})

describe('Rust under rustup', () => {
  const toolchain = '.rustup/toolchains/stable-x86_64-unknown-linux-gnu'

  /** The toolchain's own cargo: on PATH there may be rustup's, under that name. */
  const realCargo = (): string | null => {
    try {
      return join(execFileSync('rustc', ['--print', 'sysroot'], { encoding: 'utf8' }).trim(), 'bin/cargo')
    } catch {
      return null
    }
  }

  test('cargo is a link to rustup, which acts by its name and finds its home', async ctx => {
    const [cargo, rustup] = [realCargo(), await findProgram('rustup', process.env.PATH!)]
    if (cargo === null || !existsSync(cargo)) return ctx.skip('there is no cargo on this machine')
    copy(cargo, `${toolchain}/bin/cargo`)
    mkdirSync(at('.rustup/update-hashes'), { recursive: true })
    write(
      '.rustup/settings.toml',
      `version = "12"\ndefault_toolchain = "${toolchain.split('/').at(-1)}"\nprofile = "default"\n`,
    )
    if (rustup !== null) copy(rustup, '.cargo/bin/rustup')
    else write('.cargo/bin/rustup', `#!/bin/sh\nexec "$RUSTUP_HOME"/toolchains/*/bin/"\${0##*/}" "$@"\n`, 0o755)
    link('.cargo/bin/cargo', 'rustup')
    // make calls it by PATH, as it calls a compiler.
    const script = `printf 'all:\\n\\tcargo --version\\n' >Makefile; cargo --version; make -s 2>&1 || echo no make`
    const said = (await inBox(['cargo', 'make'], ['.cargo/bin'], script)).split('\n')
    expect(said[0]).toMatch(/^cargo \d+\.\d+/)
    expect(['no make', said[0]]).toContain(said.at(-1))
  })
})

describe('tools the operator names', () => {
  test('are opened in every box, their folders on PATH, without the logins in them', async () => {
    write('sdk/bin/tool', '#!/bin/sh\necho from the sdk\n', 0o755)
    write('sdk/conf/deep/.netrc', 'LOGIN-OF-THE-OPERATOR')
    write('sdk/.npmrc', 'LOGIN-OF-THE-OPERATOR')
    expect(await inBox([], ['sdk/bin'], 'tool', ['~/sdk'])).toBe('from the sdk')
  })

  test('are told by doctor: what is opened, what stays shut, what is refused', async () => {
    write('sdk/conf/.netrc', 'LOGIN-OF-THE-OPERATOR')
    const config = { checks: checksOf(['no-such-tool']), setup: null, tools: ['~/sdk', '~/gone', '~/.ssh', home] }
    const told = await toolDiagnoses(config, { HOME: home, PATH: '/usr/bin:/bin' }, [])
    const lines = told.map(
      ({ what, status, detail }) => `${status} ${what.replace(home, '~')}: ${detail.replaceAll(home, '~')}`,
    )
    expect(lines).toEqual(
      expect.arrayContaining([
        'warn tool no-such-tool: there is no such program on PATH',
        'warn tools ~/sdk: opened in every box; stays shut: ~/sdk/conf/.netrc',
        'fail tools ~/gone: not opened: it does not exist',
        expect.stringMatching(/^fail tools ~\/\.ssh: not opened: it is HOME or holds it/),
        expect.stringMatching(/^fail tools ~: not opened/),
        expect.stringMatching(/^ok tool git: .*\/git, /),
      ]),
    )
    expect(told.filter(({ status }) => status !== 'ok').every(({ cure }) => cure !== undefined)).toBe(true)
  })
})

describe('the first word of a command', () => {
  test('may be a file of the workspace, and none outside of it', async () => {
    write('workspace/gradlew', '#!/bin/sh\n', 0o755)
    write('workspace/plain', '')
    write('tool', '#!/bin/sh\n', 0o755)
    const workspace = join(home, 'workspace')
    const find = (word: string) => programOf(word, workspace, '/usr/bin:/bin')
    expect(await find('./gradlew')).toBe(join(workspace, 'gradlew'))
    expect(await find('sh')).toBe(realpathSync('/bin/sh'))
    for (const word of ['../tool', './plain', './absent', 'gradlew']) expect(await find(word)).toBe(null)
  })
})

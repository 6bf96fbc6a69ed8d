/** The set-up step on machines of every kind; its programs are real ones that only write down what they are asked. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aptGetThatInstalls, git, type Machine, machine } from './machine.ts'

let here: Machine

beforeEach(() => {
  const scratch = resolve(import.meta.dirname, '../../.scratch')
  mkdirSync(scratch, { recursive: true })
  here = machine(mkdtempSync(join(scratch, 'setup-')))
})
afterEach(() => rmSync(here.dir, { recursive: true, force: true }))

const complete = (): void => {
  here.program('bwrap')
  here.program('socat')
  here.program('git', git('2.39.5'))
}

describe('a machine that has everything', () => {
  test('hears nothing and nothing is installed', async () => {
    complete()
    here.program('apt-get')
    expect(await here.setUp()).toEqual({ exitCode: 0, said: [] })
    expect(here.calls()).toEqual(['git --version'])
  })

  test('on macOS needs git alone', async () => {
    here.program('git', git('2.50.1 (Apple Git-155)'))
    expect(await here.setUp({ platform: 'darwin', isRoot: false })).toEqual({ exitCode: 0, said: [] })
  })
})

describe('missing programs', () => {
  test('are installed with apt-get by root, after refreshing its lists', async () => {
    here.program('git', git('2.39.5'))
    here.program('apt-get', aptGetThatInstalls('bwrap', 'socat'))
    expect(await here.setUp()).toEqual({ exitCode: 0, said: ['setup: installing bubblewrap, socat with apt-get'] })
    expect(here.calls().filter(call => call.startsWith('apt-get'))).toEqual([
      'apt-get update -qq',
      'apt-get install -y -qq --no-install-recommends bubblewrap socat',
    ])
  })

  test('are not looked at again in a second run', async () => {
    here.program('git', git('2.39.5'))
    here.program('apt-get', aptGetThatInstalls('bwrap', 'socat'))
    await here.setUp()
    expect(await here.setUp()).toEqual({ exitCode: 0, said: [] })
    expect(here.calls().filter(call => call.includes('install'))).toHaveLength(1)
  })

  test('are installed through sudo where it asks for no password', async () => {
    here.program('git', git('2.39.5'))
    here.program('apt-get', aptGetThatInstalls('bwrap', 'socat'))
    here.program('sudo', 'shift; [ "$1" = true ] && exit 0; exec "$@"')
    expect((await here.setUp({ isRoot: false })).exitCode).toBe(0)
    const asked = here.calls().filter(call => call.startsWith('sudo'))
    expect(asked[0]).toBe('sudo -n true')
    expect(asked.at(-1)).toBe(
      `sudo -n /usr/bin/env DEBIAN_FRONTEND=noninteractive ${here.dir}/bin/apt-get install -y -qq --no-install-recommends bubblewrap socat`,
    )
  })

  test.each([
    ['sudo wants a password', (): void => here.program('sudo', 'exit 1')],
    ['there is no sudo', (): void => {}],
  ])('are named with the lines to type when %s', async (_, prepare) => {
    here.program('git', git('2.39.5'))
    here.program('apt-get')
    prepare()
    expect(await here.setUp({ isRoot: false })).toEqual({
      exitCode: 5,
      said: [
        'setup: bubblewrap, socat must be installed first; type:',
        '  sudo apt-get update',
        '  sudo apt-get install -y bubblewrap socat',
      ],
    })
    expect(here.calls().filter(call => call.startsWith('apt-get'))).toEqual([])
  })

  test.each([
    ['dnf', 'sudo dnf install -y bubblewrap socat'],
    ['pacman', 'sudo pacman -S --needed --noconfirm bubblewrap socat'],
    ['zypper', 'sudo zypper --non-interactive install bubblewrap socat'],
    ['apk', 'sudo apk add bubblewrap socat'],
  ])('are named with the line of %s', async (manager, line) => {
    here.program('git', git('2.39.5'))
    here.program(manager)
    const { exitCode, said } = await here.setUp({ isRoot: false })
    expect([exitCode, said.at(-1)]).toEqual([5, `  ${line}`])
  })

  test('are named where no package manager is known', async () => {
    here.program('git', git('2.39.5'))
    const { exitCode, said } = await here.setUp()
    expect([exitCode, said.at(-1)]).toEqual([5, "  Install these with your system's package manager: bubblewrap socat"])
  })

  test('that can’t be installed are named with what apt-get said', async () => {
    here.program('git', git('2.39.5'))
    here.program('apt-get', 'echo "E: Unable to locate package $6"; exit 100')
    const { exitCode, said } = await here.setUp()
    expect(exitCode).toBe(5)
    expect(said).toContain('  E: Unable to locate package socat')
    expect(said.at(-1)).toBe('  apt-get install -y bubblewrap socat')
  })
})

describe('git', () => {
  test('that is missing is installed', async () => {
    complete()
    rmSync(join(here.dir, 'bin/git'))
    here.program(
      'apt-get',
      `case " $* " in *" install "*) printf '#!/bin/sh\\necho git version 2.39.5\\n' >"$bin/git"; /bin/chmod +x "$bin/git";; esac`,
    )
    expect(await here.setUp()).toEqual({ exitCode: 0, said: ['setup: installing git with apt-get'] })
  })

  test('that stays too old is named with the line that brings a newer one', async () => {
    complete()
    here.program('git', git('2.34.1'))
    here.program('apt-get')
    expect(await here.setUp()).toEqual({
      exitCode: 5,
      said: [
        'setup: installing git with apt-get',
        'setup: git 2.38 or newer (this is 2.34) must be installed first; type:',
        '  add-apt-repository -y ppa:git-core/ppa',
        '  apt-get update',
        '  apt-get install -y git',
      ],
    })
  })

  test.each([
    [true, '  brew install git'],
    [false, '  xcode-select --install'],
  ])('on macOS is the person’s to install (Homebrew: %s)', async (hasBrew, line) => {
    if (hasBrew) here.program('brew')
    const { exitCode, said } = await here.setUp({ platform: 'darwin', isRoot: false })
    expect([exitCode, said.at(-1)]).toEqual([5, line])
  })
})

describe('where AppArmor forbids namespaces', () => {
  // This bubblewrap works once its profile is loaded.
  const restricted = (): void => {
    complete()
    here.restrict()
    here.program('bwrap', `[ -e "$bin/../loaded" ]`)
    here.program('install', 'shift 2; /bin/cp "$@"')
    here.program('apparmor_parser', '/bin/cp "$2" "$bin/../loaded"')
  }

  test('the profile is installed and loaded by root', async () => {
    restricted()
    const profile = join(here.dir, 'etc/apparmor.d/bwrap')
    expect(await here.setUp()).toEqual({
      exitCode: 0,
      said: [`setup: installing an AppArmor profile for bubblewrap (${profile})`],
    })
    expect(readFileSync(profile, 'utf8')).toMatch(
      /profile bwrap \/usr\/bin\/bwrap flags=\(unconfined\) \{\n {2}userns,/,
    )
    expect(await here.setUp()).toEqual({ exitCode: 0, said: [] })
  })

  test('nothing is done where bubblewrap works all the same', async () => {
    complete()
    here.restrict()
    expect(await here.setUp()).toEqual({ exitCode: 0, said: [] })
  })

  test('the exact lines are printed for an ordinary user', async () => {
    restricted()
    const { exitCode, said } = await here.setUp({ isRoot: false })
    const profile = resolve(import.meta.dirname, '../../profiles/apparmor/bwrap')
    const target = join(here.dir, 'etc/apparmor.d/bwrap')
    expect(exitCode).toBe(5)
    expect(said).toEqual([
      'setup: AppArmor forbids bubblewrap its namespaces; type:',
      `  sudo install -m 644 ${profile} ${target}`,
      `  sudo apparmor_parser -r ${target}`,
    ])
  })

  test('a profile that is there already is left alone', async () => {
    restricted()
    const target = join(here.dir, 'etc/apparmor.d/bwrap')
    writeFileSync(target, 'theirs')
    expect((await here.setUp()).exitCode).toBe(5)
    expect(readFileSync(target, 'utf8')).toBe('theirs')
  })

  test('a profile that does not load is reported with the reason', async () => {
    restricted()
    here.program('apparmor_parser', 'echo "syntax error, line 7"; exit 1')
    const { exitCode, said } = await here.setUp()
    expect(exitCode).toBe(5)
    expect(said).toContain('  syntax error, line 7')
  })
})

describe('a browser for the tests', () => {
  const onDebian = (): void => {
    complete()
    here.program('apt-get', aptGetThatInstalls('chromium'))
    writeFileSync(join(here.dir, 'etc/os-release'), 'NAME=Debian\nID=debian\n')
  }
  const installs = (): string[] => here.calls().filter(call => call.startsWith('apt-get install'))

  test('is installed once on Debian, by root', async () => {
    onDebian()
    const said = ['setup: installing chromium with apt-get, for the tests']
    expect(await here.setUp({}, true)).toEqual({ exitCode: 0, said })
    expect(await here.setUp({}, true)).toEqual({ exitCode: 0, said: [] })
    expect(installs()).toEqual(['apt-get install -y -qq --no-install-recommends chromium'])
  })

  test('is not, where nobody asks, on a person’s own machine, or on another system', async () => {
    onDebian()
    expect(await here.setUp()).toEqual({ exitCode: 0, said: [] })
    here.program('sudo', 'exit 0')
    expect(await here.setUp({ isRoot: false }, true)).toEqual({ exitCode: 0, said: [] })
    writeFileSync(join(here.dir, 'etc/os-release'), 'ID=ubuntu\nID_LIKE=debian\n')
    expect(await here.setUp({}, true)).toEqual({ exitCode: 0, said: [] })
    expect(installs()).toEqual([])
  })

  test('is no condition: one that can not be had is said and nothing more', async () => {
    onDebian()
    here.program('apt-get', 'exit 100')
    const { exitCode, said } = await here.setUp({}, true)
    expect(exitCode).toBe(0)
    expect(said.at(-1)).toBe('setup: chromium could not be installed; the tests that need a browser are skipped')
  })
})

describe('Node', () => {
  test.each(['18.20.8', '20.20.2', '22.17.1'])('%s is refused before anything else', async nodeVersion => {
    const { exitCode, said } = await here.setUp({ nodeVersion })
    expect(exitCode).toBe(2)
    expect(said[0]).toContain(`this is Node ${nodeVersion}, and AgentLab needs 22.18 or newer`)
  })

  test.each(['22.18.0', '24.0.0', '26.10.0'])('%s is accepted', async nodeVersion => {
    complete()
    expect(await here.setUp({ nodeVersion })).toEqual({ exitCode: 0, said: [] })
  })
})

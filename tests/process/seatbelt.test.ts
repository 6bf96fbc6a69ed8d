/** The macOS profile of a policy: its text, what it decides, and that it decides as the mounts of the same policy's box do. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { LaunchPolicy } from '../../src/domain/launch.ts'
import { probeSeatbelt } from '../../src/process/box-probe.ts'
import { mountsOf } from '../../src/process/mounts.ts'
import { seatbeltArguments, seatbeltProfile } from '../../src/process/seatbelt.ts'
import { seatbeltBoxed } from '../../src/process/seatbelt-box.ts'
import { seatbeltPlaces } from '../../src/process/seatbelt-places.ts'
import { sandboxOf } from '../support/sbpl.ts'
import { commandIn, policyFor, processesNaming, remove, scratchDir } from './seat.ts'

const dir = scratchDir()
afterAll(() => remove(dir))

const gate = { socket: null, port: 49_152 }
const profileOf = (policy: LaunchPolicy) => seatbeltProfile(seatbeltPlaces(policy), policy.network)

/** Every folder of a small tree, and a file in each. */
const folders = ['a', 'b', 'c']
  .flatMap(one => [one, ...['a', 'b'].flatMap(two => [`${one}/${two}`, `${one}/${two}/a`, `${one}/${two}/b`])])
  .map(path => join(dir, 'tree', path))
for (const folder of folders) mkdirSync(folder, { recursive: true })
for (const folder of folders) writeFileSync(join(folder, 'file'), 'x')
const tree = join(dir, 'tree')

const some = fc.subarray(folders, { maxLength: 5 })
const anyPolicy = fc
  .record({ readable: some, writable: some, hidden: some })
  .map(({ readable, writable, hidden }): LaunchPolicy => {
    const network = gate
    return policyFor(join(dir, 'seat'), 'boxed', { readable, writable, hidden: [tree, ...hidden], network })
  })

test('is this text for a seat with a tool, a store, a login in the tool and a gate', () => {
  const { text, parameters } = seatbeltProfile(
    [
      { kind: 'hideDirectory', path: '/Users/me' },
      { kind: 'read', path: '/Users/me/.nvm/node' },
      { kind: 'hideFile', path: '/Users/me/.nvm/node/.npmrc' },
      { kind: 'write', path: '/Users/me/.agentlab/seat' },
      { kind: 'read', path: '/Users/me/.agentlab/seat/git/hooks' },
    ],
    gate,
  )
  const named = [...parameters].map(([name, path]) => `${name}=${path}\n`).join('')
  expect(`${text}\n${named}`).toMatchSnapshot()
})

describe('whatever the policy,', () => {
  test('a file is readable and writable exactly where it is in the box', () => {
    fc.assert(
      fc.property(anyPolicy, policy => {
        const { text, parameters } = profileOf(policy)
        const sandbox = sandboxOf(text, parameters)
        const mounts = mountsOf(policy)
        for (const path of folders.map(folder => join(folder, 'file'))) {
          const kind = mounts.findLast(mount => path.startsWith(`${mount.path}/`))?.kind
          const inBox = { reads: kind === 'read' || kind === 'write', writes: kind === 'write' }
          const here = {
            reads: sandbox.allows('file-read-data', path),
            writes: sandbox.allows('file-write-data', path),
          }
          expect(here, path).toEqual(inBox)
          // What is missing there can be made exactly where it can be written.
          expect(sandbox.allows('file-write-create', `${path}.new`), path).toBe(inBox.writes)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('no writable folder, and no folder on the way from one to a place in it, can be moved or replaced', () => {
    fc.assert(
      fc.property(anyPolicy, policy => {
        const { text, parameters } = profileOf(policy)
        const sandbox = sandboxOf(text, parameters)
        for (const place of seatbeltPlaces(policy))
          for (const root of policy.writable.filter(one => place.path === one || place.path.startsWith(`${one}/`)))
            for (let at = place.path; at.length >= root.length; at = dirname(at))
              for (const operation of ['file-write-unlink', 'file-write-create'])
                expect(sandbox.allows(operation, at), `${operation} ${at}`).toBe(false)
      }),
      { numRuns: 100 },
    )
  })

  test('the text pairs its brackets and names no path of it, nothing unescaped, and no string near a thousand bytes', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter(text => !/[\0/]/.test(text))
    const path = fc.array(name, { minLength: 1, maxLength: 8 }).map(names => `/odd/${names.join('/')}`)
    const kind = fc.constantFrom('read' as const, 'write' as const, 'hideDirectory' as const, 'hideFile' as const)
    fc.assert(
      fc.property(fc.array(fc.record({ kind, path }), { maxLength: 4 }), places => {
        const { text, parameters } = seatbeltProfile(places, gate)
        expect(() => sandboxOf(text, parameters)).not.toThrow()
        expect(text).not.toContain('/odd')
        expect(text).toMatch(/^[\x20-\x7e\n]*$/)
        for (const [, literal] of text.matchAll(/"([^"]*)"/g)) expect(literal!.length).toBeLessThan(100)
        const words = seatbeltArguments({ text, parameters }, ['/bin/echo', '-n'])
        for (const { path } of places) expect(words.some(word => /^P\d+=/.test(word) && word.endsWith(path))).toBe(true)
        expect(words.slice(-4)).toEqual(['-p', text, '/bin/echo', '-n'])
      }),
    )
  })

  test('the network is the one port of the gate, or nothing', () => {
    const networks = ['none', gate, { socket: null, port: 1 }] as const
    for (const network of networks) {
      const { text, parameters } = seatbeltProfile([], network)
      const sandbox = sandboxOf(text, parameters)
      const reached = ['localhost:49152', 'localhost:1', 'localhost:11434', '/private/var/run/mDNSResponder', '/x.sock']
      const allowed = reached.filter(target => sandbox.allows('network-outbound', target))
      expect(allowed).toEqual(network === 'none' ? [] : [`localhost:${network.port}`])
      expect(sandbox.allows('network-bind', 'localhost:49152')).toBe(false)
      expect(sandbox.allows('network-inbound', 'localhost:49152')).toBe(false)
    }
  })
})

test('nothing of the operator, no service that runs programs or holds secrets, and no second name of a file', () => {
  const { text, parameters } = seatbeltProfile([], 'none')
  const sandbox = sandboxOf(text, parameters)
  const closed = [
    '/Users/me/.ssh/id',
    '/System/Volumes/Data/Users/me/.ssh/id',
    '/private/tmp/x',
    '/dev/ttys001',
    '/etc/x',
  ]
  for (const path of closed) expect(sandbox.allows('file-read-data', path), path).toBe(false)
  for (const path of ['/usr/bin/true', '/dev/null']) expect(sandbox.allows('file-read-data', path), path).toBe(true)
  for (const path of ['/usr/bin/true', '/', '/private/etc/hosts'])
    expect(sandbox.allows('file-write-data', path), path).toBe(false)
  expect(sandbox.allows('file-link', '/usr/bin/true')).toBe(false)
  expect(sandbox.allows('job-creation', 'x')).toBe(false)
  expect(text).not.toMatch(/launchservices|lsopen|appleevent|securityd|SecurityServer|trustd|pasteboard|mDNSResponder/i)
})

describe('the back end', () => {
  const seat = join(dir, 'seat')
  mkdirSync(seat, { recursive: true })
  const policy = policyFor(seat, 'boxed', { readable: [], hidden: [], network: 'none' })
  /** Stands in for sandbox-exec: keeps its arguments and runs the command. */
  const stand = join(dir, 'sandbox-exec')
  writeFileSync(
    stand,
    `#!/bin/sh
while [ "$1" = -D ]; do echo "$2" >> ${dir}/parameters; shift 2; done
[ "$1" = -p ] || exit 64
shift 2
exec "$@"
`,
  )
  chmodSync(stand, 0o755)

  const started = async (script: string, words: string[] = [], program = stand) => {
    const prepared = await seatbeltBoxed(policy, commandIn(seat, '/bin/sh', ['-c', script, 'sh', ...words]), program)
    const child = spawn(prepared.file, prepared.args, {
      cwd: prepared.cwd,
      env: { PATH: '/usr/bin:/bin', ...prepared.env },
      stdio: ['ignore', 'pipe', 'inherit', ...Array.from({ length: prepared.pipes }, () => 'pipe' as const)],
      detached: true,
    })
    const contained = prepared.attach(child, child.pid!)
    let said = ''
    child.stdout!.on('data', data => (said += data))
    const ended = new Promise<{ exit: number | null; said: string }>(done =>
      child.on('close', exit => done({ exit, said })),
    )
    return { child, contained, ended }
  }

  test('hands sandbox-exec its parameters, and the command its words as they are, its limits and no descriptor', async () => {
    const words = ['two words', '', '$HOME', 'line\nbreak']
    const { contained, ended } = await started(
      'printf "%s|" "$@"; ulimit -n; ulimit -c; test -e /proc/$$/fd/3 && echo open; exit 3',
      words,
    )
    expect(await ended).toEqual({ exit: 3, said: `${words.join('|')}|256\n0\n` })
    expect(contained.hasRun()).toBe(true)
    expect(readFileSync(join(dir, 'parameters'), 'utf8')).toContain(`=${seat}\n`)
  })

  test('knows a sandbox that was not made from a command that failed', async () => {
    const refused = join(dir, 'refused')
    writeFileSync(refused, '#!/bin/sh\nexit 65\n')
    chmodSync(refused, 0o755)
    const { contained, ended } = await started('true', [], refused)
    expect(await ended).toEqual({ exit: 65, said: '' })
    expect(contained.hasRun()).toBe(false)
  })

  test('ends what the command has left behind, in a session of its own as well', async () => {
    const { contained, ended } = await started(
      `setsid sleep 61.${process.pid} >/dev/null 2>&1 & setsid sleep 61.${process.pid} >/dev/null 2>&1 & sleep 0.2; echo ${seat}`,
    )
    await ended
    expect(await contained.settle()).toEqual([])
    expect(processesNaming(`61.${process.pid}`)).toEqual([])
  })

  test('starts nothing where there is no sandbox-exec', async () => {
    const missing = join(dir, 'missing')
    await expect(started('true', [], missing)).rejects.toMatchObject({ code: 'no-wall', exit: 5 })
    expect(await probeSeatbelt(missing)).toMatchObject({ available: false, part: 'sandbox-exec' })
    expect(await probeSeatbelt(stand)).toMatchObject({ available: true, version: null })
  })
})

/** One part of the box taken away at a time, really: the probe names it with its cure, and a launch starts nothing. */
import { chmodSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BoxProbe } from '../../src/process/box-probe.ts'
import { run } from '../../src/process/run.ts'
import { packageRoot, policyFor, remove, scratchDir, shell } from './seat.ts'

let dir: string
let seat: string
beforeEach(() => {
  dir = realpathSync(scratchDir())
  seat = join(dir, 'seat')
  mkdirSync(seat)
})
afterEach(() => remove(dir))

const program = (name: string, script: string): string => {
  const file = join(dir, name)
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}
const old = `[ "$1" = --version ] && { echo bubblewrap 0.6.1; exit 0; }
echo "bwrap: Unknown option --disable-userns" >&2; exit 1`

/** What a process says that finds the machine as `words` leave it: the probe's answer, and how a launch ended. */
const without = async (words: string[], prelude: string): Promise<{ probe: BoxProbe; launched: unknown }> => {
  const policy = policyFor(seat, 'boxed', { network: { socket: join(dir, 'gate.sock'), port: 48_787 } })
  const script = `${prelude}
    const { probeBox } = await import('${packageRoot}/src/process/box-probe.ts')
    const { launch } = await import('${packageRoot}/src/process/launch.ts')
    const [policy, command] = JSON.parse(process.argv[1])
    const probe = await probeBox()
    const launched = await launch(policy, command).then(
      async ({ ended }) => ({ failedToStart: (await ended).failedToStart }),
      ({ code, exit, cure }) => ({ code, exit, cure }),
    )
    console.log(JSON.stringify({ probe, launched }))`
  const order = JSON.stringify([policy, shell(seat, 'touch started')])
  const node = [process.execPath, '--input-type=module', '-e', script, '--', order]
  const [file, ...args] = [...words, ...node]
  const options = { cwd: packageRoot, env: { PATH: '/usr/bin:/bin' }, timeoutMs: 60_000, encoding: 'utf8' as const }
  const { stdout, stderr } = await run(file!, args, options)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

const over = (path: string, by: string): string[] => ['bwrap', '--dev-bind', '/', '/', '--ro-bind', by, path, '--']

const refused = { code: 'no-wall', exit: 5, cure: expect.stringMatching(/\S/) }

test.each<[string, () => string[], string, string, RegExp, unknown]>([
  ['bubblewrap', () => over('/usr/bin/bwrap', '/dev/null'), '', 'bubblewrap', /install/i, refused],
  [
    'a bubblewrap that is new enough',
    () => over('/usr/bin/bwrap', program('bwrap', old)),
    '',
    'bubblewrap',
    /0\.8\.0 or newer/,
    { failedToStart: 'Unknown option --disable-userns' },
  ],
  ['socat', () => over('/usr/bin/socat', '/dev/null'), '', 'socat', /install/i, refused],
  [
    'a known architecture',
    () => [],
    'Object.defineProperty(process, "arch", { value: "riscv64" })',
    'system calls',
    /x64 or arm64/,
    refused,
  ],
  [
    'user namespaces',
    () => ['bwrap', '--unshare-user', '--disable-userns', '--cap-drop', 'ALL', '--dev-bind', '/', '/', '--'],
    '',
    'user namespaces',
    /./,
    { failedToStart: expect.stringMatching(/namespace/) },
  ],
  [
    'a whole /proc',
    () => [
      ...['bwrap', '--unshare-user', '--unshare-pid', '--bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
      ...['--ro-bind', '/dev/null', '/proc/timer_list', '--'],
    ],
    '',
    '/proc',
    /./,
    { failedToStart: expect.stringMatching(/proc|max_user_namespaces/) },
  ],
])('without %s nothing starts', async (_, words, prelude, part, cure, how) => {
  const { probe, launched } = await without(words(), prelude)
  expect(probe).toEqual({
    available: false,
    part,
    reason: expect.stringMatching(/\S/),
    cure: expect.stringMatching(cure),
  })
  expect(launched).toEqual(how)
  expect(existsSync(join(seat, 'started'))).toBe(false)
})

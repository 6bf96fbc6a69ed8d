/** `agentlab doctor --walls`: what it says of walls that stand, of one that was broken on purpose, and where none can be had. */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { startInBox } from '../../src/app/box-command.ts'
import { tryWalls } from '../../src/app/walls/try-walls.ts'
import { walls } from '../../src/cli/commands/walls.ts'
import { gate } from '../../src/lanes/walls/gate.ts'
import { run } from '../../src/process/run.ts'
import { callWith } from '../support/call.ts'
import { checkoutDigest } from '../support/checkout-digest.ts'
import { writeFiles } from '../support/git-repository.ts'
import { agentlab, fakeProgram, makeWorld, type World } from './world.ts'

vi.setConfig({ testTimeout: 600_000 })

interface Told {
  guarantees: { name: string; verdict: string; gotThrough: { what: string; lanes: string[] }[]; notTried: unknown[] }[]
}

/** A world whose temporary folder is its own. */
const tidyWorld = (): World & { tmp: string } => {
  const world = makeWorld()
  const tmp = join(world.scratch, 'tmp')
  mkdirSync(tmp)
  Object.assign(world.env, { TMPDIR: tmp })
  return { ...world, tmp }
}

const verdicts = ({ guarantees }: Told): Record<string, string> =>
  Object.fromEntries(guarantees.map(({ name, verdict }) => [name, verdict]))

test('all guarantees hold here, nothing is left behind and nothing of the operator touched, in a repository or not', async () => {
  const world = tidyWorld()
  const before = checkoutDigest(world.repository)
  const { exit, stdout, stderr } = await agentlab(world, ['doctor', '--walls', '--json'], { cwd: world.scratch })
  const told = JSON.parse(stdout) as Told
  expect(verdicts(told), stderr).toEqual(Object.fromEntries(told.guarantees.map(({ name }) => [name, 'holds'])))
  expect(told.guarantees.length).toBeGreaterThan(7)
  expect(exit).toBe(0)
  expect(readdirSync(world.tmp)).toEqual([])
  expect(readdirSync(world.env.HOME!)).toEqual([])
  expect(existsSync(join(world.scratch, 'state'))).toBe(false)
  expect(checkoutDigest(world.repository)).toBe(before)
})

test('a box that shares the network of the machine is said not to hold, with what it means and the cure', async () => {
  const world = tidyWorld()
  const { call } = callWith({ cwd: world.repository, env: world.env })
  const answer = await walls(call, options =>
    tryWalls({
      ...options,
      lanes: ['private'],
      parent: world.tmp,
      start: (host, scope, errand) => startInBox(host, scope, { ...errand, network: 'host' }),
    }),
  )
  expect(answer.exit).toBe(5)
  expect(verdicts(answer.json as Told)).toMatchObject({ network: 'does not hold', repository: 'holds' })
  expect(answer.text).toMatch(
    /does not hold {2}network: .*\n.*got through: a TCP connection to a server on this machine \(private\)\n/,
  )
  expect(answer.text).toMatch(/got through: bytes that reached a server/)
  expect(answer.text).toMatch(/A worker could send what it sees to anybody\.\n +→ /)
  // Without a network of its own the box has no gate: that it lets nothing through says nothing.
  expect(verdicts(answer.json as Told).gate).toBe("can't be tested here")
  expect(readdirSync(world.tmp)).toEqual([])
})

test('the gate is asked in the language of whichever provider a lane has, also where its list of models is empty', async () => {
  const world = tidyWorld()
  const lanes = [
    'personal: { providers: [google] }',
    'enterprise: { providers: [local], models: { local: ["none-*"] } }',
    'private: { models: { local: ["other"] } }',
  ]
  const local = '{ name: here, url: "http://127.0.0.1:9", models: ["qwen3:8b", other] }'
  writeFiles(world.env.HOME!, {
    '.config/agentlab/config.yaml': `lanes:\n  ${lanes.join('\n  ')}\nlocal: [${local}]\n`,
  })
  const { call } = callWith({ cwd: world.repository, env: world.env })
  const { json } = await walls(call, options => tryWalls({ ...options, parent: world.tmp, guarantees: [gate] }))
  expect((json as Told).guarantees[0]).toMatchObject({ name: 'gate', verdict: 'holds', gotThrough: [], notTried: [] })
})

const real = '/usr/bin/bwrap'

/** The words that put a program in the place of bubblewrap, or null where that can't be done. */
const inPlaceOfBubblewrap = async (world: World, script: string): Promise<string[] | null> => {
  copyFileSync(real, join(world.scratch, 'real-bwrap'))
  fakeProgram(world, 'bwrap', script)
  const words = [real, '--dev-bind', '/', '/', '--bind', join(world.scratch, 'bin', 'bwrap'), real, '--']
  const tried = await run(words[0]!, [...words.slice(1), 'true'], { cwd: '/', env: {}, timeoutMs: 10_000 })
  return tried.exitCode === 0 ? words : null
}

test('a bubblewrap that leaves out the filter of system calls is found out', async context => {
  const world = tidyWorld()
  const script = `exec bash -c 'args=(); while [ $# -gt 0 ]; do if [ "$1" = --seccomp ]; then shift 2; else args+=("$1"); shift; fi; done; exec ${world.scratch}/real-bwrap "\${args[@]}"' bwrap "$@"`
  const through = await inPlaceOfBubblewrap(world, script)
  if (through === null) return context.skip('needs a working bubblewrap to hide it')
  const { exit, stdout, stderr } = await agentlab(world, ['doctor', '--walls'], { through })
  expect(stdout, stderr).toMatch(/does not hold {2}kernel: /)
  expect(stdout).toMatch(/got through: .* \((?:personal|enterprise), (?:personal|enterprise), private\)/)
  expect(exit).toBe(5)
})

test('where no box can be built every guarantee says so, and nothing is claimed', async context => {
  const world = tidyWorld()
  const script =
    'case "$1" in --version) echo bubblewrap 0.8.0;; *) echo "bwrap: No permissions to create new namespace" >&2; exit 1;; esac'
  const through = await inPlaceOfBubblewrap(world, script)
  if (through === null) return context.skip('needs a working bubblewrap to hide it')
  const { exit, stdout, stderr } = await agentlab(world, ['doctor', '--walls'], { through })
  expect(stdout).toMatch(/^Nothing could be tried: user namespaces: /)
  expect(stdout.match(/can't be tested here/g)).toHaveLength(9)
  expect(stdout).not.toMatch(/\bholds\b/)
  expect(stderr).toMatch(/^→ /)
  expect(exit).toBe(5)
})

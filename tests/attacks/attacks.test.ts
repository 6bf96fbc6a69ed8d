/**
 * Every attack against the box of an agent (a gate) and of a check (no network), as root and as an ordinary user. Two
 * witnesses: the script's own exit code, and from outside the box decoys that count bytes and a digest of what is the
 * operator's. Without the box the same scripts succeed.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Network } from '../../src/domain/launch.ts'
import { boxPolicy } from '../../src/lanes/box.ts'
import { type Gateway, startGateway } from '../../src/lanes/gateway/gateway.ts'
import { run } from '../../src/process/run.ts'
import { type Attack, attacks, lawful } from './attacks.ts'
import { gatePort, launchEach, type Stage, setStage } from './stage.ts'

const limits = { wallMs: 60_000, outputBytes: 65_536, processes: 200, fileBytes: 1_048_576, openFiles: 256 }
const systemPath = '/usr/local/bin:/usr/bin:/bin'
const ordinary = 65_534
const users = process.getuid?.() === 0 ? [0, ordinary] : [process.getuid?.() ?? ordinary]

interface End {
  exitCode: number | null
  failedToStart: string | null
}

/** Runs scripts in boxes of `network`, two at a time, launched by a process of the stage's user. */
const inBoxes = async (stage: Stage, scripts: string[], network: Network): Promise<{ ends: End[]; said: string[] }> => {
  const policy = boxPolicy({
    containment: 'boxed',
    seatRoot: stage.seat,
    dataDir: stage.dataDir,
    home: stage.home,
    repoRoot: stage.repository,
    objectDirs: [join(stage.repository, '.git/objects')],
    toolPrefixes: [],
    extraReadable: [],
    network,
    limits,
  })
  const out = (index: number): string => join(stage.dir, 'data', 'seats', `${index}.out`)
  const orders = scripts.map((script, index) => [
    policy,
    {
      file: '/bin/bash',
      args: ['-c', script],
      cwd: stage.seat,
      env: stage.env,
      stdinPath: null,
      stdoutPath: out(index),
      stderrPath: out(index),
    },
  ])
  const list = join(stage.dir, 'orders.json')
  writeFileSync(list, JSON.stringify(orders))
  const [file, ...args] = [...stage.asUser, process.execPath, launchEach, list]
  // Not synchronously: the gate is served by this process.
  const ended = await run(file!, args, { cwd: '/', env: { PATH: systemPath }, timeoutMs: 150_000, encoding: 'utf8' })
  if (ended.exitCode !== 0) throw new Error(ended.stderr)
  const said = scripts.map((_, index) => readFileSync(out(index), 'utf8'))
  for (const [index] of scripts.entries()) spawnSync('rm', ['-f', out(index)])
  return { ends: JSON.parse(ended.stdout) as End[], said }
}

const openly = async (stage: Stage, script: string): Promise<number | null> => {
  const [file, ...args] = [...stage.asUser, '/bin/bash', '-c', script]
  return (await run(file!, args, { cwd: stage.seat, env: stage.env, timeoutMs: 60_000 })).exitCode
}

describe.each(users)('as user %i', uid => {
  let stage: Stage
  let gateway: Gateway
  let gate: Network

  beforeAll(async () => {
    stage = await setStage(uid)
    gateway = await startGateway({ allow: async () => ({ ok: true }), meter: () => {}, clock: Date.now })
    const token = gateway.issueToken({
      runId: 'k3m9q2x7',
      taskId: null,
      attempt: 1,
      role: 'worker',
      worker: 'claude',
      lane: 'private',
      provider: 'anthropic',
      upstream: 'http://127.0.0.1:9',
      credential: { kind: 'none', read: async () => '' },
    })
    const socket = join(stage.dir, 'own-gate.sock')
    await gateway.openGate(token, socket)
    spawnSync('chown', [`${uid}:${uid}`, socket])
    gate = { socket, port: gatePort }
  })
  afterAll(async () => {
    await gateway?.close()
    await stage?.close()
  })

  test.each(['gate', 'none'])('no attack succeeds in a box with network: %s', async kind => {
    const before = stage.digest()
    const { ends } = await inBoxes(
      stage,
      attacks.map(attack => attack.script),
      kind === 'gate' ? gate : 'none',
    )
    expect(ends.map(end => end.failedToStart)).toEqual(ends.map(() => null))
    expect(attacks.filter((_, index) => ends[index]!.exitCode === 0).map(attack => attack.name)).toEqual([])
    expect(stage.stolenBytes()).toBe(0)
    expect(stage.digest()).toBe(before)
    process.stdout.write(`attacks blocked as user ${uid}, network ${kind}: ${attacks.length}/${attacks.length}\n`)
  })

  test('what a worker may do still works there', async () => {
    const { ends, said } = await inBoxes(
      stage,
      lawful.map(one => one.script),
      gate,
    )
    const failed = lawful.flatMap(({ name }, index) => (ends[index]!.exitCode === 0 ? [] : [`${name}: ${said[index]}`]))
    expect(failed).toEqual([])
  })

  test('without the box the same attacks succeed', async () => {
    const tried = attacks.filter(attack => uid === 0 || attack.control === 'anybody')
    const vain: Attack[] = []
    for (const attack of tried) if ((await openly(stage, attack.script)) !== 0) vain.push(attack)
    expect(vain.filter(attack => attack.mayBeMissing === undefined).map(attack => attack.name)).toEqual([])
    for (const attack of vain) process.stdout.write(`no control for ${attack.name}: ${attack.mayBeMissing}\n`)
    expect(tried.length - vain.length).toBeGreaterThan(tried.length / 2)
    expect(stage.stolenBytes()).toBeGreaterThan(0)
  })
})

test('the attacks are distinct', () => {
  expect(new Set(attacks.map(attack => attack.script)).size).toBe(attacks.length)
  expect(new Set(attacks.map(attack => attack.name)).size).toBe(attacks.length)
})

/** Whatever way a launched process ends, nothing of it is alive afterwards. The witness is /proc. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Containment } from '../../src/domain/launch.ts'
import { descendantsAlive, sweepMarked } from '../../src/process/descendants.ts'
import { launch } from '../../src/process/launch.ts'
import { commandIn, output, policyFor, processesNaming, programs, remove, scratchDir, shell, until } from './seat.ts'

let seat: string
let token: string

beforeEach(() => {
  seat = scratchDir()
  token = `witness-${randomUUID()}`
})
afterEach(() => remove(seat))

const leaveBehind = (then: 'end' | 'stay') => commandIn(seat, join(programs, 'leave-behind.sh'), [token, then])
const everyKind = ['child', 'setsid', 'nohup', 'double-fork', 'holds-output']
const allRun = (names: string[]) => names.every(name => processesNaming(`${token}-${name}`).length > 0)

describe.each<Containment>(['boxed', 'unboxed'])('%s', containment => {
  test('leaves nothing alive when the command ends by itself', async () => {
    const launched = await launch(policyFor(seat, containment), leaveBehind('end'))
    const end = await launched.ended
    expect(processesNaming(token)).toEqual([])
    expect(end).toMatchObject({ exitCode: 0, signal: null, stopped: null, failedToStart: null, survivors: [] })
  })

  test('leaves nothing alive when it is stopped and ignores the signal', async () => {
    const launched = await launch(policyFor(seat, containment), leaveBehind('stay'))
    await until('all of them run', () => allRun([...everyKind, 'main']))
    await launched.stop('cancelled', { signal: 'SIGTERM', graceMs: 50 })
    expect(processesNaming(token)).toEqual([])
    expect(await launched.ended).toMatchObject({ exitCode: null, signal: 'SIGKILL', stopped: 'cancelled' })
  })

  test('leaves nothing alive when its wall time is over', async () => {
    const launched = await launch(policyFor(seat, containment, { limits: { wallMs: 700 } }), leaveBehind('stay'))
    expect(await launched.ended).toMatchObject({ stopped: 'timedOut' })
    expect(processesNaming(token)).toEqual([])
  })

  test('lets a command that heeds the signal end in its own way', async () => {
    const script = 'trap "echo said goodbye; exit 42" INT; echo ready; while :; do sleep 0.05; done'
    const launched = await launch(policyFor(seat, containment), shell(seat, script))
    await until('it is ready', () => output(seat).includes('ready'))
    await launched.stop('stalled', { signal: 'SIGINT', graceMs: 10_000 })
    expect(await launched.ended).toMatchObject({ exitCode: 42, signal: null, stopped: 'stalled' })
  })

  test('keeps the first reason, and a second stop may shorten the grace', async () => {
    const launched = await launch(policyFor(seat, containment), leaveBehind('stay'))
    await until('all of them run', () => allRun([...everyKind, 'main']))
    const patient = launched.stop('limit', { signal: 'SIGINT', graceMs: 60_000 })
    await launched.stop('cancelled', { signal: 'SIGINT', graceMs: 0 })
    await patient
    expect(await launched.ended).toMatchObject({ stopped: 'limit', signal: 'SIGKILL' })
  })

  test('does not count a stop after the end', async () => {
    const launched = await launch(policyFor(seat, containment), shell(seat, 'exit 5'))
    await launched.ended
    await launched.stop('cancelled', { signal: 'SIGTERM', graceMs: 0 })
    expect(await launched.ended).toMatchObject({ exitCode: 5, stopped: null })
  })

  test('ends one launch of a seat and spares another of the same seat', async () => {
    const other = shell(seat, `exec tail -f /dev/null ${token}-other`, {
      stdoutPath: join(seat, 'other.stdout'),
      stderrPath: join(seat, 'other.stderr'),
    })
    const spared = await launch(policyFor(seat, containment), other)
    await until('the other runs', () => allRun(['other']))
    await (await launch(policyFor(seat, containment), shell(seat, 'exit 0'))).ended
    expect(processesNaming(`${token}-other`)).not.toEqual([])
    await spared.stop('cancelled', { signal: 'SIGTERM', graceMs: 0 })
    expect(processesNaming(token)).toEqual([])
  })
})

const killedLauncher = async (containment: Containment): Promise<void> => {
  const given = JSON.stringify({
    policy: policyFor(seat, containment, { seat: join(seat, 'task-1') }),
    command: leaveBehind('stay'),
  })
  const launcher = spawn(process.execPath, [join(programs, 'launch-and-wait.ts'), given], { stdio: 'ignore' })
  const ended = new Promise(resolve => launcher.once('exit', resolve))
  await until('all of them run', () => allRun([...everyKind, 'main']))
  launcher.kill('SIGKILL')
  await ended
}

describe('after SIGKILL of the process that launched it', () => {
  test('a box is gone without anybody’s doing', async () => {
    await killedLauncher('boxed')
    await until('the box is gone', () => processesNaming(`${token}-`).length === 0)
    expect(await sweepMarked(seat)).toEqual({ killed: 0, remaining: [] })
  })

  test('what ran unboxed is found by its mark and ended by the next start, and nothing else is', async () => {
    await killedLauncher('unboxed')
    const bystander = spawn('/usr/bin/tail', ['-f', '/dev/null'], {
      env: { AGENTLAB_SEAT: `${seat}-another` },
      stdio: 'ignore',
    })
    expect((await descendantsAlive(seat)).length).toBeGreaterThanOrEqual(everyKind.length + 1)
    const { killed, remaining } = await sweepMarked(seat)
    expect(killed).toBeGreaterThan(everyKind.length)
    expect(remaining).toEqual([])
    expect(processesNaming(`${token}-`)).toEqual([])
    expect(bystander.exitCode).toBe(null)
    bystander.kill('SIGKILL')
  })
})

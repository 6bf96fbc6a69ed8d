/** Processes named beyond doubt, and whose they are. */
import { spawn } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { family } from '../../src/process/descendants.ts'
import { isAlive, processIdentity } from '../../src/process/identity.ts'
import { type ProcessRow, parsePsLine, parseStat } from '../../src/process/process-table.ts'

describe('processIdentity', () => {
  test('is the same each time and alive while the process runs', async () => {
    const child = spawn('/usr/bin/tail', ['-f', '/dev/null'])
    const ended = new Promise(resolve => child.once('exit', resolve))
    const identity = await processIdentity(child.pid!)
    expect(identity).toEqual({
      pid: child.pid,
      startTicks: expect.stringMatching(/^\d+$/),
      bootId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(await processIdentity(child.pid!)).toEqual(identity)
    expect(await isAlive(identity!)).toBe(true)
    child.kill('SIGKILL')
    await ended
    expect(await isAlive(identity!)).toBe(false)
    expect(await processIdentity(child.pid!)).toBe(null)
  })

  test('is another one for another start or another boot', async () => {
    const own = (await processIdentity(process.pid))!
    expect(await isAlive({ ...own, startTicks: '1' })).toBe(false)
    expect(await isAlive({ ...own, bootId: 'another' })).toBe(false)
  })
})

test('a program’s name with spaces and brackets does not shift what is read', () => {
  const stat = '77 (a) b (c) S 12 70 60 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2'
  expect(parseStat(77, stat)).toEqual({
    pid: 77,
    parent: 12,
    group: 70,
    session: 60,
    isDead: false,
    startTicks: '987654',
  })
})

test('a line of ps is read with its environment', () => {
  const line =
    '  501   1   501 Ss   Sat Nov 21 03:07:01 2026     /bin/sleep 60 AGENTLAB_SEAT=/Users/u/.agentlab/x/seats/1 PATH=/bin'
  expect(parsePsLine(line)).toEqual({
    row: { pid: 501, parent: 1, group: 501, session: 501, isDead: false, startTicks: 'Sat Nov 21 03:07:01 2026' },
    words: ['/bin/sleep', '60', 'AGENTLAB_SEAT=/Users/u/.agentlab/x/seats/1', 'PATH=/bin'],
  })
  expect(parsePsLine('')).toBe(null)
})

describe('family', () => {
  const row = (pid: number, parent: number, isDead = false): ProcessRow => ({
    pid,
    parent,
    group: pid,
    session: pid,
    isDead,
    startTicks: '1',
  })

  test('is the seeds and all that descends from them', () => {
    const table = [row(1, 0), row(10, 1), row(11, 10), row(12, 11), row(20, 1)]
    expect(family(table, new Set([10])).map(({ pid }) => pid)).toEqual([10, 11, 12])
  })

  test('never holds this process, its ancestors, or the dead', () => {
    const table = [row(1, 0), row(10, 1), row(process.pid, 10), row(11, 10, true), row(12, 11)]
    expect(family(table, new Set([1, 10, process.pid, 11])).map(({ pid }) => pid)).toEqual([12])
  })

  test('comes to an end where pids were reused in a circle', () => {
    expect(family([row(5, 6), row(6, 5)], new Set([7]))).toEqual([])
  })
})

/** What no kernel limit holds is watched: whoever outgrows it is ended, for a reason of its own. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Containment, WatchedBounds } from '../../src/domain/launch.ts'
import { diskUsage } from '../../src/process/disk-usage.ts'
import { launch } from '../../src/process/launch.ts'
import { memoryIn } from '../../src/process/memory-usage.ts'
import { commandIn, output, policyFor, remove, scratchDir, shell } from './seat.ts'

const megabyte = 1024 ** 2
const wide: WatchedBounds = {
  diskBytes: 2 ** 40,
  files: 1e9,
  memoryBytes: 2 ** 40,
  processes: 1_000,
  freeBytes: 0,
}

let seat: string
beforeEach(() => {
  seat = scratchDir()
})
afterEach(() => remove(seat))

/** How `script` ends under these bounds; by itself only after minutes. */
const endUnder = async (containment: Containment, bounds: Partial<WatchedBounds>, script: string) => {
  const policy = policyFor(seat, containment, { limits: { wallMs: 150_000, watched: { ...wide, ...bounds } } })
  const launched = await launch(policy, shell(seat, script))
  return (await launched.ended).stopped
}

// Each stops growing well past its bound: a watch that does not work fails a test, and harms no machine.
const fills = 'i=0; while [ $i -lt 60 ]; do head -c 4194304 /dev/zero >f$i; i=$((i+1)); sleep 0.02; done; sleep 200'
const growsInMemory =
  'head -c 300000000 /dev/zero | { exec python3 -c "import sys, time; x = sys.stdin.buffer.read(); time.sleep(200)"; }'
const hidesWhatItFills = `mkdir -p shut/d; cd shut/d; chmod 000 ../../shut; ${fills}`
const keepsItNameless = `exec 3>gone; rm gone; i=0; while [ $i -lt 30 ]; do head -c 2097152 /dev/zero >&3; i=$((i+1)); sleep 0.02; done; sleep 200`
const makesFiles = 'i=0; while [ $i -lt 900 ]; do : >f$i; i=$((i+1)); done; sleep 200'
const forks = 'i=0; while [ $i -lt 60 ]; do sleep 200 & i=$((i+1)); done; wait'

type Outgrowing = [
  containment: Containment,
  what: string,
  reason: string,
  bounds: Partial<WatchedBounds>,
  script: string,
]

// Without a box only the way in which processes are found is another.
const outgrowing: Outgrowing[] = [
  ['boxed', 'fills its seat', 'disk', { diskBytes: 40 * megabyte }, fills],
  ['boxed', 'fills a file that has no name', 'disk', { diskBytes: 40 * megabyte }, keepsItNameless],
  ['boxed', 'makes files without end', 'disk', { files: 400 }, makesFiles],
  ['boxed', 'takes memory', 'memory', { memoryBytes: 120 * megabyte }, growsInMemory],
  ['boxed', 'forks', 'processes', { processes: 30 }, forks],
  ['unboxed', 'takes memory', 'memory', { memoryBytes: 120 * megabyte }, growsInMemory],
  ['unboxed', 'forks', 'processes', { processes: 30 }, forks],
]

test.each(outgrowing)(
  '%s, a command that %s is ended because of %s',
  async (containment, _, reason, bounds, script) => {
    expect(await endUnder(containment, bounds, script)).toBe(reason)
  },
)

test('what runs is ended before the disk of the machine is full', async () => {
  const { bavail, bsize } = await statfs(seat)
  expect(await endUnder('boxed', { freeBytes: bavail * bsize * 2 }, 'sleep 200')).toBe('noSpace')
})

test('a command that stays within its bounds is left alone', async () => {
  const bounds = { diskBytes: 200 * megabyte, memoryBytes: 200 * megabyte, processes: 30 }
  expect(await endUnder('boxed', bounds, 'head -c 4194304 /dev/zero >f; sleep 2.5; echo done')).toBe(null)
  expect(output(seat)).toBe('done\n')
})

test('what lies in a folder that is closed to us is taken from what the disk has lost', async context => {
  if (process.getuid?.() === 0) return context.skip('no folder is closed to root, so du sees what lies in it')
  expect(await endUnder('boxed', { diskBytes: 40 * megabyte }, hidesWhatItFills)).toBe('disk')
})

const buries = `
import os
for _ in range(30):
    os.mkdir('n' * 200)
    os.chdir('n' * 200)
open('f', 'wb').write(b'x' * 9000000)
os.link('f', 'g')
`

test('counts what lies deeper than a path can be long, and a file of two names once', async () => {
  const python = commandIn(seat, '/usr/bin/python3', ['-c', buries])
  const launched = await launch(policyFor(seat, 'boxed'), python)
  expect((await launched.ended).exitCode).toBe(0)
  const { bytes, isPartial } = await diskUsage([seat])
  expect({ isPartial, isOnce: bytes > 9_000_000 && bytes < 12_000_000 }).toEqual({ isPartial: false, isOnce: true })
  spawnSync('rm', ['-rf', join(seat, 'n'.repeat(200))])
})

test('a folder that is gone counts nothing', async () => {
  mkdirSync(join(seat, 'there'))
  writeFileSync(join(seat, 'there', 'file'), 'x'.repeat(100_000))
  const { bytes } = await diskUsage([join(seat, 'there'), join(seat, 'gone')])
  expect(bytes).toBeGreaterThan(99_000)
})

test('reads private, shared and swapped memory, and not what a file backs', () => {
  const status =
    'Name:\tx\nVmRSS:\t  900 kB\nRssAnon:\t     100 kB\nRssFile:\t 700 kB\nRssShmem:\t 20 kB\nVmSwap:\t3 kB\n'
  expect(memoryIn(status)).toBe(123 * 1024)
  expect(memoryIn('Name:\tkthread\n')).toBe(0)
})

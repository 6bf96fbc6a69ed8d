/** A launched command on the streams of the process that launches it: bytes, kinds of streams, and Ctrl-C. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { policyFor, programs, remove, scratchDir } from './seat.ts'

let dir: string
let seat: string
beforeEach(() => {
  dir = scratchDir()
  seat = join(dir, 'seat')
  mkdirSync(seat)
})
afterEach(() => remove(dir))

const start = (file: string, args: string[], stdio: ('pipe' | number)[] = ['pipe', 'pipe', 'pipe']) => {
  const command = { file, args, cwd: seat, env: { PATH: '/usr/bin:/bin' }, streams: 'own' }
  const words = [join(programs, 'launch-here.ts'), JSON.stringify([policyFor(seat, 'boxed'), command])]
  const child = spawn(process.execPath, words, { stdio })
  const said = { stdout: [] as Buffer[], stderr: '' }
  child.stdout?.on('data', data => said.stdout.push(data))
  child.stderr?.on('data', data => (said.stderr += data))
  const ended = new Promise<{ exit: number | null; stdout: Buffer; stderr: string }>(resolve =>
    child.on('close', exit => resolve({ exit, stdout: Buffer.concat(said.stdout), stderr: said.stderr })),
  )
  return { child, ended, said }
}

test('every byte passes, both ways, and the exit code comes back', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 256))
  const { child, ended } = start('/bin/sh', ['-c', 'cat; echo talk >&2; exit 7'])
  child.stdin!.end(bytes)
  const { exit, stdout, stderr } = await ended
  expect({ exit, stderr }).toEqual({ exit: 7, stderr: 'talk\n' })
  expect(stdout.equals(bytes)).toBe(true)
})

test('files are its streams themselves, and are not cut at the bound of output', async () => {
  const [input, output] = [join(dir, 'in'), join(dir, 'out')]
  writeFileSync(input, 'x'.repeat(3 * 1024 * 1024))
  const [from, to] = [openSync(input, 'r'), openSync(output, 'w')]
  const { ended } = start('/bin/cat', [], [from, to, 'pipe'])
  expect(await ended).toMatchObject({ exit: 0, stderr: '' })
  for (const fd of [from, to]) closeSync(fd)
  expect(readFileSync(output).length).toBe(3 * 1024 * 1024)
})

test('a folder as a stream would be a door out of the box: nothing starts', async () => {
  const folder = openSync(dir, 'r')
  const { ended } = start('/bin/sh', ['-c', 'ls /proc/self/fd/0/'], [folder, 'pipe', 'pipe'])
  const { exit, stdout, stderr } = await ended
  closeSync(folder)
  expect(stderr).toMatch(/failed on standard input: it is a folder/)
  expect({ exit, stdout: stdout.toString() }).toEqual({ exit: 1, stdout: '' })
})

describe('Ctrl-C', () => {
  test('reaches the command and what it waits for', async () => {
    // bash goes on after a child that did not die of the signal. The child says that it is there.
    const { child, ended, said } = start('/bin/bash', ['-c', 'bash -c "echo ready; exec sleep 60"; echo went on'])
    await new Promise(done => child.stdout!.once('data', done))
    child.kill('SIGINT')
    const { exit } = await ended
    expect({ exit, said: Buffer.concat(said.stdout).toString() }).toEqual({ exit: 130, said: 'ready\n' })
  })

  test('is the command’s to answer', async () => {
    const script = 'trap "echo no; exit 3" INT; echo ready; while :; do sleep 0.05; done'
    const { child, ended } = start('/bin/bash', ['-c', script])
    await new Promise(done => child.stdout!.once('data', done))
    child.kill('SIGINT')
    const { exit, stdout } = await ended
    expect({ exit, stdout: stdout.toString() }).toEqual({ exit: 3, stdout: 'ready\nno\n' })
  })
})

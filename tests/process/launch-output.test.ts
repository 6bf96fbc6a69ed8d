/** Standard files of a launched process: appended, bounded, and never opened through what a seat may have planted. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { launch } from '../../src/process/launch.ts'
import { output, policyFor, remove, scratchDir, shell, until } from './seat.ts'

let seat: string
beforeEach(() => {
  seat = scratchDir()
})
afterEach(() => remove(seat))

describe('output', () => {
  test('is appended to what the file held', async () => {
    writeFileSync(join(seat, 'stdout'), 'before\n')
    await (await launch(policyFor(seat, 'boxed'), shell(seat, 'echo after; echo err >&2'))).ended
    expect(output(seat)).toBe('before\nafter\n')
    expect(readFileSync(join(seat, 'stderr'), 'utf8')).toBe('err\n')
  })

  test('is readable for its owner alone', async () => {
    await (await launch(policyFor(seat, 'boxed'), shell(seat, 'true'))).ended
    expect(statSync(join(seat, 'stdout')).mode & 0o777).toBe(0o600)
  })

  test('past the bound is emptied in place while the process goes on, and the loss is counted', async () => {
    const policy = policyFor(seat, 'boxed', { limits: { outputBytes: 100_000 } })
    const script = 'head -c 300000 /dev/zero; while [ ! -e go ]; do sleep 0.05; done; echo last'
    const launched = await launch(policy, shell(seat, script))
    await until('the output was emptied', () => launched.droppedBytes() > 0)
    expect(statSync(join(seat, 'stdout')).size).toBe(0)
    writeFileSync(join(seat, 'go'), '')
    const end = await launched.ended
    expect(end.dropped).toEqual({ stdout: 300_000, stderr: 0 })
    expect([launched.droppedBytes(), launched.droppedBytes('stdout'), launched.droppedBytes('stderr')]).toEqual([
      300_000, 300_000, 0,
    ])
    expect(output(seat)).toBe('last\n')
  })
})

describe('a planted file', () => {
  const refused = async (): Promise<void> => {
    await expect(launch(policyFor(seat, 'boxed'), shell(seat, 'echo overwritten'))).rejects.toMatchObject({
      code: 'launch-file',
    })
  }

  test('a link in place of standard output is refused and its target untouched', async () => {
    writeFileSync(join(seat, 'precious'), 'precious')
    symlinkSync(join(seat, 'precious'), join(seat, 'stdout'))
    await refused()
    expect(readFileSync(join(seat, 'precious'), 'utf8')).toBe('precious')
  })

  test('a link in place of its directory is refused', async () => {
    mkdirSync(join(seat, 'elsewhere'))
    symlinkSync(join(seat, 'elsewhere'), join(seat, 'out'))
    const command = shell(seat, 'true', { stdoutPath: join(seat, 'out/stdout') })
    await expect(launch(policyFor(seat, 'boxed'), command)).rejects.toMatchObject({ code: 'launch-file' })
    expect(existsSync(join(seat, 'elsewhere/stdout'))).toBe(false)
  })

  test('a pipe in place of standard error is refused instead of waited on', async () => {
    execFileSync('mkfifo', [join(seat, 'stderr')])
    await refused()
  })

  test('a link in place of standard input is refused', async () => {
    symlinkSync('/etc/passwd', join(seat, 'prompt'))
    const command = shell(seat, 'cat', { stdinPath: join(seat, 'prompt') })
    await expect(launch(policyFor(seat, 'boxed'), command)).rejects.toMatchObject({ code: 'launch-file' })
  })
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from '../../src/process/run.ts'
import { remove, scratchDir } from './seat.ts'

const dir = scratchDir()
afterAll(() => remove(dir))

const options = { cwd: dir, env: { PATH: '/usr/bin:/bin' }, timeoutMs: 10_000 }
const shell = (script: string, changes = {}) => run('sh', ['-c', script], { ...options, ...changes })

describe('run', () => {
  test('gives exit code and both outputs as values', async () => {
    const result = await shell('echo out; echo err >&2; exit 3')
    expect(result).toMatchObject({ exitCode: 3, signal: null, timedOut: false, overflowed: false, failedToStart: null })
    expect(result.stdout.toString()).toBe('out\n')
    expect(result.stderr).toBe('err\n')
  })

  test('passes bytes through unchanged in both directions', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 256))
    const { stdout } = await run('cat', [], { ...options, input: bytes })
    expect(stdout.equals(bytes)).toBe(true)
  })

  test('gives text when asked, its last newline included', async () => {
    const result = await run('printf', ['é\\n'], { ...options, encoding: 'utf8' })
    expect(result.stdout).toBe('é\n')
  })

  test('hands over the given environment and nothing else', async () => {
    process.env.AGENTLAB_RUN_TEST = 'inherited'
    const { stdout } = await run('env', [], { ...options, env: { PATH: '/usr/bin:/bin', ONLY: '1' } })
    delete process.env.AGENTLAB_RUN_TEST
    expect(stdout.toString().split('\n').filter(Boolean).toSorted()).toEqual(['ONLY=1', 'PATH=/usr/bin:/bin'])
  })

  test('never gives an argument to a shell', async () => {
    const { stdout } = await run('echo', ['$(id)', '`id`', '; id'], options)
    expect(stdout.toString()).toBe('$(id) `id` ; id\n')
  })

  test('gives empty standard input where none was given', async () => {
    expect((await run('cat', [], options)).exitCode).toBe(0)
  })

  test('is not disturbed by a command that does not read its input', async () => {
    expect((await run('true', [], { ...options, input: 'x'.repeat(1_000_000) })).exitCode).toBe(0)
  })

  test('reads from a file and writes to a file', async () => {
    const [stdinPath, stdoutPath] = [join(dir, 'in'), join(dir, 'out')]
    writeFileSync(stdinPath, 'from a file')
    writeFileSync(stdoutPath, 'something longer that was there before')
    const { exitCode, stdout } = await run('cat', [], { ...options, stdinPath, stdoutPath })
    expect([exitCode, stdout.length, readFileSync(stdoutPath, 'utf8')]).toEqual([0, 0, 'from a file'])
  })

  test('ends a command that takes too long', async () => {
    const result = await shell('exec sleep 60', { timeoutMs: 100 })
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGTERM', timedOut: true })
  })

  test('ends a command that says too much and keeps what fits', async () => {
    const result = await run('cat', ['/dev/zero'], { ...options, maxOutputBytes: 5_000 })
    expect(result).toMatchObject({ exitCode: null, overflowed: true, timedOut: false })
    expect(result.stdout.length).toBe(5_000)
  })

  test('names the signal a command died of', async () => {
    expect(await shell('kill -9 $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL', failedToStart: null })
  })

  test.each([
    ['the program', 'no-such-program', options, 'no-such-program ENOENT'],
    ['the working directory', 'true', { ...options, cwd: '/no/such/dir' }, '/no/such/dir'],
    ['the file for standard input', 'cat', { ...options, stdinPath: '/no/such/file' }, '/no/such/file'],
  ])('says so when %s does not exist', async (_, file, given, said) => {
    const result = await run(file, [], given)
    expect(result.exitCode).toBe(null)
    expect(result.failedToStart).toContain(said)
  })
})

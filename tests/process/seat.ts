/** A scratch seat to launch in, and a look into /proc that knows nothing of how AgentLab finds processes. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Containment, LaunchCommand, LaunchLimits, LaunchPolicy } from '../../src/domain/launch.ts'

export const packageRoot = resolve(import.meta.dirname, '../..')
export const programs = join(packageRoot, 'tests/fixtures/programs')

export const scratchDir = (): string => {
  const scratch = join(packageRoot, '.scratch')
  mkdirSync(scratch, { recursive: true })
  return mkdtempSync(join(scratch, 'process-'))
}

export const remove = (dir: string): void => rmSync(dir, { recursive: true, force: true })

const limits: LaunchLimits = {
  wallMs: 60_000,
  outputBytes: 1024 * 1024,
  processes: 200,
  fileBytes: 64 * 1024 * 1024,
  openFiles: 256,
}

export const policyFor = (
  seat: string,
  containment: Containment,
  changes: Partial<Omit<LaunchPolicy, 'limits'>> & { limits?: Partial<LaunchLimits> } = {},
): LaunchPolicy => ({
  containment,
  seat,
  // The fixture programs are what these tests run.
  readable: [programs],
  writable: [seat],
  hidden: [homedir()],
  userNamespaces: false,
  network: 'host',
  ...changes,
  limits: { ...limits, ...changes.limits },
})

export const commandIn = (
  seat: string,
  file: string,
  args: string[],
  changes: Partial<LaunchCommand> = {},
): LaunchCommand => ({
  file,
  args,
  cwd: seat,
  env: { PATH: '/usr/bin:/bin' },
  stdinPath: null,
  stdoutPath: join(seat, 'stdout'),
  stderrPath: join(seat, 'stderr'),
  ...changes,
})

export const shell = (seat: string, script: string, changes: Partial<LaunchCommand> = {}): LaunchCommand =>
  commandIn(seat, '/bin/sh', ['-c', script], changes)

export const output = (seat: string): string => readFileSync(join(seat, 'stdout'), 'utf8')

/** Pids of living processes with `token` in one of their arguments. */
export const processesNaming = (token: string): number[] =>
  readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap(name => {
      try {
        const isDead = /\) [ZX] /.test(readFileSync(`/proc/${name}/stat`, 'latin1'))
        return !isDead && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(token) ? [Number(name)] : []
      } catch {
        return []
      }
    })

/** Waits until `holds`, for at most ten seconds. */
export const until = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 10_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`gave up waiting until ${what}`)
    await delay(10)
  }
}

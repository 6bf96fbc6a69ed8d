/** The command line in a world of its own: a repository, a HOME and a state folder, and nothing of this machine's. */
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import { dataDirOf } from '../../src/config/data-dir.ts'
import { compiled } from '../support/compiled.ts'
import { makeRepository, makeScratch, removeScratch } from '../support/git-repository.ts'

export const main = resolve('src/cli/main.ts')
const agentPrograms = resolve('node_modules/.bin')
const scratches: string[] = []
afterAll(() => scratches.forEach(removeScratch))

export interface World {
  scratch: string
  repository: string
  /** The whole environment of the processes. */
  env: Record<string, string>
  uid?: number
}

/** The agents' programs are on PATH, without a login. Goes away with the test file. */
export const makeWorld = (): World => {
  const scratch = makeScratch('world')
  scratches.push(scratch)
  const home = join(scratch, 'home')
  mkdirSync(home)
  const repository = makeRepository(scratch)
  const env = {
    PATH: `${agentPrograms}:/usr/bin:/bin`,
    HOME: home,
    XDG_STATE_HOME: join(scratch, 'state'),
    LC_ALL: 'C.UTF-8',
    ...compiled,
  }
  return { scratch, repository, env }
}

/** Where its runs are kept; makes nothing. */
export const dataDirIn = ({ repository, env }: World): string =>
  dataDirOf({ commonGitDir: join(repository, '.git'), env })

export interface Outcome {
  exit: number | null
  stdout: string
  stderr: string
}

/** Runs one command line to its end. */
export const agentlab = (
  world: World,
  args: string[],
  options: { cwd?: string; input?: string | Buffer; through?: string[] } = {},
): Promise<Outcome> =>
  new Promise((done, fail) => {
    const [file, ...words] = [...(options.through ?? []), process.execPath, main, ...args]
    const child = spawn(file!, words, {
      cwd: options.cwd ?? world.repository,
      env: world.env,
      ...(world.uid === undefined ? {} : { uid: world.uid, gid: world.uid }),
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', data => (stdout += data))
    child.stderr.on('data', data => (stderr += data))
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
    child.on('error', fail)
    child.on('close', exit => done({ exit, stdout, stderr }))
  })

/** Puts a program of ours first on PATH. */
export const fakeProgram = (world: World, name: string, script: string): void => {
  const bin = join(world.scratch, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, name), 0o755)
  world.env.PATH = `${bin}:${world.env.PATH}`
}

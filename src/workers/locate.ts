/** Finds an agent CLI on this machine: the program behind its launchers, its version, and what it needs to stay readable. */
import { access, constants, open, readFile, realpath, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { AgentLabError } from '../domain/errors.ts'
import type { WorkerName } from '../domain/lane.ts'
import { makeOwnedTemp } from '../process/owned-temp.ts'
import { findProgram, toolNeeds } from '../process/programs.ts'
import { run } from '../process/run.ts'
import { mayOpen } from '../process/tool-layouts.ts'
import { ownProgram } from './own-program.ts'
import type { Installation } from './worker.ts'

export interface LocateInput {
  worker: WorkerName
  /** Name of the program, searched on `pathEnv` when there is no override. */
  program: string
  pathEnv: string
  /** The operator's own choice: an absolute path. */
  override?: string | null
  /** The node that runs CLIs which are scripts. */
  nodePath: string
  /** The operator's home: never opened as a whole. */
  home: string
  /** Runs the program once to see that it does; otherwise its package's version is believed, where it has one. */
  isTrial: boolean
}

const isExecutable = async (path: string): Promise<boolean> => {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const firstLine = async (path: string): Promise<string> => {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(200), 0, 200, 0)
    return buffer.subarray(0, bytesRead).toString('latin1').split('\n', 1)[0] ?? ''
  } finally {
    await handle.close()
  }
}

const triples: Record<string, string> = {
  'linux-x64': 'x86_64-unknown-linux-musl',
  'linux-arm64': 'aarch64-unknown-linux-musl',
  'darwin-x64': 'x86_64-apple-darwin',
  'darwin-arm64': 'aarch64-apple-darwin',
}

/** The native codex behind its node launcher: one process less, and a SIGKILL that reaches it. */
const nativeCodex = async (launcher: string): Promise<string | null> => {
  const target = `${process.platform}-${process.arch}`
  const vendored = join('vendor', triples[target] ?? '', 'bin', 'codex')
  const packages = [dirname(dirname(launcher))]
  try {
    packages.unshift(dirname(createRequire(launcher).resolve(`@openai/codex-${target}/package.json`)))
  } catch {
    // An older layout keeps the binary in the launcher's own package.
  }
  for (const directory of packages) {
    const candidate = join(directory, vendored)
    if (await isExecutable(candidate)) return candidate
  }
  return null
}

/** The package a script belongs to: its own directory when no package.json is near. */
const packageOf = async (script: string): Promise<string> => {
  for (const directory of [dirname(script), dirname(dirname(script))]) {
    const isPackage = await access(join(directory, 'package.json')).then(
      () => true,
      () => false,
    )
    if (isPackage) return directory
  }
  return dirname(script)
}

/** Names of the packages that ship a worker's program. */
const shippedBy: Record<WorkerName, string> = {
  claude: '@anthropic-ai/claude-code',
  codex: '@openai/codex',
  gemini: '@google/gemini-cli',
  local: 'agentlab',
}

const Manifest = z.object({ name: z.string(), version: z.string().regex(/^\d+\.\d+\.\d+[\w.-]*$/) })

/** The version in the package a program was installed with, or null: asking the program itself takes up to seconds. */
const packagedVersion = async (worker: WorkerName, program: string): Promise<string | null> => {
  for (const directory of [dirname(program), dirname(dirname(program))]) {
    const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => null)
    if (text === null) continue
    try {
      const { name, version } = Manifest.parse(JSON.parse(text))
      return name === shippedBy[worker] ? version : null
    } catch {
      return null
    }
  }
  return null
}

/** Asked in a home of its own, which goes again: a CLI writes to its home even to say its version. */
const saidVersion = async (file: string, args: string[]): Promise<string | undefined> => {
  const home = await makeOwnedTemp('version')
  try {
    const env = { PATH: '/usr/bin:/bin', HOME: home }
    const said = await run(file, [...args, '--version'], { cwd: home, env, timeoutMs: 60_000, encoding: 'utf8' })
    return said.exitCode === 0 ? /\d+\.\d+\.\d+[\w.-]*/.exec(said.stdout)?.[0] : undefined
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/**
 * The installation of a worker's CLI, or null when it is not on PATH.
 * Throws `agent-cli-broken` when the program is there but can't run, or neither its package nor it says a version.
 */
export const findInstallation = async (input: LocateInput): Promise<Installation | null> => {
  const { worker, program, nodePath, home } = input
  if (worker === 'local' && !input.override) return ownProgram(nodePath)
  const found = input.override ?? (await findProgram(program, input.pathEnv))
  if (found === null) return null
  const broken = (why: string): AgentLabError =>
    new AgentLabError(`AgentLab failed on ${found}: ${why}`, {
      code: 'agent-cli-broken',
      cure: `Try ${found} --version yourself; then reinstall it, or name another program in your configuration.`,
    })
  if (!(await isExecutable(found))) throw broken('it is not an executable file')
  const real = await realpath(found)
  const isScript = /^#!.*\bnode\b/.test(await firstLine(real))
  const native = isScript && worker === 'codex' ? await nativeCodex(real) : null
  const direct = { file: native ?? real, prefixArgs: [] }
  const { file, prefixArgs } = isScript && native === null ? { file: nodePath, prefixArgs: [real] } : direct
  const packaged = input.isTrial ? null : await packagedVersion(worker, real)
  const version = packaged ?? (await saidVersion(file, prefixArgs))
  if (version === undefined) throw broken('it did not say its version')
  // The native codex calls on what lies beside its bin/; a script on the rest of its package.
  const needed = isScript ? (native === null ? await packageOf(real) : dirname(dirname(native))) : dirname(real)
  const interpreter = file === nodePath ? await toolNeeds(nodePath, { home, env: { PATH: input.pathEnv } }) : null
  const prefixes = [needed, ...(interpreter?.prefixes ?? [])]
  return { file, prefixArgs, version, prefixes: prefixes.filter(path => mayOpen(path, home)) }
}

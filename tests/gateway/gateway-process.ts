/** `agentlab gateway` as a process of its own, with a home, a configuration and an environment of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { compiled } from '../support/compiled.ts'
import { makeScratch, removeScratch, writeFiles } from '../support/git-repository.ts'

const main = resolve('src/cli/main.ts')

export interface World {
  home: string
  env: Record<string, string>
  remove(): void
}

/** `env` is all the environment there is, beside HOME and PATH. */
export const makeWorld = (config: string, env: Record<string, string> = {}): World => {
  const home = makeScratch('gateway')
  mkdirSync(home, { recursive: true })
  writeFiles(home, { '.config/agentlab/config.yaml': config })
  return {
    home,
    env: { HOME: home, PATH: process.env.PATH ?? '', ...compiled, ...env },
    remove: () => removeScratch(home),
  }
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

export const spawnGateway = ({ home, env }: World, args: string[]): ChildProcess =>
  spawn(process.execPath, [main, 'gateway', ...args], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] })

/** Runs it to its end. */
export const runGateway = async (world: World, args: string[]): Promise<Ended> => {
  const child = spawnGateway(world, args)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name]!.on('data', part => (said[name] += part))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

export interface Running {
  openai: string
  anthropic: string
  tokenPath: string
  models: string[]
  token(): string
  child: ChildProcess
  /** Ends it by a signal and waits; its exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Comes back when it listens. */
export const startGatewayProcess = async (world: World, args: string[] = ['--port', '0']): Promise<Running> => {
  const child = spawnGateway(world, ['--json', ...args])
  let said = ''
  let talk = ''
  child.stderr!.on('data', part => (talk += part))
  const ready = Promise.withResolvers<string>()
  child.stdout!.on('data', part => {
    said += part
    if (said.includes('\n')) ready.resolve(said)
  })
  child.once('close', code => ready.reject(new Error(`the gateway ended with ${code}: ${said}${talk}`)))
  const line = JSON.parse(await ready.promise) as Omit<Running, 'token' | 'child' | 'end'>
  const closed = once(child, 'close')
  return {
    ...line,
    child,
    token: () => readFileSync(line.tokenPath, 'utf8').trim(),
    end: async signal => {
      child.kill(signal)
      const [code] = (await closed) as [number | null]
      return code
    },
  }
}

export const requestsDb = (world: World): string => join(world.home, '.local/state/agentlab/gateway/requests.db')

/** The operator's toolchain inside the box: which tools a run needs, what must be readable for them, and their PATH. */
import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, isAbsolute } from 'node:path'
import type { EffectiveConfig } from '../config/effective.ts'
import type { Containment } from '../domain/launch.ts'
import { findGit } from '../git/exec.ts'
import { calledProgram, findProgram, isOfSystem, type ToolPlace, toolNeeds } from '../process/programs.ts'
import { type ToolFolder, toolFolder } from './tool-folder.ts'

/** One program a run starts or that its own programs start. */
export interface Tool {
  word: string
  /** Absolute path, or null where there is no such program. */
  file: string | null
  /** What must be readable for it, beside the system's own. */
  prefixes: string[]
}

export interface Toolchain {
  tools: Tool[]
  /** Folders the operator named. */
  folders: ToolFolder[]
  /** Everything that must be readable in a box of this run. */
  readable: string[]
  /** What of it must not. */
  logins: string[]
  /** Variables by which the tools find their homes. */
  env: Record<string, string>
  /** PATH in a box: the operator's folders that exist there, at their real places. */
  path: string
}

type Wanted = Pick<EffectiveConfig, 'checks' | 'setup' | 'tools'>

export const operatorPath = (env: NodeJS.ProcessEnv): string =>
  (env.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter).filter(isAbsolute).join(delimiter)

const placeOf = (env: NodeJS.ProcessEnv) => ({
  home: env.HOME ?? homedir(),
  env: { ...env, PATH: operatorPath(env) },
})

/** Looks at the disk anew each time: a tool installed meanwhile is found. */
export const toolchainOf = async (config: Wanted, env: NodeJS.ProcessEnv): Promise<Toolchain> => {
  const place = placeOf(env)
  const found = await Promise.all(wordsOf(config).map(word => toolOf(word, place)))
  const folders = await Promise.all(config.tools.map(path => toolFolder(path, place.home)))
  const named = folders.filter(folder => folder.refused === null)
  const readable = [...new Set([...found.flatMap(({ tool }) => tool.prefixes), ...named.map(folder => folder.path)])]
  return {
    tools: found.map(({ tool }) => tool),
    folders,
    readable,
    logins: named.flatMap(folder => folder.logins),
    env: Object.assign({}, ...found.map(each => each.env)),
    path: await pathInside(place.env.PATH, readable),
  }
}

/** The PATH of a run's processes: without a box the operator's whole one. */
export const pathOf = (toolchain: Toolchain, containment: Containment, env: NodeJS.ProcessEnv): string =>
  containment === 'boxed' ? toolchain.path : operatorPath(env)

/** git brings work out of every seat, and node runs agents; the others are the repository's first words. */
const wordsOf = ({ checks, setup }: Wanted): string[] => {
  const first = [...checks.map(check => check.command[0]!), ...(setup === null ? [] : [setup.command[0]!])]
  return [...new Set(['git', 'node', ...first.filter(word => isAbsolute(word) || !word.includes('/'))])]
}

const toolOf = async (word: string, place: ToolPlace): Promise<{ tool: Tool; env: Record<string, string> }> => {
  const called = word === 'git' ? findGit(place.env) : await calledProgram(word, place.env.PATH ?? '')
  if (called === null) return { tool: { word, file: null, prefixes: [] }, env: {} }
  const { prefixes, env } = await toolNeeds(called, place)
  return { tool: { word, file: called, prefixes }, env }
}

const pathInside = async (path: string, readable: readonly string[]): Promise<string> => {
  const real = async (dir: string): Promise<string> => realpath(dir).catch(() => dir)
  const open = await Promise.all(readable.map(real))
  const dirs = await Promise.all(path.split(delimiter).map(real))
  const exists = (dir: string): boolean =>
    isOfSystem(dir) || [...open, ...readable].some(each => holds(each, dir) || holds(dir, each))
  return [...new Set(dirs.filter(exists))].join(delimiter)
}

const holds = (outer: string, inner: string): boolean => inner === outer || inner.startsWith(`${outer}/`)

export interface FoundProgram {
  file: string
  readable: string[]
  env: Record<string, string>
}

/** One more program of the operator's, beside a run's toolchain; null when there is none of that name on PATH. */
export const findCommand = async (word: string, env: NodeJS.ProcessEnv): Promise<FoundProgram | null> => {
  const place = placeOf(env)
  const file = await findProgram(word, place.env.PATH)
  const { tool, env: homes } = await toolOf(word, place)
  return file === null ? null : { file, readable: tool.prefixes, env: homes }
}

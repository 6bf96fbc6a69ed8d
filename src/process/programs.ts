/** Finds programs on the operator's PATH, and what must be readable in a box for them to run. */
import { constants } from 'node:fs'
import { access, open, realpath, stat } from 'node:fs/promises'
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path'
import { layoutNeeds, mayOpen } from './tool-layouts.ts'

/**
 * Absolute path of an executable: `name` on `pathEnv` (relative entries don't count), or `name` itself when absolute.
 * Links are followed, except for programs that act by the name they are called with (busybox, rustup, shims): of those
 * the link is returned.
 */
export const findProgram = async (name: string, pathEnv: string): Promise<string | null> => {
  const called = await calledProgram(name, pathEnv)
  return called === null ? null : withoutLinks(called)
}

/** The same with every link kept: the name by which a script would call it. */
export const calledProgram = async (name: string, pathEnv: string): Promise<string | null> => {
  if (name === '' || (name.includes('/') && !isAbsolute(name))) return null
  const candidates = isAbsolute(name)
    ? [name]
    : pathEnv
        .split(delimiter)
        .filter(isAbsolute)
        .map(dir => join(dir, name))
  for (const path of candidates) if (await isProgram(path)) return path
  return null
}

/** Where the operator's tools are looked for. */
export interface ToolPlace {
  home: string
  /** The operator's environment: PATH, and where a version manager was told to live. */
  env: NodeJS.ProcessEnv
}

export interface ToolNeeds {
  /** Absolute paths, some of them links. */
  prefixes: string[]
  /** Variables the program needs to find its home. */
  env: Record<string, string>
}

/**
 * The smallest places that must be readable for this program to run, beside the system's own; none for one of the
 * system. Knows the layouts of nvm, fnm, volta, pyenv and its kin, uv, pipx, virtual environments, rustup, mise, asdf,
 * Homebrew, Nix, /opt, npm's global directory and a project's node_modules, and follows links and the interpreter of a
 * script. Never HOME itself or a place of known credentials.
 */
export const toolNeeds = async (file: string, place: ToolPlace): Promise<ToolNeeds> => {
  const found: Found = { prefixes: new Set(), env: {} }
  await collect(file, place, found, 4)
  return { prefixes: [...found.prefixes].filter(path => mayOpen(path, place.home)), env: found.env }
}

interface Found {
  prefixes: Set<string>
  env: Record<string, string>
}

const collect = async (file: string, place: ToolPlace, found: Found, depth: number): Promise<void> => {
  if (depth === 0) return
  const real = await realpath(file).catch(() => null)
  if (real === null) return
  for (const path of new Set([file, real])) {
    const needs = await layoutNeeds(path, place.home)
    const moved = Object.keys(needs.env).flatMap(name => place.env[name] ?? [])
    for (const [name, dir] of Object.entries(needs.env)) found.env[name] = place.env[name] ?? dir
    for (const prefix of [...needs.prefixes, ...moved].filter(each => !isOfSystem(each))) {
      found.prefixes.add(prefix)
      // A virtual environment's python is a link to the one it was made from.
      const python = join(prefix, 'bin', 'python')
      if (await isProgram(python)) await collect(await realpath(python), place, found, depth - 1)
    }
  }
  const interpreter = await interpreterOf(real, place.env.PATH ?? '')
  if (interpreter !== null) await collect(interpreter, place, found, depth - 1)
}

/** What every box sees anyway (process/system-places.ts). */
export const isOfSystem = (path: string): boolean => /^\/(?:usr|s?bin|lib(?:32|64|x32)?)(?:\/|$)/.test(path)

/** The interpreter of a `#!` line, by way of `env` too; null for binaries and where there is none. */
const interpreterOf = async (file: string, pathEnv: string): Promise<string | null> => {
  const [, path, rest = ''] = /^#!\s*(\/\S+)([^\n]*)/.exec(await firstBytes(file)) ?? []
  if (path === undefined || basename(path) !== 'env') return path ?? null
  const name = rest.split(/\s+/).find(word => word !== '' && !word.startsWith('-') && !word.includes('='))
  return name === undefined ? null : calledProgram(name, pathEnv)
}

const firstBytes = async (file: string): Promise<string> => {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null)
  if (handle === null) return ''
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } catch {
    return ''
  } finally {
    await handle.close()
  }
}

const isProgram = async (path: string): Promise<boolean> => {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

const actsByItsName =
  /^(?:busybox|toybox|coreutils|uutils|rustup|rustup-init|mise|rtx|asdf|volta-shim|pyenv|rbenv|proto|proto-shim)$/

const withoutLinks = async (path: string): Promise<string> => {
  const real = await realpath(path)
  return actsByItsName.test(basename(real)) ? join(await realpath(dirname(path)), basename(path)) : real
}

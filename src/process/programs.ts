/** Finds programs on the operator's PATH, and what must stay readable for them to run when HOME is hidden. */
import { constants } from 'node:fs'
import { access, open, realpath, stat } from 'node:fs/promises'
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path'
import { layoutPrefixes, mayOpen } from './tool-layouts.ts'

/**
 * Absolute path of an executable: `name` on `pathEnv` (relative entries don't count), or `name` itself when absolute.
 * Links are followed, except for programs that act by the name they are called with (busybox, rustup, shims): of those
 * the link is returned.
 */
export const findProgram = async (name: string, pathEnv: string): Promise<string | null> => {
  if (name === '' || (name.includes('/') && !isAbsolute(name))) return null
  const candidates = isAbsolute(name)
    ? [name]
    : pathEnv
        .split(delimiter)
        .filter(isAbsolute)
        .map(dir => join(dir, name))
  for (const path of candidates) if (await isProgram(path)) return withoutLinks(path)
  return null
}

/**
 * The smallest places that must stay readable for this program to run; none for one of the system. Knows the layouts of
 * nvm, fnm, volta, pyenv, uv, pipx, virtual environments, rustup, mise, asdf, Homebrew, npm's global directory and a
 * project's node_modules, and follows the interpreter of a script. Never HOME itself or a place of known credentials.
 */
export const toolPrefixes = async (file: string, home: string): Promise<string[]> => {
  const found = new Set<string>()
  await collect(file, home, found, 4)
  return [...found].filter(path => mayOpen(path, home))
}

const collect = async (file: string, home: string, found: Set<string>, depth: number): Promise<void> => {
  if (depth === 0 || isOfSystem(file)) return
  const real = await realpath(file).catch(() => null)
  if (real === null) return
  for (const path of new Set([file, real])) {
    const prefixes = isOfSystem(path) ? [] : await layoutPrefixes(path, home)
    for (const prefix of prefixes) found.add(prefix)
    for (const prefix of prefixes) {
      // A virtual environment's python is a link to the one it was made from.
      const python = join(prefix, 'bin', 'python')
      if (await isProgram(python)) await collect(await realpath(python), home, found, depth - 1)
    }
  }
  const interpreter = await interpreterOf(real)
  if (interpreter !== null) await collect(interpreter, home, found, depth - 1)
}

const isOfSystem = (path: string): boolean =>
  /^\/(?:usr(?!\/local\/share\/nvm)|bin|sbin|lib|lib64|nix|snap)\//.test(path)

/** The absolute interpreter of a `#!` line; null for `env` (its program is found by PATH) and for binaries. */
const interpreterOf = async (file: string): Promise<string | null> => {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null)
  if (handle === null) return null
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0)
    const [, path] = /^#!\s*(\/\S+)/.exec(buffer.toString('latin1', 0, bytesRead)) ?? []
    return path === undefined || basename(path) === 'env' ? null : path
  } catch {
    return null
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

/** Looks for programs and runs them, never through a shell. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Host What the set-up looks at and may change.
 * @property {string} platform as process.platform
 * @property {string} nodeVersion of the running Node
 * @property {boolean} isRoot
 * @property {Record<string, string | undefined>} env PATH says where programs are looked for
 * @property {string} etc directory of the system's configuration
 * @property {string} proc directory of the kernel's facts
 * @property {(text: string) => void} say prints a line for people
 */

/** @param {Host} host @param {string} name @returns {string | null} absolute path on PATH */
export const findProgram = (host, name) => {
  for (const dir of (host.env.PATH ?? '').split(':').filter(part => part.startsWith('/'))) {
    const path = join(dir, name)
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile()) return path
    } catch {
      // Not in this one.
    }
  }
  return null
}

/**
 * @param {Host} host
 * @param {string[]} words the program, absolute, and its arguments
 * @returns {{ ok: boolean, output: string }} what it said on both streams
 */
export const runProgram = (host, [file, ...args]) => {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    env: { ...host.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 15 * 60_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  return { ok: status === 0, output: error === undefined ? `${stdout}${stderr}` : error.message }
}

/** @param {Host} host @returns {string[] | null} words that make a command root's; null: can't be had without a password */
export const asRoot = host => {
  if (host.isRoot) return []
  const sudo = findProgram(host, 'sudo')
  if (sudo === null || !runProgram(host, [sudo, '-n', 'true']).ok) return null
  return [sudo, '-n', '/usr/bin/env', 'DEBIAN_FRONTEND=noninteractive']
}

/** The last lines of a program's output, for a message. @param {string} output @returns {string[]} */
export const lastLines = output => output.trim().split('\n').slice(-5)

/**
 * Environments: what the set-up command adds to a checkout, built once per hash of command, inputs and platform in a
 * seat of its own, then placed into each workspace by copy (by reflink where the file system can).
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { constants, copyFile, lstat, mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import type { EffectiveConfig } from '../config/effective.ts'
import type { Oid } from '../domain/ids.ts'
import { cleanText, clipMiddle } from '../domain/text.ts'
import { listTree } from '../git/blobs.ts'
import { removeTree } from '../git/remove-tree.ts'
import { createTreeWorkspace } from '../git/workspace.ts'
import { run } from '../process/run.ts'
import { runInBox } from './box-command.ts'
import type { Host, RunScope } from './host.ts'
import { makeSeat, removeSeat, seatAt } from './seats.ts'
import { commandEnvironment, findCommand } from './toolchain.ts'

/** `none`: no set-up is configured. `failed`: checks that need it are not run, never failed. */
export type Environment =
  | { status: 'none'; hash: string }
  | { status: 'built'; hash: string; dir: string; paths: string[] }
  | { status: 'failed'; hash: string; detail: string }

const Manifest = z.object({ paths: z.array(z.string()) })

const building = new Map<string, Promise<Environment>>()

/** The environment of a tree; built when it is missing, once even if many ask at the same time. */
export const environmentOf = async (
  host: Host,
  scope: RunScope,
  tree: Oid,
  signal: AbortSignal,
): Promise<Environment> => {
  const setup = scope.config.setup
  if (setup === null) return { status: 'none', hash: 'none' }
  const hash = await environmentHash(host, setup, tree)
  const dir = join(host.project.paths.environments, hash)
  const known = await readManifest(dir)
  if (known !== null) return { status: 'built', hash, dir, paths: known }
  for (;;) {
    const theirs = building.get(dir)
    if (theirs === undefined) break
    // Another task's build can be called off with that task; then this one builds.
    const built = await theirs.catch(() => null)
    signal.throwIfAborted()
    if (built !== null) return built
  }
  const ours = build(host, scope, { tree, hash, dir, command: setup.command }, signal)
  building.set(dir, ours)
  try {
    return await ours
  } finally {
    building.delete(dir)
  }
}

const environmentHash = async (
  host: Host,
  setup: NonNullable<EffectiveConfig['setup']>,
  tree: Oid,
): Promise<string> => {
  const entries = await listTree(host.project.repository, tree)
  const inputs = entries
    .filter(entry => setup.inputs.some(input => entry.path === input || entry.path.startsWith(`${input}/`)))
    .map(entry => `${entry.mode} ${entry.oid} ${entry.path}`)
  const facts = [setup.command, inputs, process.platform, process.arch, process.versions.modules]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 24)
}

const readManifest = async (dir: string): Promise<string[] | null> => {
  try {
    return Manifest.parse(JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8'))).paths
  } catch {
    return null
  }
}

const build = async (
  host: Host,
  scope: RunScope,
  wanted: { tree: Oid; hash: string; dir: string; command: readonly string[] },
  signal: AbortSignal,
): Promise<Environment> => {
  const { tree, hash, dir, command } = wanted
  const seat = seatAt(host.project.paths.seats, `setup.${hash}`)
  await removeSeat(seat)
  await makeSeat(seat)
  try {
    await createTreeWorkspace({ repository: host.project.repository, dirs: seat.dirs, tree })
    const program = await findCommand(host, command[0]!)
    if (program === null) return { status: 'failed', hash, detail: `there is no program ${command[0]} on PATH` }
    const { end, stdoutPath, stderrPath } = await runInBox(
      host,
      scope,
      {
        seat,
        taskId: null,
        what: 'setup',
        name: 'setup',
        file: program.file,
        args: command.slice(1),
        env: commandEnvironment(host, seat),
        cwd: seat.workspace,
        readable: program.readable,
      },
      signal,
    )
    if (end.exitCode !== 0) {
      const output = `${await readFile(stdoutPath, 'utf8')}\n${await readFile(stderrPath, 'utf8')}`
      const how = end.exitCode === null ? `ended by ${end.signal}` : `exit code ${end.exitCode}`
      return {
        status: 'failed',
        hash,
        detail: `${command.join(' ')}: ${how}\n${clipMiddle(cleanText(output).trim(), 4_000)}`,
      }
    }
    const tracked = new Set((await listTree(host.project.repository, tree)).flatMap(entry => withParents(entry.path)))
    const paths = await untracked(seat.workspace, '', tracked)
    return { status: 'built', hash, dir, paths: await keepPaths(seat.workspace, dir, paths) }
  } finally {
    await removeSeat(seat)
  }
}

const withParents = (path: string): string[] => (path.includes('/') ? [path, ...withParents(dirname(path))] : [path])

/** The highest paths that the set-up added; the workspace's own `.git` aside. Links are entries, never followed. */
const untracked = async (root: string, below: string, tracked: ReadonlySet<string>): Promise<string[]> => {
  const found: string[] = []
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (path === '.git') continue
    if (!tracked.has(path)) found.push(path)
    else if (entry.isDirectory()) found.push(...(await untracked(root, path, tracked)))
  }
  return found
}

/** Moves the new paths out of the seat (same file system), then names them: a crash before that leaves no environment. */
const keepPaths = async (workspace: string, dir: string, paths: string[]): Promise<string[]> => {
  await removeTree(dir)
  for (const path of paths) {
    const target = join(dir, 'files', path)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await rename(join(workspace, path), target)
  }
  await mkdir(dir, { recursive: true, mode: 0o700 })
  await writeFile(join(dir, 'manifest.json'), JSON.stringify({ paths }), { mode: 0o600 })
  return paths
}

/**
 * Places an environment into a workspace that nothing has run in since it was made. A path the workspace's own tree
 * already holds is left alone. The placed paths are excluded from the workspace's git, so no harvest takes them.
 */
export const placeEnvironment = async (
  environment: Environment,
  workspace: string,
  gitDir: string | null,
): Promise<void> => {
  if (environment.status !== 'built') return
  const missing = environment.paths.filter(path => !existsSync(join(workspace, path)))
  const files = join(environment.dir, 'files')
  for (const [folder, paths] of Map.groupBy(missing, dirname)) {
    const target = join(workspace, folder)
    await mkdir(target, { recursive: true })
    await copyInto(
      target,
      paths.map(path => join(files, path)),
    )
  }
  if (gitDir !== null && environment.paths.length > 0) {
    await mkdir(join(gitDir, 'info'), { recursive: true })
    await writeFile(
      join(gitDir, 'info', 'exclude'),
      environment.paths.map(path => `/${escapePattern(path)}\n`).join(''),
      { flag: 'a' },
    )
  }
}

/** Copies with times, links as links, by reflink where the file system can: folders in one call, a plain file by ourselves. */
const copyInto = async (folder: string, sources: readonly string[]): Promise<void> => {
  const rest: string[] = []
  for (const source of sources) {
    const found = await lstat(source)
    if (found.isFile()) {
      const target = join(folder, basename(source))
      await copyFile(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
      await utimes(target, found.atime, found.mtime)
    } else rest.push(source)
  }
  if (rest.length === 0) return
  const args = process.platform === 'linux' ? ['-a', '--reflink=auto'] : ['-a', '-c']
  const copied = await run('/bin/cp', [...args, '--', ...rest, `${folder}/`], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin' },
    timeoutMs: 10 * 60_000,
  })
  if (copied.exitCode !== 0) throw new Error(`cp failed on ${rest.join(', ')}: ${copied.stderr}`)
}

const escapePattern = (path: string): string => path.replace(/[\\*?[\]!# ]/g, '\\$&')

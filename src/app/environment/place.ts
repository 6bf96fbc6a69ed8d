/**
 * Places an environment into a workspace: by reflink where the file system can, else by copying with every core. Never
 * by hard links: what is edited in place would be edited in the stored environment, and so in every other workspace.
 */
import { existsSync } from 'node:fs'
import { chmod, constants, copyFile, lstat, mkdir, readdir, utimes } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { excludePaths } from '../../git/private-git-dir.ts'
import { run } from '../../process/run.ts'
import type { Environment } from './build.ts'
import { noteUse } from './stored.ts'

/**
 * Places an environment into a workspace that nothing has run in since it was made. A path the workspace already holds
 * is left alone. The placed paths are excluded from the workspace's git, so no harvest takes them.
 */
export const placeEnvironment = async (
  environment: Environment,
  workspace: string,
  gitDir: string | null,
): Promise<void> => {
  if (environment.status !== 'built') return
  await noteUse(environment.dir)
  const missing = environment.paths.filter(path => !existsSync(join(workspace, path)))
  const files = join(environment.dir, 'files')
  const copies: Copy[] = []
  for (const path of missing) {
    await mkdir(dirname(join(workspace, path)), { recursive: true })
    copies.push({ from: join(files, path), into: dirname(join(workspace, path)) })
  }
  await copyAll(copies)
  if (gitDir !== null) await excludePaths(gitDir, environment.paths)
}

/** One entry of the file system that is to stand below `into` under its own name. */
interface Copy {
  from: string
  into: string
}

/** Names per call of cp: enough of them to make its start cheap, few enough for an argument list and for an even share. */
const batch = 50

const copyAll = async (copies: readonly Copy[]): Promise<void> => {
  const opened: { from: string; to: string }[] = []
  const parts: Copy[] = []
  for (const copy of copies) {
    const found = await lstat(copy.from)
    if (found.isFile()) await copyOne(copy)
    else if (found.isDirectory()) {
      // Its entries one by one, so that the cores share one large folder.
      const to = join(copy.into, basename(copy.from))
      await mkdir(to)
      opened.push({ from: copy.from, to })
      for (const name of await readdir(copy.from)) parts.push({ from: join(copy.from, name), into: to })
    } else parts.push(copy)
  }
  const batches = [...Map.groupBy(parts, part => part.into)].flatMap(([into, some]) =>
    Array.from({ length: Math.ceil(some.length / batch) }, (_, index) => ({
      into,
      sources: some.slice(index * batch, (index + 1) * batch).map(part => part.from),
    })),
  )
  const next = batches.values()
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (const { into, sources } of next) await copyInto(into, sources)
    }),
  )
  for (const { from, to } of opened) await likeTheOther(from, to)
}

/** cp takes longer to start than a file takes to copy. */
const copyOne = async ({ from, into }: Copy): Promise<void> => {
  const target = join(into, basename(from))
  await copyFile(from, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  const { atime, mtime } = await lstat(from)
  await utimes(target, atime, mtime)
}

const likeTheOther = async (from: string, to: string): Promise<void> => {
  const { mode, atime, mtime } = await lstat(from)
  await chmod(to, mode & 0o7777)
  await utimes(to, atime, mtime)
}

/** Copies with times, links as links, by reflink where the file system can. */
const copyInto = async (folder: string, sources: readonly string[]): Promise<void> => {
  const args = process.platform === 'linux' ? ['-a', '--reflink=auto'] : ['-a', '-c']
  const copied = await run('/bin/cp', [...args, '--', ...sources, `${folder}/`], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin' },
    timeoutMs: 10 * 60_000,
  })
  if (copied.exitCode !== 0) throw new Error(`cp failed on ${sources.join(', ').slice(0, 500)}: ${copied.stderr}`)
}

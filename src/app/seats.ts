/** Seats: task × worker, the one place on disk where a worker's workspace, home, agent config and output live. */
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, isAbsolute, join, relative, sep } from 'node:path'
import { z } from 'zod'
import { Oid } from '../domain/ids.ts'
import type { WorkspaceDirs } from '../git/private-git-dir.ts'
import { removeTree } from '../git/remove-tree.ts'
import type { SeatPaths } from '../workers/worker.ts'

export interface Seat extends SeatPaths {
  name: string
  dirs: WorkspaceDirs
  /**
   * Beside the seat, so that nothing in the box can write it: standard input and output, material to read. What a
   * worker could replace by a link, we would follow as the operator.
   */
  io: string
  /** Beside the seat as well: what its workspace was when we left it (git/kept-workspace.ts). */
  memory: string
}

/** A seat's paths; nothing is made. Names are ours: `k3m9q2x7-2.claude`, `k3m9q2x7-2.codex.verify`. */
export const seatAt = (seatsDir: string, name: string): Seat => {
  const root = join(seatsDir, name)
  const workspace = join(root, 'workspace')
  return {
    name,
    root,
    workspace,
    home: join(root, 'home'),
    agent: join(root, 'agent'),
    out: join(root, 'out'),
    tmp: join(root, 'tmp'),
    dirs: { workspace, gitDir: join(root, 'git') },
    io: `${root}.io`,
    memory: `${root}.memory`,
  }
}

/**
 * Makes the seat's folders (0700), all but the workspace, which git makes. What a worker put in the place of one is
 * removed. No process of the seat may be alive.
 */
export const makeSeat = async (seat: Seat): Promise<void> => {
  for (const dir of [seat.root, seat.io]) await mkdir(dir, { recursive: true, mode: 0o700 })
  for (const dir of [seat.home, seat.agent, seat.out, seat.tmp]) await makeRealFolder(dir)
}

/** A folder of that name, never a link to one. */
const makeRealFolder = async (dir: string): Promise<void> => {
  const there = await lstat(dir).catch(() => null)
  if (there?.isDirectory()) return
  if (there !== null) await rm(dir)
  await mkdir(dir, { mode: 0o700 })
}

/** Written once the workspace is whole: without it the workspace is made anew, whatever a crash left. */
const Ready = z.object({
  base: Oid,
  purpose: z.string(),
  /** Files of the operator that lie in the workspace and may not come out of it. */
  handedIn: z.array(z.object({ path: z.string(), oid: Oid.nullable() })).default([]),
})
export type Ready = z.infer<typeof Ready>

const readyPath = (seat: Seat): string => `${seat.root}.ready.json`

/** What the workspace was made for, or null when it is missing or half made. Lies beside the seat, out of its reach. */
export const readReady = async (seat: Seat): Promise<Ready | null> => {
  try {
    if (!(await lstat(seat.workspace)).isDirectory()) return null
    return Ready.parse(JSON.parse(await readFile(readyPath(seat), 'utf8')))
  } catch {
    return null
  }
}

export const markReady = async (seat: Seat, ready: Ready): Promise<void> => {
  await writeFile(`${readyPath(seat)}.new`, JSON.stringify(ready), { mode: 0o600 })
  await rename(`${readyPath(seat)}.new`, readyPath(seat))
}

export const unmarkReady = async (seat: Seat): Promise<void> => rm(readyPath(seat), { force: true })

/** Removes a seat whose work is safe elsewhere. Its ports are free with its folder. */
export const removeSeat = async (seat: Seat): Promise<void> => {
  await unmarkReady(seat)
  for (const ending of seatEndings) await removeTree(`${seat.root}${ending}`)
}

/** Makes a seat as if it were new, but for its workspace, which `furnish` uses again if it can. */
export const emptySeat = async (seat: Seat): Promise<void> => {
  await unmarkReady(seat)
  await removeTree(seat.io)
  const kept = [seat.dirs.workspace, seat.dirs.gitDir].map(path => basename(path))
  for (const name of await readdir(seat.root).catch(() => []))
    if (!kept.includes(name)) await removeTree(join(seat.root, name))
  await makeSeat(seat)
}

/** What stands beside a seat's folder begins with its name and ends so; the folder itself goes first. */
export const seatEndings = ['', '.ready.json', '.ready.json.new', '.io', '.memory', '.memory.new'] as const

/** Names of all seats of which anything is left. */
export const seatNames = async (seatsDir: string): Promise<string[]> => {
  const entries = await readdir(seatsDir).catch(() => [])
  const bare = entries.map(entry => entry.replace(/(?:\.io|\.(?:ready\.json|memory)(?:\.new)?)$/, ''))
  return [...new Set(bare)].toSorted()
}

/** Removes the seats whose names are meant. */
export const removeSeatsWhere = async (seatsDir: string, isMeant: (name: string) => boolean): Promise<void> => {
  for (const name of await seatNames(seatsDir)) if (isMeant(name)) await removeSeat(seatAt(seatsDir, name))
}

/**
 * Writes a file of ours (0600) into a seat that a worker may have been in: every folder on the way is made a real one,
 * and whatever stood at the path is removed, so that no link of the worker's is followed. No process of the seat may be
 * alive.
 */
export const writeInSeat = async (seat: Seat, path: string, content: string): Promise<void> => {
  const below = relative(seat.root, path)
  if (below.startsWith('..') || isAbsolute(below)) throw new Error(`${path} is not in the seat ${seat.root}`)
  const folders = below.split(sep).slice(0, -1)
  let at = seat.root
  for (const folder of folders) {
    at = join(at, folder)
    await makeRealFolder(at)
  }
  await rm(path, { recursive: true, force: true })
  await writeFile(path, content, { mode: 0o600, flag: 'wx' })
}

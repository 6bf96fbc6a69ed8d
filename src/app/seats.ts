/** Seats: task × worker, the one place on disk where a worker's workspace, home, agent config and output live. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Oid } from '../domain/ids.ts'
import type { WorkspaceDirs } from '../git/private-git-dir.ts'
import { removeTree } from '../git/remove-tree.ts'
import type { SeatPaths } from '../workers/worker.ts'

export interface Seat extends SeatPaths {
  name: string
  dirs: WorkspaceDirs
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
  }
}

/** Makes the seat's folders (0700), all but the workspace, which git makes. */
export const makeSeat = async (seat: Seat): Promise<void> => {
  for (const dir of [seat.root, seat.home, seat.agent, seat.out, seat.tmp]) await mkdir(dir, { recursive: true, mode: 0o700 })
}

/** Written once the workspace is whole: without it the workspace is made anew, whatever a crash left. */
const Ready = z.object({ base: Oid, purpose: z.string() })
export type Ready = z.infer<typeof Ready>

const readyPath = (seat: Seat): string => `${seat.root}.ready.json`

/** What the workspace was made for, or null when it is missing or half made. Lies beside the seat, out of its reach. */
export const readReady = async (seat: Seat): Promise<Ready | null> => {
  try {
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

/** Removes a seat whose work is safe elsewhere. */
export const removeSeat = async (seat: Seat): Promise<void> => {
  await unmarkReady(seat)
  await removeTree(seat.root)
}

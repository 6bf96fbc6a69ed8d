/**
 * Furnishes a seat's workspace, the same way for workers, verifiers and checks: checked out, the environment placed, the
 * operator's listed files handed in. What stood there before is used again where it is provably as we left it.
 */
import { join } from 'node:path'
import { z } from 'zod'
import type { Oid } from '../domain/ids.ts'
import { listTree } from '../git/blobs.ts'
import { rememberWorkspace, restoreWorkspace } from '../git/kept-workspace.ts'
import { removeTree } from '../git/remove-tree.ts'
import type { Environment } from './environment/build.ts'
import { placeEnvironment } from './environment/place.ts'
import { type HandedIn, handIn } from './handed-in.ts'
import type { Host, RunScope } from './host.ts'
import type { Seat } from './seats.ts'

export interface Furnishing<T> {
  /** What the workspace will hold, or all that a merge in it is made of. */
  tree: Oid
  environment: Environment
  /** Checks it out; `kept` goes into the request of git/workspace.ts. */
  checkOut: (kept: { from?: string }) => Promise<T>
}

/** No process of the seat may be alive. */
export const furnish = async <T>(
  host: Host,
  scope: RunScope,
  seat: Seat,
  { tree, environment, checkOut }: Furnishing<T>,
): Promise<{ made: T; handedIn: HandedIn[] }> => {
  // Without a box nothing lies out of a worker's reach, the memory of the workspace neither.
  const isBoxed = scope.request.containment === 'boxed'
  const isKept = isBoxed && (await clean(host, seat, tree, environment))
  const made = await checkOut(isKept ? { from: seat.memory } : {})
  await placeEnvironment(environment, seat.workspace, seat.dirs.gitDir)
  const handedIn = await handIn(host, scope, seat, tree)
  if (isBoxed) await rememberWorkspace(seat.dirs, seat.memory, JSON.stringify(placedIn(environment, handedIn)))
  return { made, handedIn }
}

/** What was put into a workspace beside the tree. */
const Placed = z.object({ hash: z.string(), paths: z.array(z.string()), handedIn: z.array(z.string()) })
type Placed = z.infer<typeof Placed>

const placedIn = (environment: Environment, handedIn: readonly HandedIn[]): Placed => ({
  hash: environment.hash,
  paths: environment.status === 'built' ? environment.paths : [],
  handedIn: handedIn.map(file => file.path),
})

/** Whether what stands there can be used again; what will not be needed again is gone then. */
const clean = async (host: Host, seat: Seat, tree: Oid, environment: Environment): Promise<boolean> => {
  const restored = await restoreWorkspace(seat.dirs, seat.memory)
  if (restored === null) return false
  const placed = Placed.parse(JSON.parse(restored.note))
  const isOther = environment.status !== 'built' || environment.hash !== placed.hash
  const tracked = (await listTree(host.project.repository, tree)).map(entry => entry.path)
  const isIn = (path: string) => (one: string) => one === path || one.startsWith(`${path}/`)
  const useless = placed.paths.filter(path => isOther || restored.lost.some(isIn(path)) || tracked.some(isIn(path)))
  for (const path of [...useless, ...placed.handedIn]) await removeTree(join(seat.workspace, path))
  return true
}

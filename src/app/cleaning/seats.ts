/** The seats on disk, each judged; a seat that may hold unsaved work is rescued before it goes. */
import { lstat, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { WorkerName } from '../../domain/lane.ts'
import { unpinCommit } from '../../git/ref-write.ts'
import { refHolding } from '../../git/rescue-refs.ts'
import { readReady, type Seat, seatAt, seatEndings, seatNames } from '../seats.ts'
import { sumOf } from './disk-usage.ts'
import type { Ground } from './ground.ts'
import { judgeSeat, type SeatFacts, type SeatRole, type SeatWork, seatWork } from './judge-seat.ts'
import { discardAll, type Hands, type Outcome, type Planned, stays } from './planned.ts'
import { rescueSeat } from './rescue-seat.ts'

interface SeatName {
  runId: string | null
  taskId: string | null
  worker: string | null
  role: SeatRole
}

/** `k3m9q2x7-2.claude`, `k3m9q2x7-2.codex.verify`, `k3m9q2x7.claude.plan`; all others hold nobody's work: `k3m9q2x7.check-1`, `setup.…`. */
const parseSeatName = (name: string): SeatName => {
  const [, runId, number, worker = '', ending] =
    /^([a-z0-9]{8})(-[1-9][0-9]?)?\.([a-z]+)(?:\.([a-z]+))?$/.exec(name) ?? []
  if (runId === undefined || !WorkerName.safeParse(worker).success)
    return { runId: null, taskId: null, worker: null, role: 'errand' }
  const taskId = number === undefined ? null : runId + number
  if (ending === undefined && taskId !== null) return { runId, taskId, worker, role: 'work' }
  return { runId, taskId, worker, role: ending === 'verify' ? 'verify' : 'plan' }
}

/** `overdue`: runs whose words are kept no longer; their seats do not stay for their days either. */
export const planSeats = async (ground: Ground, overdue: ReadonlySet<string> = new Set()): Promise<Planned[]> => {
  const { seats } = ground.project.paths
  const planned: Planned[] = []
  for (const name of await seatNames(seats)) planned.push(await planSeat(ground, seatAt(seats, name), overdue))
  return planned
}

const planSeat = async (ground: Ground, seat: Seat, overdue: ReadonlySet<string>): Promise<Planned> => {
  const named = parseSeatName(seat.name)
  const paths = seatEndings.map(ending => `${seat.root}${ending}`)
  const { fate, why } = judgeSeat(await factsOf(ground, seat, named, overdue.has(named.runId ?? '')))
  const bytes = sumOf(await Promise.all(paths.map(path => ground.meter.measure(path))))
  const item = { kind: 'seat' as const, name: seat.name, path: seat.root, runId: named.runId, bytes, fate, why }
  if (fate === 'keep') return { item, act: null }
  if (fate === 'remove') return { item, act: discardAll(paths) }
  return { item, act: hands => rescueFirst(ground, seat, named, paths, hands) }
}

const rescueFirst = async (
  ground: Ground,
  seat: Seat,
  { runId, taskId }: SeatName,
  paths: readonly string[],
  hands: Hands,
): Promise<Outcome> => {
  const rescue = await rescueSeat(hands.host, seat, { runId: runId!, taskId: taskId! }, ground.now, hands.signal)
  if (rescue.left !== null) return stays(rescue.left)
  await discardAll(paths)(hands)
  await unpinCommit(ground.project.repository, taskId!)
  return { isGone: true, note: rescue.ref === null ? 'nothing had changed in it' : `its work is kept: ${rescue.ref}` }
}

const factsOf = async (ground: Ground, seat: Seat, named: SeatName, isOverdue: boolean): Promise<SeatFacts> => {
  const { role, runId, taskId, worker } = named
  const work = workIn(ground, runId, taskId, worker)
  const isHarvested = work.status === 'harvested' && work.tip !== null
  return {
    role,
    standing: runId === null ? 'unknown' : ground.standing(runId),
    isAnyAtWork: ground.isAnyAtWork,
    taskState: taskId === null ? null : (ground.project.store.machines.get(taskId)?.state ?? null),
    work,
    heldBy: isHarvested ? await refHolding(ground.project.repository, work.tip!).catch(() => null) : null,
    hasWorkspace: (await isThere(seat.workspace)) || (await isThere(seat.dirs.gitDir)),
    isReady: (await readReady(seat)) !== null,
    idleMs: ground.now - (await lastUse(seat)),
    staysMs: ground.isByHand || isOverdue ? 0 : ground.bounds.seatMs,
  }
}

const workIn = (ground: Ground, runId: string | null, taskId: string | null, worker: string | null): SeatWork => {
  if (runId === null || taskId === null || worker === null) return { status: 'none' }
  const events = ground.project.store.events.ofRun(runId).map(({ event }) => event)
  return seatWork(events, taskId, worker)
}

/** Fails towards "there": what can't be looked at may hold work. */
const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  )

/** By what lies beside the seat, out of a worker's reach. */
const lastUse = async (seat: Seat): Promise<number> => {
  const paths = [seat.io, join(`${seat.root}.ready.json`), seat.root]
  const times = await Promise.all(
    paths.map(path =>
      stat(path)
        .then(found => found.mtimeMs)
        .catch(() => 0),
    ),
  )
  return Math.max(times[0]!, times[1]!) || times[2]!
}

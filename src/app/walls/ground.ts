/** All that stands while the walls are tried: the place, the decoys, a model that is none, a bystander. */
import type { Lane } from '../../domain/lane.ts'
import type { Guarantee } from '../../lanes/walls/attack.ts'
import { startInBox } from '../box-command.ts'
import { type LaneBox, makeWallSeat, type Start } from './boxes.ts'
import { startBystander } from './bystander.ts'
import { type Decoys, openDecoys } from './decoys.ts'
import { openLaneGate } from './lane-gate.ts'
import { makePlace, type Place } from './place.ts'
import { openUpstream, type Upstream } from './upstream.ts'

export interface WallsOptions {
  /** The operator's environment. */
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  /** Left out: all. */
  lanes?: readonly Lane[]
  /** Left out: the short form. */
  guarantees?: readonly Guarantee[]
  /** Where the throw-away place is made; the temporary folder. */
  parent?: string
  /** Further decoys, of a suite that tries more. */
  more?: (place: Place) => Promise<Decoys>
  /** Left out: as a worker's is started. */
  start?: Start
}

export interface Ground {
  options: WallsOptions
  place: Place
  /** Bytes that reached a decoy. */
  stolenBytes(): number
  upstream: Upstream
  names: Record<string, string>
}

/** Runs `work` on a ground of its own and removes all of it. */
export const withGround = async <T>(options: WallsOptions, work: (ground: Ground) => Promise<T>): Promise<T> => {
  const place = await makePlace(options.env, options.parent)
  const closing: (() => Promise<void>)[] = [place.remove]
  const closed = <Closing extends { close(): Promise<void> }>(one: Closing): Closing => {
    closing.unshift(one.close)
    return one
  }
  try {
    const decoys = [closed(await openDecoys(place.dir))]
    if (options.more !== undefined) decoys.push(closed(await options.more(place)))
    const upstream = closed(await openUpstream())
    const bystander = closed(await startBystander(place))
    const names = Object.assign({}, place.names, ...decoys.map(one => one.names), { OTHER_PID: String(bystander.pid) })
    const stolenBytes = (): number => decoys.reduce((sum, one) => sum + one.bytes(), 0)
    return await work({ options, place, stolenBytes, upstream, names })
  } finally {
    for (const close of closing) await close()
  }
}

/** Runs `work` with a box of a lane: a seat by this name, and a gate. */
export const withBox = async <T>(
  ground: Ground,
  lane: Lane,
  seatName: string,
  work: (box: LaneBox) => Promise<T>,
): Promise<T> => {
  const { options, place, upstream, names } = ground
  const { project } = place
  const gate = await openLaneGate(lane, { project, dir: place.dir, upstreamPort: upstream.port })
  try {
    const seat = await makeWallSeat(project, seatName)
    return await work({ lane, project, seat, gate, names, start: options.start ?? startInBox })
  } finally {
    await gate.close()
  }
}

/** Tries the walls of each lane, and the same attacks without a box: only what succeeds there proves something. */
import { Lane } from '../../domain/lane.ts'
import type { Attack, Guarantee } from '../../lanes/walls/attack.ts'
import { guarantees as shortForm } from '../../lanes/walls/guarantees.ts'
import { type Controls, type Judgement, judge, type Trial } from '../../lanes/walls/judge.ts'
import { probeBox } from '../../process/box-probe.ts'
import { attackOpenly } from './boxes.ts'
import { type Ground, type WallsOptions, withBox, withGround } from './ground.ts'
import { tryLane } from './try-lane.ts'

export type { Judgement, Verdict } from '../../lanes/walls/judge.ts'

export interface WallsReport {
  asRoot: boolean
  lanes: readonly Lane[]
  judgements: Judgement[]
  trials: Trial[]
  /** Why no box could be built and so nothing be tried; null where it was. */
  noBox: { why: string; cure: string } | null
}

/**
 * Makes everything it needs in a place of its own and removes it. Where no box can be built, nothing is tried.
 * @throws AgentLabError `no-wall` (exit 5), `walls-untried`, and those of a configuration that can't be read
 */
export const tryWalls = async (options: WallsOptions): Promise<WallsReport> => {
  const { lanes = Lane.options, guarantees = shortForm } = options
  const common = { asRoot: process.getuid?.() === 0, lanes }
  const box = await probeBox()
  if (!box.available) {
    const noBox = { why: `${box.part}: ${box.reason}`, cure: box.cure }
    return { ...common, judgements: guarantees.map(one => untried(one, noBox.why)), trials: [], noBox }
  }
  return withGround(options, async ground => {
    const found = []
    for (const lane of lanes) found.push(await tryLane(ground, lane, guarantees))
    const controls = await tryOpenly(ground, lanes[0]!, guarantees)
    const trials = found.flatMap(one => one.trials)
    const idle = found.flatMap(one => one.idle)
    const sightings = found.flatMap(one => one.sightings)
    const judgements = guarantees.map(guarantee => judge(guarantee, { trials, controls, sightings, idle }))
    return { ...common, judgements, trials, noBox: null }
  })
}

const untried = (guarantee: Guarantee, why: string): Judgement => {
  const controls = new Map(guarantee.attacks.map(attack => [attack, why]))
  return judge(guarantee, { trials: [], controls, sightings: [], idle: [] })
}

/** One after the other: each leaves the place as the next one needs it. */
const tryOpenly = (ground: Ground, lane: Lane, guarantees: readonly Guarantee[]): Promise<Controls> =>
  withBox(ground, lane, 'openly', async box => {
    const controls = new Map<Attack, string | null>()
    for (const attack of guarantees.flatMap(({ attacks }) => attacks)) {
      ground.options.signal.throwIfAborted()
      controls.set(attack, await attackOpenly(attack, box, ground.upstream.port))
    }
    return controls
  })

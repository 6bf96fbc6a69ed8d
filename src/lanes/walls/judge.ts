/** What the attempts say about each guarantee. Pure: an attack that can't succeed anywhere proves nothing. */
import type { Lane } from '../../domain/lane.ts'
import type { Attack, Guarantee } from './attack.ts'

/** `unknown`: it can't be tested here. */
export type Verdict = 'holds' | 'broken' | 'unknown'

/** One attack in the box of one lane. */
export interface Trial {
  lane: Lane
  guarantee: string
  attack: string
  succeeded: boolean
}

/** The same without a box: null where it succeeded, else why it could not. */
export type Controls = ReadonlyMap<Attack, string | null>

/** What must work in a box and did not. */
export interface Idle {
  lane: Lane
  guarantee: string
  what: string
}

/** What was seen from outside the boxes of a lane although no script said so. */
export interface Sighting {
  lane: Lane
  guarantee: string
  /** `14 bytes reached a server of this machine`. */
  what: string
}

export interface Evidence {
  trials: readonly Trial[]
  controls: Controls
  sightings: readonly Sighting[]
  idle: readonly Idle[]
}

export interface Judgement {
  name: string
  protects: string
  verdict: Verdict
  /** Attacks that prove something here. */
  tried: number
  /** What got through, and in which lanes. */
  broken: { what: string; lanes: Lane[] }[]
  /** Attacks that prove nothing here, and why. */
  untested: { attack: string; why: string }[]
  means: string
  cure: string
}

/** Says of one guarantee whether it holds in all lanes that were tried. */
export const judge = (guarantee: Guarantee, { trials, controls, sightings, idle }: Evidence): Judgement => {
  const { name, protects, attacks, means, cure } = guarantee
  const through = [
    ...trials
      .filter(trial => trial.guarantee === name && trial.succeeded)
      .map(({ lane, attack: what }) => ({ lane, what })),
    ...sightings.filter(sighting => sighting.guarantee === name),
  ]
  const broken = [...new Set(through.map(({ what }) => what))].map(what => ({
    what,
    lanes: through.filter(one => one.what === what).map(one => one.lane),
  }))
  const dead = idle.find(one => one.guarantee === name)
  const untested = attacks.flatMap(attack => {
    const why = dead === undefined ? (controls.get(attack) ?? null) : `${dead.what} does not work in lane ${dead.lane}`
    return why === null ? [] : [{ attack: attack.name, why }]
  })
  const tried = attacks.length - untested.length
  const verdict = broken.length > 0 ? 'broken' : tried > 0 ? 'holds' : 'unknown'
  return { name, protects, verdict, tried, broken, untested, means, cure }
}

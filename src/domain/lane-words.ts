/** A run's lane as people read it. */
import type { RunView } from './run-view.ts'

/** `personal`, or `personal, loosened by you from private`. */
export const laneWords = ({ lane, loosenedFrom }: Pick<RunView, 'lane' | 'loosenedFrom'>): string =>
  loosenedFrom === null ? lane : `${lane}, loosened by you from ${loosenedFrom}`

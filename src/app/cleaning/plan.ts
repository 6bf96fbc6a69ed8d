/** What would go and what would stay if it were cleaned now; changes nothing. */

import { overdueRuns, planRetention } from '../erasure/retention.ts'
import { planBoxes } from './boxes.ts'
import { planDemos } from './demos.ts'
import { planEnvironments } from './environments.ts'
import type { Ground } from './ground.ts'
import { planLeftovers } from './leftovers.ts'
import { planPins } from './pins.ts'
import type { Planned } from './planned.ts'
import { planSeats } from './seats.ts'
import { planTemps } from './temps.ts'
import { planWorktrees } from './worktrees.ts'

/** In the order in which it is carried out: pins come after the seats that borrow through them. */
export const planCleaning = async (ground: Ground): Promise<Planned[]> => {
  const overdue = await overdueRuns(ground)
  const going = new Set(overdue.map(one => one.runId))
  const seats = await planSeats(ground, going)
  const kept = seats.filter(({ act }) => act === null).map(({ item }) => item.name)
  return [
    ...seats,
    ...(await planPins(ground, kept)),
    ...(await planEnvironments(ground, going)),
    ...(await planWorktrees(ground)),
    ...(await planLeftovers(ground)),
    ...(await planTemps(ground)),
    ...(await planDemos(ground)),
    ...(await planRetention(ground, overdue)),
    ...(await planBoxes(ground)),
  ]
}

/** What a command of cleaning would do now; changes nothing. */
import type { CleaningCommand } from '../../store/commands.ts'
import { planErasure } from '../erasure/plan.ts'
import type { Ground } from './ground.ts'
import { planCleaning } from './plan.ts'
import type { Planned } from './planned.ts'

export const plannedFor = (ground: Ground, command: CleaningCommand): Promise<Planned[]> =>
  command.kind === 'gc' ? planCleaning(ground) : planErasure(ground, command.filter)

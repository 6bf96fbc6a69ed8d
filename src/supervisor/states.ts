/** The machines' states, grouped by what they mean to the scheduler and to people. */

/** The run asks nothing more of us; `awaitingOperator` goes on when the operator says so. */
export const restingRunStates = ['done', 'failed', 'awaitingOperator', 'cancelled'] as const

/** An agent's process is, or is about to be, at work. */
export const agentStates = ['working', 'verifying'] as const

/** A task on its way by itself: nothing has to be scheduled for it. */
export const activeTaskStates = [
  'working',
  'backingOff',
  'harvesting',
  'merging',
  'verifying',
  'verifierBackingOff',
  'integrating',
] as const

/** Its dependents may start. */
export const satisfiedTaskStates = ['integrated', 'recorded'] as const

/** Its dependents can never start. */
export const lostTaskStates = ['skipped', 'cancelled'] as const

export const isIn = (states: readonly string[], state: string): boolean => states.includes(state)

/** The machines' states, grouped by what they mean to the scheduler and to people. */

/** The run asks nothing more of us and goes on by the operator's word alone. */
export const restingRunStates = ['done', 'failed', 'awaitingOperator', 'cancelled'] as const

/**
 * A task at work holds one of the run's places from its start to its verdict, its verifier's work included; it gives the
 * place up when it waits, for a provider or for its train. So there are never more agents at work than places.
 */
export const busyTaskStates = ['working', 'harvesting', 'merging', 'verifying'] as const

/** A task on its way by itself: nothing has to be scheduled for it. One train at a time carries all that is integrating. */
export const activeTaskStates = [
  ...busyTaskStates,
  'backingOff',
  'verifierBackingOff',
  'queued',
  'integrating',
] as const

/** Its dependents may start. */
export const satisfiedTaskStates = ['integrated', 'recorded'] as const

/** Its dependents can never start. */
export const lostTaskStates = ['skipped', 'cancelled', 'dropped', 'rejected'] as const

export const isIn = (states: readonly string[], state: string): boolean => states.includes(state)

/**
 * The one loop. For each event, in one transaction: append it, store the states it gives, store the effects and timers
 * it asks for. After the commit the effects run; what they answer is the next event. A restart reads states and outbox
 * and goes on. The loop knows no tool: store, effects and clock are handed in.
 */
import type { Action, Effect } from '../domain/effect.ts'
import type { LoopEvent } from '../domain/event.ts'
import { follow, type MachineState, type RunStates, react } from './brain.ts'
import type { RunContext } from './run-context.ts'
import type { TaskContext } from './task-context.ts'

/** What the loop needs of the store; src/store keeps it. All of it is synchronous. */
export interface LoopStore {
  /** One immediate transaction that refuses when a later supervisor has begun. */
  write<T>(work: () => T): T
  append(event: LoopEvent, at: number): number
  statesOf(runId: string): RunStates
  /** Ids of all runs that have not come to rest. */
  openRuns(): string[]
  saveState(kind: 'run' | 'task', runId: string, machine: MachineState<RunContext | TaskContext>, seq: number): void
  addEffect(effect: Effect, seq: number): void
  removeEffect(key: string): void
  /** Drops effects and timers of a task, or of the whole run when taskId is null; returns the effects' keys. */
  voidEffects(runId: string, taskId: string | null): string[]
  setTimer(timer: Extract<Action, { name: 'timer.set' }>, now: number): void
  clearTimer(key: string): void
  pendingEffects(): Effect[]
  timers(): { key: string; runId: string; taskId: string | null; dueAt: number }[]
}

/**
 * Carries out one effect: looks at the world first, then acts; resolves with the event that answers it, several that are
 * one transaction, or null when there is nothing to say (it was voided). `tell` reports facts on the way. Must honour
 * `signal` promptly.
 */
export type RunEffect = (
  effect: Effect,
  signal: AbortSignal,
  tell: (event: LoopEvent) => void,
) => Promise<LoopEvent | LoopEvent[] | null>

export interface LoopOptions {
  store: LoopStore
  runEffect: RunEffect
  /** Turns a thrown error into the event that reports it; keeps the text as content. */
  reportFailure: (effect: Effect, error: unknown) => LoopEvent
  now: () => number
  /** Rings once, after that many milliseconds; returns how to call it off. Left out: the process's own timer. */
  alarm?: (inMs: number, ring: () => void) => () => void
  /** Called after each commit, with each event of it. */
  onCommit?: (event: LoopEvent) => void
  /** A store that cannot be written any more (superseded, disk gone) ends the loop. */
  onFatal: (error: unknown) => void
}

export interface Loop {
  /** Handles an event from outside (a command, a limit) and everything that follows; false: the loop has ended, nothing is recorded. */
  dispatch(event: LoopEvent): boolean
  /** Starts what a former life left in the outbox, and arms the timers. */
  recover(): void
  /** Nothing under way, nothing due. */
  isIdle(): boolean
  /** Aborts what is under way without recording anything: the outbox keeps it for the next start. */
  stop(): Promise<void>
}

const taskOf = (effect: Effect): string | null => ('taskId' in effect ? effect.taskId : null)

/** An effect of the whole run concerns all its tasks. */
const isOfSameTask = (one: Effect, other: Effect): boolean =>
  taskOf(one) === null || taskOf(other) === null || taskOf(one) === taskOf(other)

/** Node fires longer timers at once; a longer wait is armed again. */
const longestTimerMs = 2 ** 31 - 1

const processAlarm: NonNullable<LoopOptions['alarm']> = (inMs, ring) => {
  const timer = setTimeout(ring, inMs)
  return () => clearTimeout(timer)
}

export const createLoop = (options: LoopOptions): Loop => {
  const { store, now } = options
  const underWay = new Map<string, { effect: Effect; controller: AbortController; done: Promise<void> }>()
  const alarm = options.alarm ?? processAlarm
  let callOff = (): void => {}
  let stopped = false

  /** An answer and what follows from it, each in a transaction of its own; `settles` is the effect it answers. */
  const dispatch = (first: LoopEvent[], settles: string | null = null): boolean => {
    if (stopped) return false
    try {
      let next = commit(first, settles)
      while (next !== null) next = commit([next], null)
    } catch (error) {
      stopped = true
      options.onFatal(error)
      return false
    }
    startPending()
    armTimer()
    return true
  }

  const commit = (events: LoopEvent[], settles: string | null): LoopEvent | null => {
    const recorded = store.write(() => {
      if (settles !== null) store.removeEffect(settles)
      return events.map(record)
    })
    for (const key of recorded.flatMap(({ voided }) => voided)) underWay.get(key)?.controller.abort()
    for (const event of events) options.onCommit?.(event)
    return recorded.at(-1)?.told ?? null
  }

  const record = (event: LoopEvent): { told: LoopEvent | null; voided: string[] } => {
    const at = now()
    const seq = store.append(event, at)
    if (event.type === 'timer.fired') store.clearTimer(event.key)
    const { states, changed, actions, told } = react(store.statesOf(event.runId), event)
    for (const machine of [states.run, ...states.tasks]) {
      if (machine === null || !changed.includes(machine.id)) continue
      store.saveState(machine === states.run ? 'run' : 'task', event.runId, machine, seq)
    }
    return { told, voided: actions.flatMap(action => carry(action, seq, at)) }
  }

  /** Stores what a machine asked for; returns the keys of effects it made void. */
  const carry = (action: Action, seq: number, at: number): string[] => {
    switch (action.name) {
      case 'timer.set':
        store.setTimer(action, at)
        return []
      case 'timer.clear':
        store.clearTimer(action.key)
        return []
      case 'effects.void':
        return store.voidEffects(action.runId, action.taskId)
      default:
        store.addEffect(action, seq)
        return []
    }
  }

  const startPending = (): void => {
    if (stopped) return
    for (const effect of store.pendingEffects()) {
      if (!underWay.has(effect.key) && !waitsForAVoidedOne(effect)) start(effect)
    }
  }

  /** What was called off may still be ending its processes: until it has, nothing else of that task or run begins. */
  const waitsForAVoidedOne = (effect: Effect): boolean =>
    [...underWay.values()].some(
      other =>
        other.controller.signal.aborted && other.effect.runId === effect.runId && isOfSameTask(other.effect, effect),
    )

  const start = (effect: Effect): void => {
    const controller = new AbortController()
    const tell = (event: LoopEvent): void => {
      if (!controller.signal.aborted) dispatch([event])
    }
    // Begun in a later microtask: an effect that tells at once must find itself under way, or it would start twice.
    const done = Promise.resolve()
      .then(() => (controller.signal.aborted ? null : options.runEffect(effect, controller.signal, tell)))
      .catch((error: unknown) => (controller.signal.aborted ? null : options.reportFailure(effect, error)))
      .then(answer => {
        underWay.delete(effect.key)
        if (stopped) return
        if (answer !== null && !controller.signal.aborted) dispatch([answer].flat(), effect.key)
        else startPending()
      })
      .catch((error: unknown) => {
        stopped = true
        options.onFatal(error)
      })
    underWay.set(effect.key, { effect, controller, done })
  }

  const armTimer = (): void => {
    callOff()
    const next = store.timers()[0]
    if (next === undefined || stopped) return
    callOff = alarm(Math.min(Math.max(0, next.dueAt - now()), longestTimerMs), fireDue)
  }

  const fireDue = (): void => {
    for (const due of store.timers().filter(entry => entry.dueAt <= now())) {
      dispatch([{ type: 'timer.fired', runId: due.runId, taskId: due.taskId, key: due.key }])
    }
    armTimer()
  }

  return {
    dispatch: event => dispatch([event]),
    recover: () => {
      for (const runId of store.openRuns()) {
        const told = follow(store.statesOf(runId))
        if (told !== null) dispatch([told])
      }
      startPending()
      armTimer()
    },
    isIdle: () => underWay.size === 0 && store.timers().length === 0,
    stop: async () => {
      stopped = true
      callOff()
      const waits = [...underWay.values()].map(({ controller, done }) => {
        controller.abort()
        return done
      })
      await Promise.all(waits)
    },
  }
}

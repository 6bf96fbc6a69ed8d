/**
 * Whole runs from a seed: the real loop on a real store, with simulated effects, clock and operator. Lives end in the
 * middle of everything (before a commit, after it, between two), and the next one opens the store and goes on.
 */
import { join } from 'node:path'
import { expect } from 'vitest'
import { loopStoreOf } from '../../src/app/loop-store.ts'
import type { Effect } from '../../src/domain/effect.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { runIdOf } from '../../src/domain/ids.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { type RunStates, react } from '../../src/supervisor/brain.ts'
import { createLoop, type Loop, type LoopStore } from '../../src/supervisor/loop.ts'
import { activeTaskStates, isIn, satisfiedTaskStates } from '../../src/supervisor/states.ts'
import { contentId } from './facts.ts'
import { nextWord } from './simulated-operator.ts'
import { createWorld, randomOf, type World } from './simulated-world.ts'

export interface Simulated {
  store: Store
  world: World
  runIds: string[]
  crashes: number
  steps: number
  /** Every state and event type that occurred. */
  seen: Set<string>
}

interface Entry {
  at: number
  act: () => void
}

interface UnderWay {
  effect: Effect
  signal: AbortSignal
}

interface Life {
  store: Store
  loop: Loop
  underWay: Set<UnderWay>
  agenda: Set<Entry>
  isOver: boolean
}

const crash = new Error('killed here')
const calmAfterSteps = 400
const mostSteps = 4_000

export const simulate = async (seed: number, dir: string): Promise<Simulated> => {
  const random = randomOf(seed)
  const world = createWorld(random)
  const path = join(dir, `store-${seed}.db`)
  const runIds = Array.from({ length: 1 + (seed % 2) }, (_, index) => `simrun0${index + 1}`)
  const seen = new Set<string>()
  const chance = (probability: number): boolean => !world.isCalm && random() < probability
  let now = 1_000_000
  let crashes = 0
  let lastEpoch = 0

  /** Ends a life in the middle of a transaction (nothing of it stays) or right after one (all of it does). */
  const crashing = (inner: LoopStore, life: () => Life): LoopStore => ({
    ...inner,
    write: work => {
      const when = chance(0.02) ? 'before' : chance(0.02) ? 'after' : 'never'
      const result = inner.write(() => {
        const done = work()
        if (when === 'before') throw crash
        return done
      })
      check(life(), inner)
      if (when === 'after') throw crash
      return result
    },
  })

  /** What a task was when it began: nothing changes it from then on. */
  const begun = new Map<string, string>()
  const checkHands = ({ id, state, context }: RunStates['tasks'][number]): void => {
    if (state === 'dropped') expect(context.attempt, `attempts of dropped ${id}`).toBe(0)
    if (context.attempt === 0) return
    const fact = begun.get(id) ?? JSON.stringify(context.fact)
    begun.set(id, fact)
    expect(JSON.stringify(context.fact), `fact of ${id}`).toBe(fact)
  }

  const check = ({ store }: Life, inner: LoopStore): void => {
    for (const runId of runIds) {
      const states = inner.statesOf(runId)
      const { run, tasks } = states
      if (run === null) continue
      seen.add(`run ${run.state}`)
      for (const task of tasks) {
        seen.add(`task ${task.state}`)
        checkHands(task)
        expect(task.context.attempt, `attempts of ${task.id}`).toBeLessThanOrEqual(task.context.maxAttempts)
        if (!isIn(activeTaskStates, task.state)) continue
        const needed = tasks.filter(one => task.context.fact.dependsOn.includes(one.id))
        if (task.context.attempt > 0) expect(needed.every(one => isIn(satisfiedTaskStates, one.state))).toBe(true)
      }
      const agents = tasks.filter(task => isIn(['working', 'verifying'], task.state))
      expect(agents.length, `agents of ${runId}`).toBeLessThanOrEqual(run.context.request.maxParallel)
      if (isIn(['done', 'failed', 'cancelled', 'awaitingOperator'], run.state)) {
        expect(store.outbox.pendingOf(runId), `outbox of ${runId} at rest`).toEqual([])
        expect(inner.timers().filter(timer => timer.runId === runId)).toEqual([])
      }
    }
  }

  const begin = (): Life => {
    const db = openDatabase(path)
    db.pragma('synchronous = OFF')
    const store = createStore(db)
    const epoch = store.nextEpoch()
    expect(epoch).toBeGreaterThan(lastEpoch)
    lastEpoch = epoch
    const agenda = new Set<Entry>()
    const underWay = new Set<UnderWay>()
    const schedule = (inMs: number, act: () => void): (() => void) => {
      const entry = { at: now + inMs, act }
      agenda.add(entry)
      return () => void agenda.delete(entry)
    }
    const life: Life = { store, underWay, agenda, isOver: false } as Partial<Life> as Life
    life.loop = createLoop({
      store: crashing(loopStoreOf(store, epoch), () => life),
      now: () => now,
      alarm: schedule,
      runEffect: (effect, signal, tell) => {
        const started = { effect, signal }
        underWay.add(started)
        if (effect.name === 'agent.rebuild') {
          for (const { taskId, tip, tree } of world.standing.filter(one => !effect.tasks.includes(one.taskId))) {
            const commit = {
              commit: tip,
              agent: effect.agent,
              tip,
              tree,
              status: 'none',
              resultsContentId: contentId(5),
            } as const
            tell({ type: 'task.reintegrated', runId: runIdOf(taskId), taskId, ...commit })
          }
        }
        if (effect.name === 'attempt.run') {
          const ids = { runId: effect.runId, taskId: effect.taskId }
          tell({ type: 'attempt.started', ...ids, attempt: effect.attempt, worker: effect.worker, resumed: false })
          tell({ type: 'session.known', ...ids, sessionId: `s${effect.attempt}` })
        }
        return new Promise((resolve, reject) => {
          // What is voided meanwhile may still come to an end and answer, late.
          schedule(Math.floor(random() * 5_000), () => {
            underWay.delete(started)
            try {
              resolve(signal.aborted && random() < 0.5 ? null : world.perform(effect))
            } catch (error) {
              reject(error)
            }
          })
        })
      },
      reportFailure: effect => ({
        type: 'effect.failed',
        runId: effect.runId,
        taskId: 'taskId' in effect ? effect.taskId : null,
        effect: effect.name,
        contentId: contentId(77),
      }),
      onCommit: event => {
        seen.add(event.type)
        if (event.type === 'operator.cancelled') expectNothingUnderWay(life, event)
      },
      onFatal: error => {
        life.isOver = true
        if (error !== crash) throw error
      },
    })
    life.loop.recover()
    return life
  }

  /** What was under way for the run has been told to stop; only the run's end may begin anew. */
  const expectNothingUnderWay = (life: Life, event: LoopEvent): void => {
    const left = [...life.underWay].filter(({ effect, signal }) => effect.runId === event.runId && !signal.aborted)
    expect(left.filter(({ effect }) => effect.name !== 'run.conclude').map(({ effect }) => effect.key)).toEqual([])
  }

  const flush = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

  /** A supervisor that was thought dead and writes after its successor has begun changes nothing. */
  const straggle = (old: Life, next: Life): void => {
    const before = next.store.events.lastSeq()
    const event: LoopEvent = { type: 'limit.reached', runId: runIds[0]!, limit: 'tokens' }
    expect(() => old.loop.dispatch(event)).toThrow(/superseded/)
    expect(next.store.events.lastSeq()).toBe(before)
  }

  const restart = (old: Life): Life => {
    crashes += 1
    const next = begin()
    if (!old.isOver && !next.isOver) straggle(old, next)
    old.store.close()
    return next
  }

  let commands = 0
  const operate = ({ loop, store }: Life): void => {
    const reader = loopStoreOf(store, 0)
    for (const runId of runIds) {
      const states = reader.statesOf(runId)
      const word = nextWord({ states, runId, agent: world.agent(), random, chance, commandId: `c${commands++}` })
      if (word !== null) loop.dispatch(word)
    }
  }

  const isEnded = ({ store }: Life): boolean =>
    runIds.every(runId => isIn(['done', 'failed', 'cancelled'], store.machines.get(runId)?.state ?? 'none'))

  let life = begin()
  let steps = 0
  while (!isEnded(life)) {
    steps += 1
    if (steps > calmAfterSteps) world.isCalm = true
    expect(steps, `steps of seed ${seed}`).toBeLessThan(mostSteps)
    operate(life)
    await flush()
    const next = [...life.agenda].sort((a, b) => a.at - b.at)[0]
    if (!life.isOver && next !== undefined) {
      life.agenda.delete(next)
      now = Math.max(now, next.at)
      next.act()
      await flush()
    }
    if (life.isOver || chance(0.02)) life = restart(life)
  }
  return { store: life.store, world, runIds, crashes, steps, seen }
}

/** The states of a run as the log alone gives them. */
export const replay = (store: Store, runId: string): RunStates => {
  let states: RunStates = { run: null, tasks: [] }
  for (const { event } of store.events.ofRun(runId)) states = react(states, event).states
  return states
}

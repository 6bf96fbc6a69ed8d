/**
 * A world for simulated runs: what effects do to it outlives every crash, as the operator's repository does. Each effect
 * looks before it acts; the seed decides what goes wrong.
 */
import { FailureClass, unmeasured } from '../../src/domain/attempt.ts'
import type { Effect, EffectOf } from '../../src/domain/effect.ts'
import type { LoopEvent, TaskFact } from '../../src/domain/event.ts'
import type { WaitReason } from '../../src/domain/reasons.ts'
import { contentId, fact, oid, taskId } from './facts.ts'
import { createTrains, type Landing } from './simulated-trains.ts'

/** Numbers in [0, 1), the same for the same seed (mulberry32, public domain). */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface World {
  /** No more mishaps from here on: every run can come to its end. */
  isCalm: boolean
  random: () => number
  /** Every integration ever made, in order. */
  integrations: readonly Landing[]
  /** What stands on the integration branch now. */
  readonly standing: readonly Landing[]
  /** Where the integration branch stands. */
  agent(): string
  /** Trees whose checks did not fail, and the tips each holds. */
  goodTrees: ReadonlyMap<string, readonly string[]>
  /** Carries out one effect and gives what answers it; throws where AgentLab itself would fail. */
  perform(effect: Effect): LoopEvent | LoopEvent[]
}

export const createWorld = (random: () => number): World => {
  const made = new Map<string, string>()
  /** One object for each name, however often it is made. */
  const objectFor = (name: string): string => {
    const known = made.get(name) ?? oid(100 + made.size)
    made.set(name, known)
    return known
  }
  const chance = (probability: number): boolean => !world.isCalm && random() < probability
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const text = (): string => contentId(Math.floor(random() * 1e9))

  const plan = (runId: string): LoopEvent => {
    const size = 1 + Math.floor(random() * 5)
    const tasks = Array.from({ length: size }, (_, index): TaskFact => {
      const needs = Array.from({ length: index }, (_, earlier) => taskId(earlier + 1, runId)).filter(
        () => random() < 0.3,
      )
      const worker = pick(['claude', 'codex', 'gemini'] as const)
      return fact(index + 1, { dependsOn: needs, worker, kind: random() < 0.15 ? 'research' : 'change' }, runId)
    })
    if (chance(0.05)) return { type: 'plan.refused', runId, reason: 'stricterLane', contentId: text() }
    if (chance(0.1)) return { type: 'plan.asked', runId, planner: 'claude', contentId: text(), returned: 0 }
    return {
      type: 'plan.ready',
      runId,
      planContentId: text(),
      origin: 'model',
      planner: 'claude',
      passedOver: [],
      forecastContentId: null,
      returned: 0,
      tasks,
    }
  }

  const attempt = (effect: EffectOf<'attempt.run'>): LoopEvent => {
    const failure = chance(0.35) ? pick(FailureClass.options) : null
    return {
      type: 'attempt.finished',
      runId: effect.runId,
      taskId: effect.taskId,
      outcome: failure === null ? 'answered' : 'failed',
      class: failure,
      retryInMs: failure === 'rateLimit' ? Math.floor(random() * 60_000) : null,
      usage: unmeasured,
      answerContentId: failure === null && !chance(0.1) ? text() : null,
      dropped: 0,
    }
  }

  const harvest = (effect: EffectOf<'work.harvest'>): LoopEvent => {
    const ids = { runId: effect.runId, taskId: effect.taskId }
    if (chance(0.1)) return { type: 'work.empty', ...ids, findingsContentId: text() }
    if (chance(0.05)) return { type: 'work.refused', ...ids, findingsContentId: text() }
    if (chance(0.02)) return { type: 'integration.refused', ...ids, reason: 'branchCheckedOut' }
    const tip = objectFor(`${effect.taskId} ${effect.attempt}`)
    const counts = { files: 1, added: 1, deleted: 0, uncommitted: false }
    return { type: 'work.harvested', ...ids, tip, base: oid(1), ...counts, findingsContentId: null }
  }

  const merge = (effect: EffectOf<'merge.check'>): LoopEvent => {
    const ids = { runId: effect.runId, taskId: effect.taskId }
    const agent = trains.agent()
    // Landed by a train that was called off too late to tell: it merges, and nothing is found against it.
    const isThere = trains.holds(effect.tip)
    if (chance(0.02)) return { type: 'integration.refused', ...ids, reason: 'agentMovedByHand' }
    if (!isThere && chance(0.02)) return { type: 'work.refused', ...ids, findingsContentId: text() }
    if (!isThere && chance(0.05)) {
      const tip = objectFor(`${effect.tip} on ${agent}`)
      return { type: 'work.rebased', ...ids, tip, base: agent }
    }
    if (!isThere && chance(0.15))
      return { type: 'merge.conflicted', ...ids, agent, files: 1, findingsContentId: text() }
    const { tree, status } = trains.check([effect.tip])
    const findingsContentId = status === 'failed' ? text() : null
    return {
      type: 'checks.finished',
      ...ids,
      tip: effect.tip,
      agent,
      tree,
      status,
      resultsContentId: text(),
      findingsContentId,
      environmentContentId: null,
    }
  }

  const judge = (effect: EffectOf<'verdict.seek'>): LoopEvent => {
    const value = chance(0.4) ? pick(['fail', 'inconclusive'] as const) : ('pass' as const)
    const failure = value === 'inconclusive' && chance(0.5) ? pick(FailureClass.options) : null
    return {
      type: 'verdict.given',
      runId: effect.runId,
      taskId: effect.taskId,
      tip: effect.tip,
      verifier: chance(0.05) ? null : pick(['claude', 'codex', 'gemini'] as const),
      value,
      inconclusive: value === 'inconclusive' ? 'nothingRead' : null,
      sameVendor: false,
      verdictContentId: text(),
      findingsContentId: value === 'fail' ? text() : null,
      class: failure,
      retryInMs: null,
      usage: unmeasured,
    }
  }

  const prepare = ({ runId }: EffectOf<'base.prepare'>): LoopEvent => {
    const reasons: WaitReason[] = [
      'mainConflict',
      'mainChecksFailed',
      'branchCheckedOut',
      'repositoryUnfit',
      'stricterLane',
    ]
    if (chance(0.05)) return { type: 'base.refused', runId, reason: pick(reasons), contentId: text() }
    return { type: 'base.ready', runId, base: trains.agent(), main: oid(1), sync: 'none' }
  }

  const trains = createTrains({ chance, pick, objectFor, text })
  const world: World = {
    isCalm: false,
    random,
    integrations: trains.integrations,
    get standing() {
      return trains.standing()
    },
    agent: trains.agent,
    goodTrees: trains.goodTrees,
    perform: effect => {
      // Oftener at a run's end: nothing else makes a run fail, and few seeds must be enough to see it.
      if (chance(effect.name === 'run.conclude' ? 0.1 : 0.03)) throw new Error('a mishap of our own')
      switch (effect.name) {
        case 'base.prepare':
          return prepare(effect)
        case 'plan.make':
          return chance(0.2)
            ? {
                type: 'plan.failed',
                runId: effect.runId,
                class: pick(FailureClass.options),
                retryInMs: null,
                contentId: null,
              }
            : plan(effect.runId)
        case 'agent.rebuild':
          return trains.rebuild(effect)
        case 'attempt.run':
          return attempt(effect)
        case 'work.harvest':
          return harvest(effect)
        case 'merge.check':
          return merge(effect)
        case 'verdict.seek':
          return judge(effect)
        case 'train.run':
          return trains.run(effect)
        case 'run.conclude':
          return [...trains.lateLandings(effect.runId), { type: 'run.concluded', runId: effect.runId }]
      }
    },
  }
  return world
}

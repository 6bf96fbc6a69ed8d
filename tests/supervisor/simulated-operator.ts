/** What a simulated operator says: mostly waits, and answers whatever a run waits for, or says the wrong thing to it. */

import { dependentsOf } from '../../src/domain/dependents.ts'
import type { LoopEvent, TaskFact } from '../../src/domain/event.ts'
import { taskNumberOf } from '../../src/domain/ids.ts'
import type { WaitReason } from '../../src/domain/reasons.ts'
import type { RunStates } from '../../src/supervisor/brain.ts'
import { isIn, restingRunStates } from '../../src/supervisor/states.ts'
import { contentId, fact, oid, request } from './facts.ts'

const mostTasks = 12

export interface OperatorInput {
  states: RunStates
  runId: string
  /** Where the integration branch stands. */
  agent: string
  /** A number in [0, 1). */
  random: () => number
  /** Never true once the world is calm. */
  chance: (probability: number) => boolean
  /** A name that no earlier command has. */
  commandId: string
}

/** What the operator says now; null: nothing. */
export const nextWord = (input: OperatorInput): LoopEvent | null => {
  const { states, runId, random, chance, commandId } = input
  const { run } = states
  if (run === null) {
    return {
      type: 'run.requested',
      runId,
      request: request({
        maxParallel: 1 + Math.floor(random() * 3),
        maxAttempts: 1 + Math.floor(random() * 3),
        purpose: random() < 0.1 ? 'plan' : 'work',
        reviewPlan: random() < 0.3,
      }),
    }
  }
  const no = isIn(restingRunStates, run.state) && chance(0.35) ? rejected(input) : null
  if (no !== null) return no
  if (isIn(['done', 'failed', 'cancelled', 'rebuilding'], run.state)) return null
  if (run.state === 'awaitingOperator') {
    if (chance(0.1)) return { type: 'operator.cancelled', runId, commandId }
    if (chance(0.1)) return edit(input)
    return chance(0.1) ? resumed(input) : (answerTo(run.context.waitReason, input) ?? resumed(input))
  }
  if (chance(0.004)) return { type: 'operator.cancelled', runId, commandId }
  if (chance(0.01)) return { type: 'limit.reached', runId, limit: 'requests' }
  if (run.state === 'working' && chance(0.02)) return steered(input)
  return run.state === 'working' && chance(0.03) ? edit(input) : null
}

/** Takes out what stands, with all that depends on it: command intake sees to that. Sometimes what was seen is old. */
const rejected = ({ states, runId, agent, random, commandId }: OperatorInput): LoopEvent | null => {
  const standing = states.tasks.filter(task => task.state === 'integrated').map(task => task.id)
  const taken = standing[Math.floor(random() * standing.length)]
  if (taken === undefined) return null
  const facts = states.tasks.map(task => task.context.fact)
  return {
    type: 'operator.rejected',
    runId,
    commandId,
    tasks: [taken, ...dependentsOf(facts, taken).filter(id => standing.includes(id))],
    back: random() < 0.5 ? taken : null,
    agent: random() < 0.2 ? oid(9) : agent,
    findingsContentId: contentId(1_000 + Math.floor(random() * 1e9)),
  }
}

/** Words to any task, and of any task that they were taken: neither moves a machine, whatever state it is in. */
const steered = ({ states, runId, random, commandId }: OperatorInput): LoopEvent | null => {
  const task = states.tasks[Math.floor(random() * states.tasks.length)]
  if (task === undefined) return null
  const message = { runId, taskId: task.id, commandId }
  return random() < 0.5
    ? { type: 'operator.steered', ...message, contentId: contentId(9) }
    : { type: 'message.delivered', ...message }
}

const resumed = ({ runId, commandId, chance }: OperatorInput): LoopEvent => ({
  type: 'operator.resumed',
  runId,
  commandId,
  extra: chance(0.5),
})

const answerTo = (reason: WaitReason | null, { runId, commandId, chance }: OperatorInput): LoopEvent | null => {
  if (reason === 'plannerAsks') return { type: 'operator.answered', runId, commandId, answerContentId: contentId(8) }
  if (reason !== 'planReview') return null
  return { type: chance(0.2) ? 'plan.renewed' : 'plan.approved', runId, commandId, hash: 'hash' }
}

/**
 * Drops, changes, adds and reorders whatever there is, also what has begun: the door that would refuse it is not part of
 * the brain, and the brain must hold without it. Without tasks there is nothing to edit.
 */
const edit = ({ states, runId, random, commandId }: OperatorInput): LoopEvent | null => {
  const known = states.tasks.filter(task => task.state !== 'dropped').map(task => task.context.fact)
  if (known.length === 0) return null
  const dropped = known.filter(() => random() < 0.3).map(one => one.taskId)
  const kept = known
    .filter(one => !dropped.includes(one.taskId))
    .map((one): TaskFact => {
      const dependsOn = one.dependsOn.filter(id => !dropped.includes(id) && random() < 0.7)
      return { ...one, dependsOn, worker: random() < 0.5 ? 'gemini' : one.worker }
    })
  const next = 1 + Math.max(...states.tasks.map(task => taskNumberOf(task.id)))
  const added = random() < 0.5 && next <= mostTasks ? [fact(next, { worker: 'codex' }, runId)] : []
  const tasks = [...added, ...kept].sort(() => random() - 0.5)
  if (tasks.length === 0) return null
  const planContentId = contentId(6)
  return { type: 'plan.edited', runId, commandId, planContentId, forecastContentId: null, tasks, dropped }
}

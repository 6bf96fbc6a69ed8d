/** What the operator asks of `agentlab box`, held against lane, worker and repository before anything is made. */
import type { EffectiveConfig } from '../../config/effective.ts'
import { runLimitsOf } from '../../config/limits.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { newRunId, type Oid } from '../../domain/ids.ts'
import { isLooser, type Lane, type WorkerName } from '../../domain/lane.ts'
import { readHead } from '../../git/refs.ts'
import { answererOf } from '../../lanes/answerer.ts'
import { policyOf, workerRefusal, workerRefusalWords } from '../../lanes/policy.ts'
import { whyThatLane } from '../../lanes/required-lane.ts'
import type { RunScope } from '../host.ts'
import { laneForWish } from '../lane-of-run.ts'
import type { Project } from '../project.ts'

export interface BoxOrder {
  /** null: the repository's. */
  lane: Lane | null
  /** null: what the boxes of all workers have in common, without any agent's configuration. */
  worker: WorkerName | null
  /** Program and words; no shell reads them. */
  command: readonly string[]
}

export const boxFailure = (what: string, code: string, cure: string, exit: AgentLabError['exit'] = exitCode.wrongUse) =>
  new AgentLabError(`agentlab box failed on ${what}`, { code, cure, exit })

/**
 * As a run's scope, so that the same functions make the box; but it is no run, and no store knows it.
 * @throws AgentLabError `lane-looser`, `worker-not-in-lane`, `no-head` (exit 2)
 */
export const scopeOfBox = async (project: Project, order: BoxOrder): Promise<RunScope> => {
  const lane = await laneFor(project, order)
  return scopeFor(project, lane, await headOf(project))
}

/** As for a run without a plan: what HEAD and the history hold demands its lane, and nobody is asked to loosen it. */
const laneFor = async (project: Project, { lane, worker }: BoxOrder): Promise<Lane> => {
  const { effective } = project.config
  const required = await laneForWish(project, { planText: null })
  if (lane !== null && isLooser(lane, required.lane))
    throw boxFailure(
      `lane ${lane}: it is looser than ${required.lane}, which this repository needs: ${whyThatLane(required)}`,
      'lane-looser',
      'Leave --lane out, or ask for a stricter one: agentlab box --lane private -- <command>',
    )
  const chosen = lane ?? required.lane
  if (worker !== null) refuseWorker(effective, chosen, worker)
  return chosen
}

const refuseWorker = (effective: EffectiveConfig, lane: Lane, worker: WorkerName): void => {
  const policy = policyOf(lane, effective)
  const question = { worker, answerer: answererOf(worker, lane, effective), rehearsed: false }
  const refusal = workerRefusal(policy, question)
  if (refusal === null) return
  throw boxFailure(
    `worker ${worker}: ${workerRefusalWords(refusal, policy, question)}`,
    'worker-not-in-lane',
    'Leave --worker out to get the box without an agent’s configuration, or choose a worker of the lane.',
  )
}

const headOf = async ({ repository }: Project): Promise<Oid> => {
  const head = await readHead(repository)
  if (head !== null) return head
  const cure = 'Switch to a branch that has commits, or make the first one: git commit --allow-empty -m "First commit"'
  throw boxFailure('HEAD: it stands on a branch without a commit', 'no-head', cure)
}

const scopeFor = ({ config: { effective, hash } }: Project, lane: Lane, base: Oid): RunScope => ({
  runId: newRunId(Math.random),
  lane,
  request: {
    lane,
    goalContentId: '',
    configContentId: '',
    configHash: hash,
    planContentId: null,
    scenarioContentId: null,
    containment: 'boxed',
    network: 'gate',
    setupHosts: null,
    workers: effective.agents,
    maxParallel: 1,
    maxAttempts: 1,
    independence: 'vendor',
    limits: runLimitsOf(effective.limits),
    purpose: 'work',
    reviewPlan: false,
  },
  config: effective,
  goal: '',
  base,
  mergesMain: null,
  rehearsed: false,
})

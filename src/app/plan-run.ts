/** What the operator may wish for a run, and everything that can be refused about it before a row is written. */
import { runLimitsOf } from '../config/limits.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Lane, WorkerName } from '../domain/lane.ts'
import type { RunPurpose, RunRequest } from '../domain/run-request.ts'
import { answererOf } from '../lanes/answerer.ts'
import { type LanePolicy, policyOf } from '../lanes/policy.ts'
import type { RequiredLane } from '../lanes/required-lane.ts'
import { parsePlanFile } from '../planner/plan-file.ts'
import { probeBox } from '../process/box-probe.ts'
import { parseScenario } from '../rehearsal/scenario.ts'
import { chooseCrew } from './agents.ts'
import { roomFor } from './box-bounds.ts'
import { hostsReached } from './environment/set-up-network.ts'
import { refuseTooLong } from './fits-context.ts'
import { listedFiles } from './handed-in.ts'
import { laneForWish, settledLane } from './lane-of-run.ts'
import type { PipedLog } from './piped-log.ts'
import type { Project } from './project.ts'
import { shutToolFolders } from './tool-folder.ts'

export interface RunWish {
  goal: string
  /** Text of --plan FILE, or null. */
  planText: string | null
  /** Text of --rehearse SCENARIO, or null: real models. */
  scenarioText: string | null
  lane: Lane | null
  /** What it has to be at least, where that was found out a moment ago. */
  required?: RequiredLane
  /** The operator has agreed, at a terminal, that the run goes into `lane` although it needs this stricter one. */
  loosenedFrom?: Lane
  workers: WorkerName[] | null
  maxParallel: number | null
  /** The operator's own word that processes may run without a box. */
  unboxed: boolean
  /** The operator's own word that one vendor may verify itself where no other is to be had. */
  sameVendor: boolean
  /** Left out: a goal is carried out. */
  purpose?: RunPurpose
  /** A log handed in beside the repository. */
  log?: PipedLog
  /** The plan waits for the operator's approval. Left out: it does not. */
  reviewPlan?: boolean
}

/**
 * Everything that can be refused is refused here, before a row is written or a token spent.
 * @throws AgentLabError `hand-in-refused`, `lane-too-loose`, `no-worker`, `one-vendor`, `unboxed-refused`, `disk-full`,
 * `no-wall` (exit 5), `yaml-invalid`
 */
export const planRun = async (
  project: Project,
  wish: RunWish,
): Promise<Omit<RunRequest, 'goalContentId' | 'configContentId' | 'planContentId' | 'scenarioContentId' | 'log'>> => {
  const { effective, hash } = project.config
  const purpose = wish.purpose ?? 'work'
  const rehearsed = wish.scenarioText !== null
  if (wish.planText !== null) parsePlanFile(wish.planText, 'the plan file')
  if (wish.scenarioText !== null) parseScenario(wish.scenarioText, 'the scenario')
  const refused = (await listedFiles(project.repository, effective.handIn)).find(file => file.refused !== null)
  if (refused?.refused) throw refused.refused
  const { lane, ...loosened } = settledLane(wish.required ?? (await laneForWish(project, wish)), wish)
  // Bringing main in asks no agent, so none has to be there.
  const workers =
    purpose === 'sync'
      ? effective.agents
      : await chooseCrew({ config: effective, env: project.env, lane, rehearsed, wanted: wish.workers })
  const independence = wish.sameVendor ? 'session' : effective.verifier.independence
  // A plan is judged by the operator alone, and a merge by the checks.
  const isJudged = purpose === 'work' || purpose === 'resolve'
  const vendors = new Set(workers.map(worker => answererOf(worker, lane, effective).provider))
  if (isJudged && independence === 'vendor' && vendors.size === 1) {
    throw new AgentLabError(
      `agentlab failed on choosing a verifier: in lane ${lane} only ${workers.join(', ')} can be used, so no other vendor can judge its work`,
      {
        code: 'one-vendor',
        cure: 'Log in to a second agent, or accept verdicts of the same vendor: agentlab task --same-vendor "<goal>" (the receipt will say so)',
        exit: exitCode.wrongUse,
      },
    )
  }
  if (!rehearsed && purpose !== 'sync')
    await refuseTooLong(effective, project.env, { goal: wish.goal, planText: wish.planText, lane, workers })
  await roomFor(project)
  const containment = await containmentFor(wish, policyOf(lane, effective))
  const shutTools = containment === 'boxed' ? (await shutToolFolders(effective.tools, project.env)).length : 0
  return {
    lane,
    ...loosened,
    configHash: hash,
    containment,
    ...(process.getuid?.() === 0 ? { asRoot: true as const } : {}),
    ...(shutTools === 0 ? {} : { shutTools }),
    network: containment === 'boxed' ? 'gate' : 'host',
    setupHosts: containment === 'boxed' ? hostsReached(effective, lane) : null,
    workers,
    maxParallel: Math.min(wish.maxParallel ?? effective.limits.maxParallel, effective.limits.maxParallel),
    maxAttempts: effective.limits.maxAttempts,
    independence,
    limits: runLimitsOf(effective.limits),
    purpose,
    reviewPlan: wish.reviewPlan ?? false,
  }
}

/**
 * Boxed where a box can be built. Else a rehearsal may go on (and says so), and real models need the operator's word
 * twice: for the lane, in their file, and for this run. Nothing of lane private runs without a box.
 */
const containmentFor = async (wish: RunWish, policy: LanePolicy): Promise<RunRequest['containment']> => {
  const mayBeUnboxed = policy.lane !== 'private' && (policy.unboxed || wish.scenarioText !== null)
  if (wish.unboxed) {
    if (mayBeUnboxed) return 'unboxed'
    throw unboxedRefused(policy.lane)
  }
  const box = await probeBox()
  if (box.available) return 'boxed'
  if (mayBeUnboxed && wish.scenarioText !== null) return 'unboxed'
  const way = mayBeUnboxed ? ' To run without any wall, at your own risk: agentlab task --unboxed "<goal>"' : ''
  throw new AgentLabError(`agentlab failed on building the box: ${box.part}: ${box.reason}`, {
    code: 'no-wall',
    cure: `${box.cure}${way}`,
    exit: exitCode.noWall,
  })
}

const unboxedRefused = (lane: Lane): AgentLabError =>
  new AgentLabError(`agentlab failed on --unboxed: lane ${lane} is not run without its box`, {
    code: 'unboxed-refused',
    cure:
      lane === 'private'
        ? 'Leave it out; agentlab doctor says what a box needs on this machine.'
        : `Leave it out, or allow it in ~/.config/agentlab/config.yaml: lanes: {${lane}: {unboxed: true}}`,
    exit: exitCode.wrongUse,
  })

/** Where a goal would go: its lane and why, who could work on it, and whom they would ask. Asks nobody, starts nothing. */
import type { Lane, Provider, WorkerName } from '../domain/lane.ts'
import type { PlannerName } from '../domain/plan.ts'
import { type LanePolicy, policyOf } from '../lanes/policy.ts'
import type { RequiredLane } from '../lanes/required-lane.ts'
import { chooseVerifier } from '../verifier/choose-verifier.ts'
import { type CrewMember, judgeCrew } from './agents.ts'
import { laneFor, settledLane } from './lane-of-run.ts'
import { answererKept } from './local-choice.ts'
import { hasApiKey, plannersOf } from './planner-back-ends.ts'
import { lookAt } from './project.ts'

export interface Route {
  lane: Lane
  /** What it has to be at least, and all that demands it. */
  required: RequiredLane
  policy: LanePolicy
  /** Of each configured worker why it can't be used; null: it can. */
  workers: CrewMember[]
  /** Best first; empty where nobody can plan. */
  planners: PlannerName[]
  /** Who judges whose work; null: nobody, another vendor is needed. */
  verifiers: { author: WorkerName; verifier: WorkerName | null; nearness: 'same vendor' | 'same model' | null }[]
}

/**
 * What a run would be given, were it asked for now.
 * @throws AgentLabError `lane-too-loose` as `task` would, and what keeps the repository or configuration from being read
 */
export const readRoute = async (
  where: { cwd: string; repo?: string; env: NodeJS.ProcessEnv },
  asked: { lane: Lane | null; paths: readonly string[] },
): Promise<Route> => {
  const { repository, config } = await lookAt(where)
  const { effective } = config
  const required = await laneFor(repository, effective, { place: 'question', paths: asked.paths })
  const { lane } = settledLane(required, asked)
  const workers = await judgeCrew({ config: effective, env: where.env, lane, rehearsed: false, wanted: null })
  const usable = workers.filter(member => member.reason === null).map(member => member.worker)
  const hasApi = await hasApiKey(usable, lane, effective, where.env)
  const available = usable.map(worker => ({ worker, answerer: answererKept(worker, lane, effective) }))
  const { independence } = effective.verifier
  return {
    lane,
    required,
    policy: policyOf(lane, effective),
    workers,
    planners: plannersOf(effective.planner.prefer, usable, hasApi),
    verifiers: available.map(author => {
      const chosen = chooseVerifier({ author, available, avoid: [], independence })
      return { author: author.worker, verifier: chosen?.worker ?? null, nearness: chosen?.nearness ?? null }
    }),
  }
}

/** The models of a provider in words: `claude-*`, `any`, or `none`. */
export const modelWords = ({ models }: Pick<LanePolicy, 'models'>, provider: Provider): string => {
  const patterns = models[provider]
  if (patterns === undefined) return 'any'
  return patterns.length === 0 ? 'none' : patterns.join(', ')
}

/**
 * The lane a run has to be in, from what it can reach: its repository's default, every path rule that a file of its base,
 * of the history or of its plan matches. Workspaces borrow the repository's objects, so what is in them can be read.
 */
import type { EffectiveConfig } from '../config/effective.ts'
import type { PathRule } from '../config/path-rules.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Oid } from '../domain/ids.ts'
import { isLooser, type Lane, strictestOf } from '../domain/lane.ts'
import type { Plan } from '../domain/plan.ts'
import type { RunRequest } from '../domain/run-request.ts'
import { cleanLine } from '../domain/text.ts'
import { listTree, type TreeEntry } from '../git/blobs.ts'
import { pathsEverHeld } from '../git/path-history.ts'
import { readHead } from '../git/refs.ts'
import type { Repository } from '../git/repository.ts'
import { type MatchedRule, matchedRules, plainPath } from '../lanes/path-lanes.ts'
import {
  type LaneReason,
  laneReasonWords,
  mayRunIn,
  type PathPlace,
  type RequiredLane,
  requiredLane,
  whyThatLane,
} from '../lanes/required-lane.ts'
import { readPlanFile } from '../planner/plan-file.ts'
import type { Host, RunScope } from './host.ts'
import type { Project } from './project.ts'

type PathReason = Extract<LaneReason, { kind: 'path' }>

export const laneForWish = async (
  { repository, config }: Project,
  wish: { planText: string | null },
): Promise<RequiredLane> => {
  const plan = wish.planText === null ? null : readPlanFile(wish.planText, 'the plan file')
  const paths = plan?.tasks.flatMap(task => task.paths) ?? []
  const { reasons } = await laneFor(repository, config.effective, { place: 'plan', paths })
  const [first, ...others] = reasons
  return requiredLane(
    first!,
    ...others,
    ...(plan?.lane === undefined ? [] : [{ kind: 'plan' as const, lane: plan.lane }]),
  )
}

/**
 * The lane that was asked for, or else the loosest that may be; with `loosened` where a person agreed to a looser one.
 * @throws AgentLabError `lane-too-loose` (exit 2)
 */
export const settledLane = (
  required: RequiredLane,
  asked: { lane: Lane | null; loosenedFrom?: Lane },
): Pick<RunRequest, 'lane' | 'loosened'> => {
  const lane = asked.lane ?? required.lane
  if (!isLooser(lane, required.lane)) return { lane }
  const from = asked.loosenedFrom
  if (from === undefined || isLooser(from, required.lane)) throw tooLoose(lane, required)
  return { lane, loosened: { from: required.lane } }
}

const tooLoose = (lane: Lane, required: RequiredLane): AgentLabError =>
  new AgentLabError(
    `agentlab failed on --lane ${lane}: this run needs lane ${required.lane}: ${whyThatLane(required)}`,
    {
      code: 'lane-too-loose',
      cure: `Leave --lane away, or loosen it yourself at a terminal, on record: agentlab task --lane ${lane} --loosen "<goal>" (ask, diagnose and sync take the same)`,
      exit: exitCode.wrongUse,
    },
  )

/** @param named paths as people or models write them, and where */
export const laneFor = async (
  repository: Repository,
  config: EffectiveConfig,
  named: { place: PathPlace; paths: readonly string[] },
): Promise<RequiredLane> => {
  const { place } = named
  const asked = matchedRules(config.paths, named.paths.map(plainPath))
  const head = config.paths.length === 0 ? null : await readHead(repository)
  const reachable = await reachableRules(repository, config, head)
  const byName = asked.map((rule): PathReason => ({ kind: 'path', place, ...rule }))
  return requiredLane(defaultOf(config), ...reachable, ...byName)
}

/** The rules that a file of the commit, one that is handed in, or the history matches. */
const reachableRules = async (
  repository: Repository,
  config: EffectiveConfig,
  commit: Oid | null,
): Promise<PathReason[]> => {
  const inFiles = await rulesInFiles(repository, config, commit)
  const known = strictestOf(config.lane, ...inFiles.map(rule => rule.lane))
  // Only what would still make a difference: a look goes through the whole history.
  const left = config.paths.filter(rule => isLooser(known, rule.lane))
  const held = await pathsEverHeld(
    repository,
    left.map(rule => rule.pattern),
  )
  const inHistory = left.flatMap((rule): PathReason[] => {
    const example = held.get(rule.pattern)
    return example === undefined ? [] : [{ kind: 'path', place: 'history', ...rule, example, count: 1 }]
  })
  return [...inFiles, ...inHistory]
}

const rulesInFiles = async (
  repository: Repository,
  { paths, handIn }: EffectiveConfig,
  commit: Oid | null,
): Promise<PathReason[]> => {
  if (paths.length === 0) return []
  const files = commit === null ? [] : await listTree(repository, commit)
  return rulesOf(files, paths, handIn).map(rule => ({ kind: 'path', place: 'files', ...rule }))
}

const lastAnswers = new WeakMap<readonly TreeEntry[], { question: string; answer: MatchedRule[] }>()

/** Asked again and again about the same trees, whose listings git/blobs.ts remembers: of each the last answer is kept. */
const rulesOf = (files: readonly TreeEntry[], rules: readonly PathRule[], handIn: readonly string[]): MatchedRule[] => {
  const question = JSON.stringify([rules, handIn])
  const known = lastAnswers.get(files)
  if (known?.question === question) return known.answer
  const answer = matchedRules(rules, [...files.map(file => file.path), ...handIn])
  lastAnswers.set(files, { question, answer })
  return answer
}

/** Why the run may not go on from this commit in its lane, in words for the operator; null: it may. */
export const stricterDemand = async (
  { project }: Host,
  { config, request }: RunScope,
  commit: Oid,
): Promise<string | null> =>
  demandWords(request, [defaultOf(config), ...(await reachableRules(project.repository, config, commit))])

const defaultOf = ({ lane, laneFrom }: EffectiveConfig): LaneReason => ({ kind: 'default', lane, from: laneFrom })

/** Why the run may not go by this plan in its lane, or null. */
export const stricterPlan = ({ config, request }: RunScope, { tasks }: Plan): string | null => {
  const planned = tasks.flatMap(task => task.paths.map(plainPath))
  const rules = matchedRules(config.paths, planned)
  return demandWords(
    request,
    rules.map(rule => ({ kind: 'path', place: 'plan', ...rule })),
  )
}

/**
 * What others brought to the integration branch meanwhile must not be checked out in a looser lane.
 * @throws AgentLabError `lane-too-loose`
 */
export const refuseStricterFiles = async ({ project }: Host, scope: RunScope, treeish: Oid): Promise<void> => {
  const demand = demandWords(scope.request, await rulesInFiles(project.repository, scope.config, treeish))
  if (demand === null) return
  throw new AgentLabError(`run ${scope.runId} failed on its lane: ${demand}`, {
    code: 'lane-too-loose',
    cure: `Cancel it (agentlab cancel ${scope.runId}) and ask anew: a new run takes the lane that is needed by itself.`,
  })
}

/** Why a worker of the run may not change a path, in words for it; null: it may. */
export const closedPath = ({ config, request }: RunScope, path: string): string | null => {
  const rule = matchedRules(config.paths, [path]).find(({ lane }) => !mayRunIn(request, lane))
  return rule === undefined ? null : `Nothing may be put here: it is for work in lane ${rule.lane}. Leave it as it was.`
}

const demandWords = (request: RunScope['request'], reasons: readonly LaneReason[]): string | null => {
  const stricter = reasons.filter(({ lane }) => !mayRunIn(request, lane))
  if (stricter.length === 0) return null
  const shown = stricter.slice(0, 5).map(laneReasonWords).join('; ')
  return `lane ${request.lane} is too loose: ${cleanLine(shown, 1_000)}`
}

/** Checks as much of a stack as it takes to know what lands and what turns it red. */
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEventOf, TrainMember } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import { treeOf } from '../../git/refs.ts'
import { learn, newStack, nextStep } from '../../supervisor/train-search.ts'
import { checkTree, type TreeChecks } from '../checks.ts'
import { type Host, keep, type RunScope, taskOf } from '../host.ts'
import { refuseStricterFiles } from '../lane-of-run.ts'

export interface Stacked {
  member: TrainMember
  tree: Oid
}

export interface Search {
  /** The lowest of the stack, so many, are green together. */
  lands: number
  /** What the tip above them does to the checks; null where there is none, or nothing is known against it. */
  red: { checks: TreeChecks; resultsContentId: string } | null
  events: LoopEventOf<'train.checked'>[]
  /** Checks that were not all in the cache. */
  checkRuns: number
}

/** @throws AgentLabError `lane-too-loose` where `agent` has got files since that no box of the run may show */
export const searchStack = async (
  host: Host,
  scope: RunScope,
  input: { effect: EffectOf<'train.run'>; agent: Oid; stacked: readonly Stacked[]; isFirstKnown: boolean },
  signal: AbortSignal,
): Promise<Search> => {
  const search: Search = { lands: 0, red: null, events: [], checkRuns: 0 }
  let known = newStack(input.stacked.length, input.isFirstKnown)
  for (;;) {
    const step = nextStep(known)
    if (step.kind === 'end') return { ...search, lands: step.lands }
    const part = input.stacked.slice(0, step.height)
    const checks = await checkPart(host, scope, input.agent, part, signal)
    const resultsContentId = keep(host, scope, null, 'checkResults', JSON.stringify(checks.results))
    search.events.push({
      type: 'train.checked',
      runId: input.effect.runId,
      train: input.effect.train,
      taskIds: part.map(({ member }) => member.taskId),
      agent: input.agent,
      tree: part.at(-1)!.tree,
      status: checks.status,
      resultsContentId,
    })
    if (checks.results.some(result => !result.cached)) search.checkRuns += 1
    const isGreen = checks.status !== 'failed'
    // The last red one is the lowest, right above what lands.
    if (!isGreen) search.red = { checks, resultsContentId }
    known = learn(known, step.height, isGreen)
  }
}

/** What any of them must turn green counts for all of them together. */
const checkPart = async (
  host: Host,
  scope: RunScope,
  agent: Oid,
  part: readonly Stacked[],
  signal: AbortSignal,
): Promise<TreeChecks> => {
  await refuseStricterFiles(host, scope, part.at(-1)!.tree)
  const taskIds = part.map(({ member }) => member.taskId)
  const wanted = {
    tree: part.at(-1)!.tree,
    baseTree: await treeOf(host.project.repository, agent),
    mustTurnGreen: taskIds.flatMap(taskId => taskOf(host, taskId).turnsGreen),
    taskId: taskIds.length === 1 ? taskIds[0]! : null,
  }
  return checkTree(host, scope, wanted, signal)
}

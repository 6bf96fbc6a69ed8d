/**
 * Carries verified tips onto `agent` as a stack: checks it, lands what is green in one move of the branch, and sends back
 * the tip that turns it red. `agent` never stands on a tree whose checks did not run; the trees between are on its way only.
 */
import { branchNames } from '../../config/branches.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent, TrainMember } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import type { WaitReason } from '../../domain/reasons.ts'
import { mergeTree } from '../../git/merge.ts'
import { branchRef, readRef } from '../../git/refs.ts'
import { stackTips } from '../../git/stack.ts'
import { type Host, loggedAt, type RunScope, scopeOf } from '../host.ts'
import { conflictOf } from './merge.ts'
import { sentBack } from './train-blame.ts'
import { searchStack } from './train-checks.ts'
import { integratedEvent, lookForLanded } from './train-landed.ts'
import { landStack } from './train-landing.ts'

type Train = EffectOf<'train.run'>

export const runTrain = async (host: Host, effect: Train, signal: AbortSignal): Promise<LoopEvent[]> => {
  const scope = scopeOf(host, effect.runId)
  const { repository } = host.project
  const branch = branchNames(scope.config.branches).agent
  const now = await readRef(repository, branchRef(branch))
  // Deleted by hand: nothing to continue, and nothing AgentLab should bring back unasked.
  if (now === null) return [...refused(effect, 'agentMovedByHand'), ended(effect, 0)]
  const { landed, astray, members, agent, isRepeated } = await lookForLanded(repository, effect, now)
  const isFirstKnown = members[0]?.agent === agent
  const when = loggedAt(host, effect.runId, event => event.type === 'train.formed' && event.train === effect.train)
  const { stacked, conflicted } = await stackTips(repository, {
    agent,
    members,
    knownFirst: isFirstKnown ? members[0]!.tree : null,
    when,
  })
  const search = await searchStack(host, scope, { effect, agent, stacked, isFirstKnown }, signal)
  const green = stacked.slice(0, search.lands)
  // From here on it is one short step, taken whole or not at all.
  signal.throwIfAborted()
  const landing = await landStack(host, scope, { effect, branch, agent, stack: green, now: isRepeated ? now : null })
  const before = [
    ...landed.map(({ integration }) => integratedEvent(effect.runId, integration)),
    ...astray.map(({ taskId }): LoopEvent => ({ type: 'agent.moved', runId: effect.runId, taskId })),
  ]
  const end = ended(effect, search.checkRuns)
  switch (landing.status) {
    case 'checkedOut':
      return [...search.events, ...before, ...refused({ ...effect, members }, 'branchCheckedOut'), end]
    case 'moved':
      return [...search.events, ...before, end]
    case 'landed': {
      const bad = search.red === null ? [] : [await sentBack(host, scope, stacked, search, landing.tip)]
      const apart = await conflictsWith(host, scope, landing.tip, conflicted)
      return [...search.events, ...before, ...landing.events, ...bad, ...apart, end]
    }
  }
}

const refused = ({ runId, members }: Pick<Train, 'runId' | 'members'>, reason: WaitReason): LoopEvent[] =>
  members.map(({ taskId }) => ({ type: 'integration.refused', runId, taskId, reason }))

const ended = ({ runId, train }: Train, checkRuns: number): LoopEvent => ({
  type: 'train.ended',
  runId,
  train,
  checkRuns,
})

/** Those that do not merge with what has landed now. One that was only in the way of a tip still waiting rides again. */
const conflictsWith = async (
  host: Host,
  scope: RunScope,
  agent: Oid,
  members: readonly TrainMember[],
): Promise<LoopEvent[]> => {
  const events: LoopEvent[] = []
  for (const { taskId, tip } of members) {
    const merge = await mergeTree(host.project.repository, agent, tip)
    if (merge.status === 'conflict') events.push(conflictOf(host, scope, taskId, agent, merge.files))
  }
  return events
}

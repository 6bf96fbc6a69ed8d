/** What of a train is on `agent` already: landed by an earlier life of this effect, or by one that was called off too late. */
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent, StackPlace, TrainMember } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import { findIntegration, type Integration } from '../../git/integrate.ts'
import { isAncestor, treeOf } from '../../git/refs.ts'
import type { Repository } from '../../git/repository.ts'
import { trainMarkOf } from '../../git/train-trailers.ts'

type Train = EffectOf<'train.run'>

export interface Landed {
  member: TrainMember
  integration: Integration
}

export interface Look {
  /** On `agent` by another train: they only have to be told. */
  landed: Landed[]
  /** What their checks saw of `agent` is gone from it: rebuilt, or moved by hand. Stacking them would bring it back. */
  astray: TrainMember[]
  /** Those still to be stacked, in order. */
  members: TrainMember[]
  /** What they are stacked on: `agent` as it is, or as it was before this train had moved it. */
  agent: Oid
  /** This train has moved `agent` already: all that is left is to come to the same end and tell it. */
  isRepeated: boolean
}

export const lookForLanded = async (repository: Repository, effect: Train, now: Oid): Promise<Look> => {
  const nowTree = await treeOf(repository, now)
  const found: Landed[] = []
  const astray: TrainMember[] = []
  for (const member of effect.members) {
    // On an `agent` that has not moved since its checks, only a tip that adds nothing may be in it.
    if (member.agent === now && member.tree !== nowTree) continue
    const integration = await findIntegration(repository, now, member.taskId, member.tip)
    if (integration !== null) found.push({ member, integration })
    else if (!(await isAncestor(repository, member.agent, now))) astray.push(member)
  }
  const own = found.filter(({ integration }) => isOf(effect, integration))
  const landed = found.filter(one => !own.includes(one))
  return {
    landed,
    astray,
    members: effect.members.filter(member => !astray.includes(member) && !landed.some(one => one.member === member)),
    agent: own[0]?.integration.parents[0] ?? now,
    isRepeated: own.length > 0,
  }
}

const isOf = (effect: Train, { trailers }: Integration): boolean => {
  const mark = trainMarkOf(trailers)
  return mark?.runId === effect.runId && mark.train === effect.train
}

/** What its own commit tells of an integration. */
export const integratedEvent = (runId: string, integration: Integration): LoopEvent => {
  const { taskId, taskTip, commit, parents, tree, trailers } = integration
  const mark = trainMarkOf(trailers)
  const stack: StackPlace | null = mark && { train: mark.train, place: mark.place, size: mark.size, tree: mark.tree }
  return {
    type: 'task.integrated',
    runId,
    taskId,
    commit,
    agent: parents[0]!,
    tip: taskTip,
    tree,
    ...(stack === null ? {} : { stack }),
  }
}

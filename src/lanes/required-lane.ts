/** The lane a run has to be in at least, with what demands it. Pure. */
import { isLooser, type Lane, strictestOf } from '../domain/lane.ts'
import { many } from '../domain/measures.ts'
import type { RunRequest } from '../domain/run-request.ts'
import { cleanLine } from '../domain/text.ts'
import type { MatchedRule } from './path-lanes.ts'

/** Where a path was found: in the files of the base, in the history of any ref, in the plan, or in the operator's question. */
export type PathPlace = 'files' | 'history' | 'plan' | 'question'

export type LaneReason =
  | { kind: 'default'; lane: Lane; from: 'repository' | 'operator' | 'shipped' }
  | ({ kind: 'path'; place: PathPlace } & MatchedRule)
  /** The plan says that it comes from a run of this lane. */
  | { kind: 'plan'; lane: Lane }

export interface RequiredLane {
  lane: Lane
  /** The default first, then all that was matched. */
  reasons: readonly LaneReason[]
}

export const requiredLane = (first: LaneReason, ...others: readonly LaneReason[]): RequiredLane => ({
  lane: strictestOf(first.lane, ...others.map(reason => reason.lane)),
  reasons: [first, ...others],
})

/** Whether a run may go on where `required` is demanded: its lane is as strict, or the operator loosened it from there. */
export const mayRunIn = ({ lane, loosened }: Pick<RunRequest, 'lane' | 'loosened'>, required: Lane): boolean =>
  !isLooser(lane, required) || (loosened !== undefined && !isLooser(loosened.from, required))

const fileOf = { repository: 'agentlab.yaml', operator: 'your config.yaml' }

const placeWords: Record<PathPlace, (rule: MatchedRule) => string> = {
  files: ({ example, count }) => `it holds for ${cleanLine(example, 120)}${more(count)}`,
  history: ({ example }) => `the history holds ${cleanLine(example, 120)}, which agents can read`,
  plan: ({ example, count }) => `the plan names ${cleanLine(example, 120)}${more(count)}`,
  question: ({ example, count }) => `you name ${cleanLine(example, 120)}${more(count)}`,
}

const more = (count: number): string => (count > 1 ? ` and ${many(count - 1, 'other', 'others')}` : '')

export const laneReasonWords = (reason: LaneReason): string => {
  if (reason.kind === 'plan') return `the plan comes from a run of lane ${reason.lane}`
  if (reason.kind === 'path')
    return `${cleanLine(reason.pattern, 120)} is ${reason.lane} (${fileOf[reason.from]}): ${placeWords[reason.place](reason)}`
  switch (reason.from) {
    case 'repository':
      return `agentlab.yaml says lane: ${reason.lane}`
    case 'operator':
      return `your default lane is ${reason.lane}`
    case 'shipped':
      return `no file names a lane, so it is ${reason.lane}`
  }
}

/** What demands exactly the lane, in one line. */
export const whyThatLane = ({ lane, reasons }: RequiredLane): string =>
  reasons
    .filter(reason => reason.lane === lane)
    .map(laneReasonWords)
    .join('; ')

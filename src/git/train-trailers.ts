/** What an integration says of the train it landed in, as trailers: so that a restart knows its own commits again. */
import { Oid, RunId } from '../domain/ids.ts'
import type { Trailers } from './commit.ts'

export interface TrainMark {
  runId: RunId
  train: number
  place: number
  size: number
  /** The tree at the top of the stack: the one that was checked. */
  tree: Oid
}

/** `AgentLab-Train: 2 of 3 in k3m9q2x7/4` and `AgentLab-Checked-Tree: <tree>`. */
export const trainTrailers = ({ runId, train, place, size, tree }: TrainMark): Trailers => ({
  Train: `${place} of ${size} in ${runId}/${train}`,
  'Checked-Tree': tree,
})

/** The mark of an integration, or null where it has none of this shape. */
export const trainMarkOf = (trailers: Trailers): TrainMark | null => {
  const [, place, size, run, train] = /^(\d+) of (\d+) in ([^/]+)\/(\d+)$/.exec(trailers.Train ?? '') ?? []
  const [runId, tree] = [RunId.safeParse(run), Oid.safeParse(trailers['Checked-Tree'])]
  if (!runId.success || !tree.success) return null
  return { runId: runId.data, train: Number(train), place: Number(place), size: Number(size), tree: tree.data }
}

/** The trailers of an integration made anew, whose own tree was checked this time. */
export const withoutTrainMark = ({ Train: _, 'Checked-Tree': __, ...others }: Trailers): Trailers => others

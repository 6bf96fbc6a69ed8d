/** What an erasure takes and what it leaves, each with its reason, in the order in which it is done. Changes nothing. */
import type { ErasureFilter } from '../../domain/erasure.ts'
import { dropImported } from '../../git/ref-write.ts'
import { sumOf } from '../cleaning/disk-usage.ts'
import { type Ground, runIdIn } from '../cleaning/ground.ts'
import { planLeftovers } from '../cleaning/leftovers.ts'
import { discardAll, gone, type Planned, stays } from '../cleaning/planned.ts'
import { planSeats } from '../cleaning/seats.ts'
import { planWorktrees } from '../cleaning/worktrees.ts'
import { type Candidate, candidatesFor, endedWords } from './candidates.ts'
import { planOwnEnvironments } from './own-environments.ts'
import { planSharedFiles } from './shared-files.ts'
import { isUnfinished } from './tell-erased.ts'

/**
 * Files come before rows, and rows before the files that hold words of many runs: that a run's words are erased is recorded
 * last, when nothing is left that could hold them. Seats go by the rules of cleaning, so
 * work that is nowhere else is kept under a ref first, or its seat stays.
 */
export const planErasure = async (ground: Ground, filter: ErasureFilter): Promise<Planned[]> => {
  const all = await candidatesFor(ground, filter)
  const chosen = all.filter(one => one.keeps === null)
  if (chosen.length === 0 && !isUnfinished(ground))
    return Promise.all(all.map(one => planContent(ground, one, 'operator')))
  const isMeant = ({ item }: Planned): boolean => chosen.some(({ runId }) => runIdIn(item.name) === runId)
  const seats = await planSeats(ground)
  const errands = seats.filter(({ item }) => item.runId === null && runIdIn(item.name) === null)
  return [
    ...seats.filter(isMeant),
    ...errands,
    ...(await planWorktrees(ground)).filter(isMeant),
    ...(await planOwnEnvironments(ground, chosen)),
    ...(await planLeftovers(ground)).filter(({ item }) => item.kind === 'leftover'),
    ...(await Promise.all(all.map(one => planContent(ground, one, 'operator')))),
    ...planSharedFiles(ground),
  ]
}

/** The words of one run: its rows, its transcripts, plans that were edited. */
export const planContent = async (
  ground: Ground,
  one: Candidate,
  by: 'operator' | 'retention',
  why = endedWords(one),
): Promise<Planned> => {
  const { store } = ground.project
  const onDisk = sumOf(await Promise.all(one.paths.map(path => ground.meter.measure(path))))
  const item = {
    kind: 'content' as const,
    name: one.runId,
    path: null,
    runId: one.runId,
    bytes: onDisk === null ? null : one.bytes + onDisk,
    fate: one.keeps === null ? ('remove' as const) : ('keep' as const),
    why: one.keeps ?? `${why}, lane ${one.lane}${one.hasCommits ? '; imported: the refs of its commits go too' : ''}`,
  }
  if (one.keeps !== null) return { item, act: null }
  return {
    item,
    act: async hands => {
      await discardAll(one.paths)(hands)
      if (one.hasCommits) await dropImported(ground.project.repository, one.runId)
      const erased = store.write(() => {
        if (!ground.isStillSo()) return false
        store.erasure.erase(one.runId, { by, files: one.paths.length })
        return true
      }, hands.epoch())
      return erased ? gone() : stays('a run has begun meanwhile')
    },
  }
}

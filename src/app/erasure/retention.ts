/** What the lanes' retention says has to go now: words of runs that ended longer ago than their lane keeps them. */
import { Lane } from '../../domain/lane.ts'
import { many } from '../../domain/measures.ts'
import { policyOf } from '../../lanes/policy.ts'
import type { Ground } from '../cleaning/ground.ts'
import type { Planned } from '../cleaning/planned.ts'
import type { Project } from '../project.ts'
import { type Candidate, candidatesFor } from './candidates.ts'
import { planContent } from './plan.ts'
import { planSharedFiles } from './shared-files.ts'
import { planTelling } from './tell-erased.ts'

const dayMs = 24 * 3_600_000

const retentionDays = (ground: Ground, lane: Lane): number | null => retentionDaysIn(ground.project, lane)

/** For how many days after a run's end a lane keeps its words; null: until they are purged. */
export const retentionDaysIn = ({ config }: Pick<Project, 'config'>, lane: Lane): number | null =>
  policyOf(lane, config.effective).retentionDays

/** Runs past their lane's days that may be erased, closed ones first. */
export const overdueRuns = async (ground: Ground): Promise<Candidate[]> => {
  const lanes = Lane.options.flatMap(lane => {
    const days = retentionDays(ground, lane)
    return days === null ? [] : [{ runId: null, lane, endedBefore: ground.now - days * dayMs }]
  })
  const found = await Promise.all(lanes.map(filter => candidatesFor(ground, filter)))
  return found.flat().filter(one => one.keeps === null)
}

/** Their words, and what it takes to be rid of them for good; also what an erasure that was cut short has left. */
export const planRetention = async (ground: Ground, overdue: readonly Candidate[]): Promise<Planned[]> => {
  if (overdue.length === 0 && !ground.project.store.erasure.isPending()) return planTelling(ground)
  const contents = overdue.map(one => {
    const days = retentionDays(ground, one.lane) ?? 0
    const why = `its run ended ${many(Math.floor((ground.now - (one.endedAt ?? 0)) / dayMs), 'day')} ago, kept are ${days}`
    return planContent(ground, one, 'retention', why)
  })
  return [...(await Promise.all(contents)), ...planSharedFiles(ground)]
}

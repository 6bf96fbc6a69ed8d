/** `agentlab purge [--run RUN] [--lane L] [--older-than AGE]`: erases what was said, for good; the log of facts stays. */
import { type Project, planPurge, purge as purgeNow } from '../../app.ts'
import { amountText, type CleaningItem } from '../../domain/cleaning.ts'
import type { ErasureFilter } from '../../domain/erasure.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { Lane } from '../../domain/lane.ts'
import { askLine, canAsk } from '../ask.ts'
import type { Answer, Call } from '../call.ts'
import { openIfAny, runNamed } from '../project.ts'
import { parseSince } from '../since.ts'
import { cleaned, lines } from './gc.ts'

export interface PurgeOptions {
  run?: string
  lane?: Lane
  olderThan?: string
  dryRun?: boolean
  yes?: boolean
}

export const purge = async (call: Call, options: PurgeOptions): Promise<Answer> => {
  const { run, lane, olderThan } = options
  if (run === undefined && lane === undefined && olderThan === undefined)
    throw wrongUse('its arguments', 'it is not said what is to be erased', 'Give --run, --lane or --older-than.')
  const endedBefore = olderThan === undefined ? null : parseSince(olderThan, Date.now(), '--older-than')
  const project = await openIfAny(call)
  if (project === null && run === undefined)
    return { text: '', json: { results: [] }, remarks: ['Nothing was ever run here.'] }
  const filter = { runId: run === undefined ? null : runNamed(project, run), lane: lane ?? null, endedBefore }
  try {
    return await erase(call, project!, filter, options)
  } finally {
    project!.close()
  }
}

const erase = async (call: Call, project: Project, filter: ErasureFilter, options: PurgeOptions): Promise<Answer> => {
  const items = await planPurge(project, filter)
  refuseOpen(filter, items)
  const going = items.filter(({ fate }) => fate !== 'keep')
  if (going.length === 0) {
    const remarks = ['Nothing is to be erased: what was meant has not ended, is gone already, or never was.']
    return { text: lines(items), json: { results: items }, remarks }
  }
  if (options.dryRun === true) {
    const remarks = [`${amount(going)} would be erased for good: the same line with --yes instead of --dry-run`]
    return { text: lines(items), json: { results: items }, remarks }
  }
  if (options.yes !== true && !(await agreed(call, items, going)))
    return { text: '', json: null, remarks: ['Nothing has changed.'], exit: exitCode.failed }
  const report = await purgeNow(project, filter, { signal: call.signal })
  const answer = cleaned(report)
  if (!report.isCutShort) return answer
  return { ...answer, remarks: [...(answer.remarks ?? []), 'It was cut short: run it again to finish.'] }
}

/** What is written anew is no thing that goes. */
const amount = (items: readonly CleaningItem[]): string => amountText(items.filter(({ fate }) => fate !== 'rewrite'))

const agreed = async (call: Call, items: readonly CleaningItem[], going: readonly CleaningItem[]): Promise<boolean> => {
  if (!canAsk(call))
    throw wrongUse(
      'its consent',
      'nobody can be asked, and what is erased is gone for good',
      'Add --yes, or look first with --dry-run.',
    )
  call.out.write(`${lines(items)}\n`)
  const question = `Erase ${amount(going)} for good? yes or no`
  return /^y/i.test(await askLine(call, question, 'no', text => /^(?:y(?:es)?|no?)$/i.test(text)))
}

/** A run that was named and can't be erased is refused by name; among many it is only kept. */
const refuseOpen = ({ runId }: ErasureFilter, items: readonly CleaningItem[]): void => {
  const kept = items.find(item => item.kind === 'content' && item.runId === runId && item.fate === 'keep')
  if (runId !== null && kept !== undefined)
    throw wrongUse(runId, kept.why, `Ask again once that is over; a run is ended with: agentlab cancel ${runId}`)
}

const wrongUse = (what: string, why: string, cure: string): AgentLabError =>
  new AgentLabError(`purge failed on ${what}: ${why}`, { code: 'wrong-use', cure, exit: exitCode.wrongUse })

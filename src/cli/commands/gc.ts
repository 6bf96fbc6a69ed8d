/** `agentlab gc [--dry-run]`: removes what is done with, keeps the rest, and says why of each. */
import { cleanUp, planCleanUp } from '../../app.ts'
import {
  amountText,
  type CleaningItem,
  type CleaningReport,
  type CleaningResult,
  cleaningRows,
} from '../../domain/cleaning.ts'
import { exitCode } from '../../domain/errors.ts'
import { many } from '../../domain/measures.ts'
import { cleanLine } from '../../domain/text.ts'
import type { Answer, Call } from '../call.ts'
import { alignColumns } from '../columns.ts'
import { openIfAny } from '../project.ts'

const sizeColumn = 3

export const gc = async (call: Call, options: { dryRun?: boolean }): Promise<Answer> => {
  const project = await openIfAny(call)
  if (project === null) return { text: '', json: { results: [] }, remarks: ['Nothing was ever run here.'] }
  try {
    if (options.dryRun === true) return planned(await planCleanUp(project))
    return cleaned(await cleanUp(project, { signal: call.signal }))
  } finally {
    project.close()
  }
}

export const lines = (items: readonly CleaningItem[]): string =>
  alignColumns(cleaningRows(items), [sizeColumn]).join('\n')

const isToGo = ({ fate }: CleaningItem): boolean => fate !== 'keep'

const planned = (items: CleaningItem[]): Answer => {
  const going = items.filter(isToGo)
  const next = going.length === 0 ? 'Nothing is to be removed.' : `${amountText(going)} would go: agentlab gc`
  return { text: lines(items), json: { results: items }, remarks: [next] }
}

/** What was planned, as the dry run prints it, and then where the world was otherwise. */
export const cleaned = ({ results, isCutShort }: CleaningReport): Answer => {
  const gone = results.filter(result => result.isGone && result.fate !== 'rewrite')
  const left = results.filter(result => isToGo(result) && !result.isGone)
  return {
    text: lines(results),
    json: { results, isCutShort },
    remarks: [
      ...results.flatMap(noteLine),
      gone.length === 0 ? 'Nothing was removed.' : `${amountText(gone)} removed.`,
      ...(left.length === 0 ? [] : [`${many(left.length, 'thing')} could not be removed.`]),
    ],
    exit: left.length === 0 ? exitCode.done : exitCode.failed,
  }
}

const noteLine = ({ kind, name, isGone, note }: CleaningResult): string[] =>
  note === null ? [] : [`${isGone ? '' : 'still there: '}${kind} ${cleanLine(name)}: ${cleanLine(note, 500)}`]

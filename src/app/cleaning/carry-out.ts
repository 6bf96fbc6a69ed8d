/** Carries a cleaning plan out, one item after the other; what can't go is kept and said, and the rest goes on. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CleaningReport, CleaningResult } from '../../domain/cleaning.ts'
import { AgentLabError } from '../../domain/errors.ts'
import { removeTree } from '../../git/remove-tree.ts'
import type { BoxHost } from '../box-command.ts'
import type { Ground } from './ground.ts'
import { trashOf } from './leftovers.ts'
import { type Hands, type Outcome, type Planned, stays } from './planned.ts'

export interface Authority {
  host: BoxHost
  signal: AbortSignal
  /** Under which it records facts. */
  epoch(): number
}

/**
 * The caller is the only authority over the project at this moment: the supervisor, or whoever holds its lock. May be
 * killed anywhere and called again, with what is then planned.
 */
export const carryOut = async (
  ground: Ground,
  all: readonly Planned[],
  { host, signal, epoch }: Authority,
): Promise<CleaningReport> => {
  const hands: Hands = { host, signal, epoch, discard: path => discard(ground, path) }
  const results: CleaningResult[] = []
  let isCutShort = false
  for (const { item, act } of all) {
    isCutShort ||= act !== null && (signal.aborted || !ground.isStillSo())
    if (act === null) results.push({ ...item, isGone: false, note: null })
    else
      results.push({ ...item, ...(isCutShort ? stays('not done: cleaning was cut short') : await tried(act, hands)) })
  }
  return { results, isCutShort }
}

const tried = async (act: NonNullable<Planned['act']>, hands: Hands): Promise<Outcome> => {
  try {
    return await act(hands)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (hands.signal.aborted) return stays('not done: cleaning was cut short')
    if (error instanceof AgentLabError)
      return stays(error.cure === undefined ? error.message : `${error.message}. ${error.cure}`)
    if (code === undefined) throw error
    const cure = ['EACCES', 'EPERM'].includes(code) ? '; it belongs to somebody else: remove it as its owner' : ''
    return stays(`it could not be removed: ${(error as Error).message}${cure}`)
  }
}

/** A rename takes it out of sight in one step; what a kill leaves in the trash is no seat and no environment any more. */
const discard = async ({ project, isStillSo }: Ground, path: string): Promise<void> => {
  const trash = trashOf(project.dataDir)
  if (dirname(path) === trash) return removeTree(path)
  mkdirSync(trash, { recursive: true, mode: 0o700 })
  const aside = join(trash, randomBytes(8).toString('hex'))
  if (!isStillSo()) throw new AgentLabError('a run has begun meanwhile', { code: 'run-began' })
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  await removeTree(aside)
}

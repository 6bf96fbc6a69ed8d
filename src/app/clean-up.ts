/**
 * `agentlab gc` and `purge` from the command's side. One authority does it: the supervisor where one is alive, else this process while
 * it holds the supervisor's lock, so that no run is woken by cleaning.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type CleaningItem, CleaningReport } from '../domain/cleaning.ts'
import type { ErasureFilter } from '../domain/erasure.ts'
import { AgentLabError } from '../domain/errors.ts'
import { sweepMarked } from '../process/launch.ts'
import type { CleaningCommand } from '../store/commands.ts'
import { takeLock } from '../store/lock.ts'
import { newRowId } from '../store/store.ts'
import { carryOut } from './cleaning/carry-out.ts'
import { type Ground, layGround } from './cleaning/ground.ts'
import { plannedFor } from './cleaning/planned-for.ts'
import { silentError } from './keep-supervisor.ts'
import type { Project } from './project.ts'

const pollMs = 100
/** A large seat takes its time; the supervisor goes on with it even when nobody waits any more. */
const defaultPatienceMs = 30 * 60_000

/** Cleans and tells what became of each thing. @throws AgentLabError as `carriedOut` does */
export const cleanUp = (project: Project, options: CleaningOptions): Promise<CleaningReport> =>
  carriedOut(project, { kind: 'gc' }, options)

/** Erases what the filter means, for good. @throws AgentLabError as `carriedOut` does */
export const purge = (project: Project, filter: ErasureFilter, options: CleaningOptions): Promise<CleaningReport> =>
  carriedOut(project, { kind: 'purge', filter }, options)

/** What `cleanUp` would do now, in the same order; changes nothing. */
export const planCleanUp = (project: Project): Promise<CleaningItem[]> => itemsOf(project, { kind: 'gc' })

/** What `purge` would do now, in the same order; changes nothing. */
export const planPurge = (project: Project, filter: ErasureFilter): Promise<CleaningItem[]> =>
  itemsOf(project, { kind: 'purge', filter })

export interface CleaningOptions {
  signal: AbortSignal
  patienceMs?: number
}

const byHand = (project: Project): Ground => layGround(project, { isByHand: true, now: Date.now() })

const itemsOf = async (project: Project, command: CleaningCommand): Promise<CleaningItem[]> =>
  (await plannedFor(byHand(project), command)).map(({ item }) => item)

/** @throws AgentLabError `supervisor-silent` when the lock's holder does not answer, `cleaning-failed` */
const carriedOut = async (
  project: Project,
  command: CleaningCommand,
  options: CleaningOptions,
): Promise<CleaningReport> => {
  const own = await carryOutHere(project, command, options.signal)
  if (own !== null) return own
  const { store } = project
  const id = newRowId()
  store.write(() => store.commands.append(id, command, Date.now()))
  const withdraw = (): boolean =>
    store.write(() => store.commands.answer(id, { accepted: false, text: 'Withdrawn.' }, Date.now()))
  const until = Date.now() + (options.patienceMs ?? defaultPatienceMs)
  for (;;) {
    const answer = store.commands.answerOf(id)
    if (answer?.accepted) return CleaningReport.parse(JSON.parse(answer.text))
    if (answer) throw new AgentLabError(`${command.kind} failed: ${answer.text}`, { code: 'cleaning-failed' })
    const ours = await carryOutHere(project, command, options.signal, withdraw)
    if (ours !== null) return ours
    if ((options.signal.aborted || Date.now() > until) && withdraw())
      throw await silentError(project, 'The request was withdrawn: ask again.')
    await sleep(pollMs)
  }
}

/** Null where somebody else holds the lock, or `mayBegin` says that the work is done by now. */
const carryOutHere = async (
  project: Project,
  command: CleaningCommand,
  signal: AbortSignal,
  mayBegin: () => boolean = () => true,
): Promise<CleaningReport | null> => {
  const lock = takeLock(project.paths.lock, Date.now())
  if (lock === null) return null
  try {
    if (!mayBegin()) return null
    await sweepMarked(project.dataDir)
    const host = { project, now: Date.now, log: () => undefined }
    const ground = byHand(project)
    let epoch: number | null = null
    const ownEpoch = (): number => {
      epoch ??= project.store.nextEpoch()
      return epoch
    }
    return await carryOut(ground, await plannedFor(ground, command), { host, signal, epoch: ownEpoch })
  } finally {
    lock.release()
  }
}

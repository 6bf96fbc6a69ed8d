/**
 * `agentlab gc` from the command's side. One authority cleans: the supervisor where one is alive, else this process while
 * it holds the supervisor's lock, so that no run is woken by cleaning.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type CleaningItem, CleaningReport } from '../domain/cleaning.ts'
import { AgentLabError } from '../domain/errors.ts'
import { sweepMarked } from '../process/launch.ts'
import { takeLock } from '../store/lock.ts'
import { newRowId } from '../store/store.ts'
import { clean } from './cleaning/carry-out.ts'
import { layGround } from './cleaning/ground.ts'
import { planCleaning } from './cleaning/plan.ts'
import { silentError } from './keep-supervisor.ts'
import type { Project } from './project.ts'

const pollMs = 100
/** A large seat takes its time; the supervisor goes on with it even when nobody waits any more. */
const defaultPatienceMs = 30 * 60_000

/**
 * Cleans and tells what became of each thing.
 * @throws AgentLabError `supervisor-silent` when the lock's holder does not answer, `cleaning-failed`
 */
export const cleanUp = async (
  project: Project,
  options: { signal: AbortSignal; patienceMs?: number },
): Promise<CleaningReport> => {
  const own = await cleanHere(project, options.signal)
  if (own !== null) return own
  const { store } = project
  const id = newRowId()
  store.write(() => store.commands.append(id, { kind: 'gc' }, Date.now()))
  const withdraw = (): boolean =>
    store.write(() => store.commands.answer(id, { accepted: false, text: 'Withdrawn.' }, Date.now()))
  const until = Date.now() + (options.patienceMs ?? defaultPatienceMs)
  for (;;) {
    const answer = store.commands.answerOf(id)
    if (answer?.accepted) return CleaningReport.parse(JSON.parse(answer.text))
    if (answer) throw new AgentLabError(`gc failed: ${answer.text}`, { code: 'cleaning-failed' })
    const ours = await cleanHere(project, options.signal, withdraw)
    if (ours !== null) return ours
    if ((options.signal.aborted || Date.now() > until) && withdraw())
      throw await silentError(project, 'The request was withdrawn: ask again.')
    await sleep(pollMs)
  }
}

/** What `cleanUp` would do now, in the same order; changes nothing. */
export const planCleanUp = async (project: Project): Promise<CleaningItem[]> =>
  (await planCleaning(layGround(project, { isByHand: true, now: Date.now() }))).map(({ item }) => item)

/** Null where somebody else holds the lock, or `mayBegin` says that the work is done by now. */
const cleanHere = async (
  project: Project,
  signal: AbortSignal,
  mayBegin: () => boolean = () => true,
): Promise<CleaningReport | null> => {
  const lock = takeLock(project.paths.lock, Date.now())
  if (lock === null) return null
  try {
    if (!mayBegin()) return null
    await sweepMarked(project.dataDir)
    const host = { project, now: Date.now, log: () => undefined }
    return await clean(layGround(project, { isByHand: true, now: Date.now() }), host, signal)
  } finally {
    lock.release()
  }
}

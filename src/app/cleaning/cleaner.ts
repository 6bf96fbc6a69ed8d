/** The supervisor's cleaning: on the operator's command at any time, and by itself, within the bounds, once nothing is at work. */
import type { CleaningReport } from '../../domain/cleaning.ts'
import type { CleaningCommand } from '../../store/commands.ts'
import type { Host } from '../host.ts'
import { carryOut } from './carry-out.ts'
import { layGround } from './ground.ts'
import { plannedFor } from './planned-for.ts'

export interface Cleaner {
  /** Takes a command's row; it is answered when that is done. The same one twice is taken once. */
  ask(commandId: string, command: CleaningCommand): void
  /** Nothing is at work: cleans, once until `stir`. */
  rest(): void
  /** Something is at work again. */
  stir(): void
  isBusy(): boolean
  /** Cuts it short and waits for that. What is not answered stays for the next supervisor. */
  stop(): Promise<void>
}

export const createCleaner = (host: Host, epoch: number): Cleaner => {
  const stopping = new AbortController()
  const asked = new Set<string>()
  let last: Promise<void> = Promise.resolve()
  let under = 0
  let hasRested = false

  const enqueue = (work: () => Promise<void>): void => {
    under += 1
    last = last
      .then(work)
      .catch(error => host.log(`cleaning failed: ${error instanceof Error ? error.stack : String(error)}`))
      .finally(() => {
        under -= 1
      })
  }
  const authority = { host, signal: stopping.signal, epoch: () => epoch }
  const carriedOut = async (command: CleaningCommand, isByHand: boolean): Promise<CleaningReport> => {
    const ground = layGround(host.project, { isByHand, now: host.now() })
    return carryOut(ground, await plannedFor(ground, command), authority)
  }

  return {
    ask: (commandId, command) => {
      if (asked.has(commandId)) return
      asked.add(commandId)
      enqueue(async () => {
        if (stopping.signal.aborted) return
        const answer = await carriedOut(command, true).then(
          report => ({ accepted: true, text: JSON.stringify(report) }),
          error => ({ accepted: false, text: `the cleaning failed: ${String(error)}` }),
        )
        const { store } = host.project
        if (!stopping.signal.aborted) store.write(() => store.commands.answer(commandId, answer, host.now()), epoch)
      })
    },
    rest: () => {
      if (hasRested) return
      hasRested = true
      enqueue(async () => tell(host, await carriedOut({ kind: 'gc' }, false)))
    },
    stir: () => {
      hasRested = false
    },
    isBusy: () => under > 0,
    stop: async () => {
      stopping.abort()
      await last
    },
  }
}

/** Quiet when there was nothing to do. */
const tell = (host: Host, { results }: CleaningReport): void => {
  const gone = results.filter(result => result.isGone && result.fate !== 'rewrite')
  if (gone.length > 0) host.log(`cleaning: removed ${gone.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`)
  for (const { kind, name, note } of results) if (note !== null) host.log(`cleaning: ${kind} ${name}: ${note}`)
}

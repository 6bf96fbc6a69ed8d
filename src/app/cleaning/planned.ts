/** An item of the plan together with the act that carries it out, and the hands that act. */
import type { CleaningItem, CleaningResult } from '../../domain/cleaning.ts'
import type { BoxHost } from '../box-command.ts'

export interface Hands {
  host: BoxHost
  /**
   * Takes a path out of sight in one step and then removes it, so that a kill leaves nothing half. Missing is fine.
   * @throws AgentLabError `run-began` when a run has come to life meanwhile
   */
  discard(path: string): Promise<void>
  signal: AbortSignal
  /** Under which facts are recorded: the supervisor's own, or a new one of whoever holds its lock. */
  epoch(): number
}

export type Outcome = Pick<CleaningResult, 'isGone' | 'note'>

export interface Planned {
  item: CleaningItem
  /** null: it stays. */
  act: ((hands: Hands) => Promise<Outcome>) | null
}

export const gone = (note: string | null = null): Outcome => ({ isGone: true, note })
export const stays = (note: string): Outcome => ({ isGone: false, note })

/** Removes paths in the order given. */
export const discardAll =
  (paths: readonly string[]) =>
  async ({ discard }: Hands): Promise<Outcome> => {
    for (const path of paths) await discard(path)
    return gone()
  }

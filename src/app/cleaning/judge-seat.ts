/** Whether a seat may go: a pure reading of what is known of it. Work that is nowhere else never goes. */
import type { Fate } from '../../domain/cleaning.ts'
import type { LoopEvent } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import { duration } from '../../domain/measures.ts'
import type { Standing } from './ground.ts'

export type SeatRole = 'work' | 'verify' | 'plan' | 'errand'

export interface SeatFacts {
  role: SeatRole
  standing: Standing
  isAnyAtWork: boolean
  /** The task's state; null where the store has no such task. */
  taskState: string | null
  work: SeatWork
  /** The ref that holds the harvested tip; null where none does any more. */
  heldBy: string | null
  /** There are files of a workspace, or its git dir. */
  hasWorkspace: boolean
  /** What the workspace was made from is on record. */
  isReady: boolean
  /** Milliseconds since anything was started in it. */
  idleMs: number
  /** How long it stays after that; 0: the operator asked for cleaning. */
  staysMs: number
}

/**
 * What the log says of a seat's work: nothing was ever begun, all of it was harvested as `tip`, or some of it was not;
 * what a researcher leaves is none.
 */
export type SeatWork =
  | { status: 'none' }
  | { status: 'thrownAway' }
  | { status: 'harvested'; tip: Oid | null }
  | { status: 'unharvested' }

/** Read from a run's log, for one worker of one task. */
export const seatWork = (events: readonly LoopEvent[], taskId: string, worker: string): SeatWork => {
  let work: SeatWork = { status: 'none' }
  let current: string | null = null
  for (const event of events) {
    const planned = event.type === 'plan.ready' || event.type === 'plan.edited' ? event.tasks : []
    if (planned.some(fact => fact.taskId === taskId && fact.kind === 'research')) return { status: 'thrownAway' }
    if (!('taskId' in event) || event.taskId !== taskId) continue
    if (event.type === 'attempt.started') current = event.worker
    if (current !== worker) continue
    if (event.type === 'attempt.started') work = { status: 'unharvested' }
    if (event.type === 'work.harvested' || event.type === 'work.rebased') work = { status: 'harvested', tip: event.tip }
    if (event.type === 'work.empty') work = { status: 'harvested', tip: null }
  }
  return work
}

type Judgement = { fate: Fate; why: string }
const remove = (why: string): Judgement => ({ fate: 'remove', why })
const keep = (why: string): Judgement => ({ fate: 'keep', why })

export const judgeSeat = (facts: SeatFacts): Judgement => {
  if (facts.role === 'errand')
    return facts.isAnyAtWork
      ? keep('a run is under way and may use it')
      : remove('a check or set-up was cut short in it')
  if (facts.standing === 'atWork') return keep('its run is under way')
  if (facts.standing === 'waiting') return keep('its run waits for you')
  if (facts.idleMs < facts.staysMs)
    return keep(`its run ended, and it stays ${duration(facts.staysMs - facts.idleMs)} more`)
  if (facts.role !== 'work') return remove('its run ended, and it held no work')
  if (!facts.hasWorkspace) return remove('there is no workspace in it')
  return judgeWork(facts)
}

const judgeWork = ({ work, heldBy, taskState, standing, isReady }: SeatFacts): Judgement => {
  const isKnown = standing !== 'unknown' && taskState !== null
  if (isKnown && taskState === 'recorded') return remove('its run ended, and its answer is kept with it')
  if (isKnown && work.status === 'thrownAway') return remove('its run ended, and a researcher changes nothing')
  if (isKnown && work.status === 'none') return remove('its run ended before anybody worked in it')
  if (isKnown && work.status === 'harvested') {
    if (work.tip === null) return remove('its run ended, and its worker had changed nothing')
    if (heldBy !== null) return remove(`its run ended, and its work is on ${heldBy}`)
  }
  const reason = isKnown ? 'its run ended, and its work is on no branch' : 'it is of no run that is known here'
  if (isReady) return { fate: 'rescue', why: `${reason}: that is kept under refs/agentlab/rescue first` }
  return keep(`${reason}; what it was made from is not on record, so it can't be taken over: look yourself`)
}

/** Where in its script a conversation stands: a function of the request alone, so retries and resumes need no memory. */
import type { PastCall } from './conversation.ts'
import { runningSession } from './tools.ts'
import type { Action, Turn } from './turns.ts'

export interface Position {
  /** Index of the turn to play. */
  turn: number
  /** Play it through the shell: the CLI's own file tool has just refused it. */
  throughShell: boolean
  /** The turn's command is still running in this session of the CLI: ask for the rest. */
  session: number | null
  /** The turns played so far, each with the call that ended it. */
  played: { action: Action; call: PastCall }[]
}

/** Each turn's answered calls (mostly one) move one turn on, except a refused file tool (done again by shell) and a command still running. */
export const positionOf = (turns: readonly Turn[], calls: readonly PastCall[]): Position => {
  const position: Position = { turn: 0, throughShell: false, session: null, played: [] }
  /** Calls of the present turn that have been answered. */
  let answered = 0
  for (const call of calls) {
    const action = turns[position.turn]?.action
    const session = runningSession(call)
    if (session !== null) {
      position.session = session
    } else if (!position.throughShell && call.failed && action?.kind === 'write') {
      position.throughShell = true
      position.session = null
    } else {
      if (action) position.played.push({ action, call })
      answered++
      if (action?.kind !== 'calls' || answered >= action.calls.length) {
        position.turn++
        answered = 0
      }
      position.throughShell = false
      position.session = null
    }
  }
  return position
}

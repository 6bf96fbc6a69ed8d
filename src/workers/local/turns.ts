/** A conversation with a local model, in words that are the same for both wires. */

/** A tool call that can be carried out: the tool exists and its input has the right shape. */
export interface Call {
  id: string
  name: string
  input: Record<string, unknown>
}

/** What came of one call. A call that could not be understood has one too: the reason. */
export interface Result {
  id: string
  ok: boolean
  text: string
}

/**
 * `prompt`: what AgentLab asks for, `operator`: what the operator said in the middle of it; neither is ever cut or left
 * out. `note`: AgentLab's own remarks on the way. After an `answer` with calls come its `results`, one for each call.
 */
export type Turn =
  | { kind: 'prompt'; text: string }
  | { kind: 'operator'; id: string; text: string }
  | { kind: 'note'; text: string }
  | { kind: 'answer'; text: string; calls: Call[] }
  | { kind: 'results'; results: Result[] }

export const isKept = (turn: Turn): boolean => turn.kind === 'prompt' || turn.kind === 'operator'

export const callsOf = (turns: readonly Turn[]): number =>
  turns.reduce((sum, turn) => sum + (turn.kind === 'answer' ? turn.calls.length : 0), 0)

/** A request in words that are the same for all wires. */
import { callsInNote, operatorHead } from '../domain/loop-notes.ts'

export interface OfferedTool {
  name: string
  /** `freeform` takes plain text instead of JSON (codex's apply_patch). */
  form: 'json' | 'freeform'
}

/** `input` is an object for JSON tools, text for a freeform one. */
export interface ToolCall {
  name: string
  form: OfferedTool['form']
  input: Record<string, unknown> | string
}

/** A tool call the assistant made since the last user text, and what came of it. */
export interface PastCall {
  name: string
  input: unknown
  /** null: no result in the request. */
  output: string | null
  /** The CLI marked the result as an error, or its text says so. */
  failed: boolean
  /** null where the result does not tell. */
  exitCode: number | null
}

export interface Conversation {
  model: string
  stream: boolean
  tools: OfferedTool[]
  /** Since the last user text, in order. */
  calls: PastCall[]
  /** Every text the user side has sent, in order, for what the prompts name. */
  userText: string
  /** The agent's working directory where the request tells it. */
  cwd: string | null
  /** Tool through which a structured answer must be given; null: as text. */
  answerTool: string | null
  /** The CLI's own small request (a title, a probe, a next-speaker check): not part of the script. */
  side: false | { schema: unknown }
  /** Whether thinking may be shown. */
  thinking: boolean
  /** A quarter of the bytes of all and of the part that was there a turn ago. */
  inputTokens: number
  cachedTokens: number
}

/** A remark of the local loop stands for the calls it sums up, or for the step that led to it. */
export const callsNoted = (text: string): (PastCall & { id: string })[] | null => {
  const calls = callsInNote(text)
  if (calls === null) return null
  if (text.startsWith(operatorHead)) return []
  const one = { id: '', name: 'note', input: null, output: text, failed: false, exitCode: null }
  return Array.from({ length: calls === 0 ? 1 : calls }, () => one)
}

/** A result carries no mark of failure here: a command's tells its exit code, anything else has come off. */
export const exitCodeTold = (output: string): Omit<PastCall, 'name' | 'input'> => {
  const code = /^Exit code (\d+)/.exec(output)?.[1]
  const exitCode = code === undefined ? null : Number(code)
  return { output, failed: exitCode !== null && exitCode !== 0, exitCode }
}

export const tokensOf = (bytes: number): number => Math.ceil(bytes / 4)

/** The commit the latest prompt is about: the last line `AGENTLAB-COMMIT: <oid>`. */
export const commitNamed = (userText: string): string | null =>
  [...userText.matchAll(/AGENTLAB-COMMIT: ([0-9a-f]{64}|[0-9a-f]{40})\b/g)].at(-1)?.[1] ?? null

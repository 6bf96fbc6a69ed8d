/** What the scripted model answers, before it is put into a provider's wire format. */
import type { ToolCall } from './conversation.ts'

export type StopReason = 'end' | 'toolUse' | 'refusal' | 'outOfTokens'

export interface Reply {
  think: string | null
  text: string
  /** Mostly one or none; each has an id of its own, see `callId`. */
  calls: ToolCall[]
  stop: StopReason
  /** Unique to the request, the same for the same request: ids are made from it. */
  seed: string
  model: string
  inputTokens: number
  cachedTokens: number
  outputTokens: number
}

/** What ids of the answer's calls are made of: the first one's is the answer's own. */
export const callSeed = (seed: string, index: number): string => (index === 0 ? seed : `${seed}-${index + 1}`)

/** Text in pieces, as a model streams it. */
export const pieces = (text: string): string[] => {
  const length = Math.max(48, Math.ceil(text.length / 64))
  const found: string[] = []
  for (let at = 0; at < text.length; ) {
    // Never between the halves of a surrogate pair.
    const high = text.charCodeAt(at + length - 1)
    const end = at + length + (high >= 0xd800 && high < 0xdc00 ? 1 : 0)
    found.push(text.slice(at, end))
    at = end
  }
  return found
}

/** Makes room in a conversation that has outgrown its model, by the same model's own summary where that is needed. */
import { summaryRequest } from '../../domain/loop-notes.ts'
import type { Asking } from './asker.ts'
import { Ended } from './closing.ts'
import { type Capacity, isFitting, joined, part, rendered, roomFor, shortenOld, tokensFor } from './room.ts'
import type { Turn } from './turns.ts'
import { summarySystem } from './words.ts'

/**
 * The same turns where they fit. Throws Ended `context` when even the prompts and the last round do not, which is so
 * before anything was asked where a statement is too long.
 */
export const makeRoom = async (
  turns: readonly Turn[],
  capacity: Capacity,
  asking: Asking,
  signal: AbortSignal,
): Promise<readonly Turn[]> => {
  if (isFitting(turns, capacity)) return turns
  const short = shortenOld(turns)
  if (isFitting(short, capacity)) return short
  const parted = part(short, capacity)
  const small = parted === null ? short : joined(parted, await summaryOf(parted.old, capacity, asking, signal))
  if (isFitting(small, capacity)) return small
  const smallest = shortenOld(small, 0)
  if (isFitting(smallest, capacity) || capacity.context === null) return smallest
  throw tooLong(smallest, capacity)
}

const tooLong = (turns: readonly Turn[], capacity: Capacity): Ended =>
  new Ended(
    'context',
    `what the model has to know takes about ${tokensFor(turns, capacity)} tokens, and it has room for ${roomFor(capacity)} beside its answer (context ${capacity.context}): give it a larger context on its server, shorten the statement, or cut the task`,
  )

const summaryOf = async (
  old: readonly Turn[],
  capacity: Capacity,
  asking: Asking,
  signal: AbortSignal,
): Promise<string> => {
  const text = `${summaryRequest}\n\n${rendered(old, roomFor(capacity) / 2 / capacity.perByte)}`
  try {
    const question = {
      system: summarySystem,
      turns: [{ kind: 'note' as const, text }],
      tools: [],
      maxTokens: 1_024,
      signal,
    }
    const { text: summary } = await asking(question)
    return summary.trim() === '' ? rendered(old, 3_000) : summary
  } catch (error) {
    // Without a summary the bare facts have to do; a server that is gone is met again at the next question.
    if (error instanceof Error && error.name !== 'AbortError') return rendered(old, 3_000)
    throw error
  }
}

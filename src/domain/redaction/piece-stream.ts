/** Redacts a text that comes in pieces: a piece is let go once no secret can begin in it and end in one that is still to come. */
import type { Found } from './find-secrets.ts'
import type { Redactor } from './redactor.ts'

export interface PieceStream {
  /** Takes the next piece; gives back the earliest ones that may go, in order, redacted. */
  push(piece: string): string[]
  /** All that is still held. */
  end(): string[]
}

/** More than the longest secret; what is held is at most `most` and the last piece. */
const longest = 24_576
const most = 4 * longest
/** What has gone is looked back at for how a word begins. */
const lookBack = 16

export const redactPieceStream = (redactor: Redactor): PieceStream => {
  let context = ''
  let held: string[] = []
  let length = 0

  const release = (isLast: boolean): string[] => {
    const text = context + held.join('')
    const found = redactor.find(text, context.length)
    const count = isLast ? held.length : piecesToGo(text, context.length, held, found)
    const gone = held.slice(0, count)
    if (gone.length === 0) return []
    const redacted = redactor.redactPieces([context, ...gone], found).slice(1)
    context = (context + gone.join('')).slice(-lookBack)
    held = held.slice(count)
    length = held.reduce((sum, piece) => sum + piece.length, 0)
    return redacted
  }

  return {
    push: piece => {
      held.push(piece)
      length += piece.length
      return piece.includes('\n') || length > most ? release(false) : []
    },
    end: () => release(true),
  }
}

/** How many of the pieces end where the text may be cut: no secret goes over it, and none can still come to. */
const piecesToGo = (text: string, from: number, pieces: readonly string[], found: readonly Found[]): number => {
  let limit = Math.max(text.lastIndexOf('\n') + 1, text.length - longest)
  const armour = text.lastIndexOf('-BEGIN ')
  if (armour >= from && text.length - armour < longest && !text.includes('-END ', armour))
    limit = Math.min(limit, armour - 4)
  // Without an end in sight, all but the last of them go.
  if (text.length > 2 * most) limit = text.length
  let [count, end] = [0, from]
  for (const [index, piece] of pieces.entries()) {
    end += piece.length
    if (end > limit) break
    if (!found.some(one => one.since < end && one.end > end)) count = index + 1
  }
  return count
}

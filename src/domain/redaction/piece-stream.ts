/** Redacts a text that comes in pieces: a piece is let go once no secret can begin in it and end in one that is still to come. */
import type { Found } from './find-secrets.ts'
import { isBlockLine, openBlockAt } from './open-block.ts'
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
  /** Since the last line's end. */
  let line = ''

  const release = (isLast: boolean): string[] => {
    const text = context + held.join('')
    const limit = isLast ? text.length : limitIn(text, context.length)
    if (context.length + (held[0]?.length ?? 0) > limit) return []
    const found = redactor.find(text, context.length)
    const count = isLast ? held.length : piecesToGo(limit, context.length, held, found)
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
      const end = piece.lastIndexOf('\n')
      const lineBefore = end < 0 ? '' : (line + piece.slice(0, end)).slice(-longest)
      // One that is too long to be of a block need not be known whole.
      line = end >= 0 ? piece.slice(end + 1) : line.length > longest ? line : line + piece
      if (length > most) return release(false)
      // Where a block goes on nothing can go, and looking would cost as much as all that is held.
      return end < 0 || isBlockLine(lineBefore.slice(lineBefore.lastIndexOf('\n') + 1)) ? [] : release(false)
    },
    end: () => release(true),
  }
}

/** Before which no secret begins that may go on in what is still to come. */
const limitIn = (text: string, from: number): number => {
  const lines = text.lastIndexOf('\n') + 1
  let limit = Math.max(lines, text.length - longest)
  // Lines of base64 and the like are looked at together, and not anew with each of them.
  const block = lines > from ? openBlockAt(text, from, lines) : lines
  if (block < lines) limit = text.length - block > most ? text.length - longest : Math.min(limit, block)
  const armour = text.lastIndexOf('-BEGIN ')
  if (armour >= from && text.length - armour < longest && !text.includes('-END ', armour))
    limit = Math.min(limit, armour - 4)
  // Without an end in sight, all but the last of them go.
  return text.length > 2 * most ? text.length : limit
}

/** How many of the pieces end where the text may be cut: no secret goes over it. */
const piecesToGo = (limit: number, from: number, pieces: readonly string[], found: readonly Found[]): number => {
  let [count, end] = [0, from]
  for (const [index, piece] of pieces.entries()) {
    end += piece.length
    if (end > limit) break
    if (!found.some(one => one.since < end && one.end > end)) count = index + 1
  }
  return count
}

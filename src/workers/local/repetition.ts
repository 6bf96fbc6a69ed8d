/** Tells an answer that says the same thing without end, while it is still being said. Pure but for what it remembers. */

/** The end of the text is a piece of up to so many characters, said again and again over at least so many. */
const longestPiece = 400
const overCharacters = 4_000
const leastTimes = 10
const every = 1_024

/** Whether the text's end repeats one piece over thousands of characters. */
export const isRepeating = (text: string): boolean => {
  const tail = text.slice(-overCharacters)
  if (tail.length < overCharacters) return false
  for (let period = 1; period <= Math.min(longestPiece, overCharacters / leastTimes); period++)
    if (hasPeriod(tail, period)) return true
  return false
}

const hasPeriod = (text: string, period: number): boolean => {
  for (let at = period; at < text.length; at++) if (text[at] !== text[at - period]) return false
  return true
}

/** Give it each piece as it comes; true once the answer repeats itself. */
export const repetitionWatch = (): ((piece: string) => boolean) => {
  let tail = ''
  let unseen = 0
  return piece => {
    tail = (tail + piece).slice(-overCharacters)
    unseen += piece.length
    if (unseen < every) return false
    unseen = 0
    return isRepeating(tail)
  }
}

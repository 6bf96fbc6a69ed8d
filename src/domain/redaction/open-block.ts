/** Lines that may be the beginning of something that goes on in the next: base64, hex or a dump of several lines. */

const wholeLine =
  /^[ \t>|#*/]*(?:[A-Za-z0-9+/_-]{4,}={0,2}|(?:(?:0x)?[0-9A-Fa-f]{2,}[ :,-]*)+|[0-9A-Fa-f]{6,16}(?::| {2}).*)[ \t]*\r?$/
/** Something else may stand before it in the first line. */
const endOfLine = /[A-Za-z0-9+/_-]{20}(?:[ \t]{0,4}\r?|\\{1,4}[nr])$/
/** A longer line is none of these. */
const longestLine = 1_024

/** Whether a line without its end may be one of those, from its beginning on. */
export const isBlockLine = (line: string): boolean => line.length <= longestLine && wholeLine.test(line)

/** Where the lines begin, above `end`, that may go on below it; `end` where none do. `end` is behind a line's end. */
export const openBlockAt = (text: string, from: number, end: number): number => {
  let start = end
  for (;;) {
    if (start <= from) return start
    const previous = Math.max(from, text.lastIndexOf('\n', start - 2) + 1)
    if (start - previous > longestLine) return start
    const line = text.slice(previous, start - 1)
    if (!wholeLine.test(line)) return endOfLine.test(line) ? previous : start
    start = previous
  }
}

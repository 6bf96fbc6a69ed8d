/** How many terminal columns a text takes, and cutting or padding to a number of columns. */

const wide =
  /[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{a960}-\u{a97f}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const invisible = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
// Made when first needed: it takes milliseconds, and most lines are plain ASCII.
let segmenter: Intl.Segmenter | null = null
const graphemesOf = (line: string): Iterable<{ segment: string }> => {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  return segmenter.segment(line)
}

const widthOf = (grapheme: string): number => {
  if (invisible.test(grapheme)) return 0
  return wide.test(grapheme) || grapheme.includes('\u{fe0f}') ? 2 : 1
}

/** Columns of one line of cleaned text: 2 for East Asian wide characters and emoji, 0 for combining marks. */
export const textWidth = (line: string): number => {
  if (/^[\u0020-\u007e]*$/.test(line)) return line.length
  let width = 0
  for (const { segment } of graphemesOf(line)) width += widthOf(segment)
  return width
}

/** The line cut to at most `columns`, ending in `…` where something was left out. Never splits a character. */
export const cutToWidth = (line: string, columns: number): string => {
  if (textWidth(line) <= columns) return line
  if (columns < 1) return ''
  let kept = ''
  let width = 1
  for (const { segment } of graphemesOf(line)) {
    width += widthOf(segment)
    if (width > columns) break
    kept += segment
  }
  return `${kept}…`
}

/** Cut and filled with blanks at the right to exactly `columns`. */
export const padToWidth = (line: string, columns: number): string => {
  const cut = cutToWidth(line, columns)
  return cut + ' '.repeat(Math.max(0, columns - textWidth(cut)))
}

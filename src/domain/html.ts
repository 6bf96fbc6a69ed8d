/** HTML that can't be broken by what it shows: a template tag that escapes every text and lets through only its own. */
import { cleanText, clipMiddle } from './text.ts'

/** Markup made by the tag below; nothing else is ever taken for markup, whatever its shape. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

/** null and false leave nothing behind. */
export type Piece = Html | string | number | null | false | readonly Piece[]

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text for an element or a quoted attribute; control characters and direction overrides are taken out. */
export const escapeHtml = (text: string): string => cleanText(text).replace(/[&<>"']/g, found => entities[found]!)

// A page that is sent to somebody must open there, whatever was said.
const longestText = 20_000

const markupOf = (piece: Piece): string => {
  if (piece instanceof Html) return piece.markup
  if (piece === null || piece === false) return ''
  if (typeof piece === 'string') return escapeHtml(clipMiddle(piece, longestText))
  return typeof piece === 'number' ? String(piece) : piece.map(markupOf).join('')
}

/** `html\`<p>${text}</p>\``: attributes must stand in double quotes; never for `href`, `src`, `style` or `on…` from outside. */
export const html = (strings: TemplateStringsArray, ...pieces: Piece[]): Html =>
  new Html(strings.map((text, index) => text + (index < pieces.length ? markupOf(pieces[index]!) : '')).join(''))

/** Text for a terminal that knows ASCII only: our signs as plain ones, letters without their marks, all else as `?`. */
import { textWidth } from './text-width.ts'

const signs: Record<string, string> = {
  '…': '...',
  '→': '->',
  '≥': '>=',
  '≤': '<=',
  '·': '-',
  '−': '-',
  '–': '-',
  '—': '-',
  '─': '-',
  '┊': '|',
  '│': '|',
  '×': 'x',
  '✗': 'x',
  '✓': '+',
  '▸': '>',
  '↑': '^',
  '↓': 'v',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  ß: 'ss',
}

/** Several lines of cleaned text. What has no plain form takes as many `?` as it took columns. */
export const toAscii = (text: string): string =>
  text.replace(/[^\u0000-\u007f]+/gu, foreign => {
    const known = foreign.replace(/[^\u0000-\u007f]/gu, sign => signs[sign] ?? sign)
    return known
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .normalize('NFC')
      .replace(/[^\u0000-\u007f]+/gu, rest => '?'.repeat(textWidth(rest)))
  })

/** A JSON document in ASCII that says the same: beyond ASCII there is nothing but text in its strings. */
export const toAsciiJson = (json: string): string =>
  json.replace(/[^\u0000-\u007f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

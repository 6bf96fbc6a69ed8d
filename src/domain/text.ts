/** Text from outside, made safe to show: no control characters, no direction overrides, no invisible marks. */

// C0 without \n and \t, DEL, C1, zero-width and bidi marks, line separators, tags, and unpaired surrogates.
const unsafe =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

const escapeSequence =
  // CSI, OSC (ended by BEL or ST), DCS/SOS/PM/APC, and two-byte escapes, in 7-bit and 8-bit form.
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|(?:\u001b[PX^_]|[\u0090\u0098\u009e\u009f])[^\u001b\u009c]*(?:\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g

/** Several lines: keeps \n and \t, drops everything a terminal would obey. */
export const cleanText = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replace(escapeSequence, '').replace(unsafe, '').toWellFormed()

/** One line, at most `max` characters, with an ellipsis where it was cut. */
export const cleanLine = (text: string, max = 200): string => {
  // What is far beyond the cut need not be cleaned.
  const near = text.slice(0, max * 4 + 1_000)
  const line = cleanText(near).replace(/\s+/g, ' ').trim()
  return line.length <= max && near === text ? line : `${headOf(line, max - 1)}…`
}

/** At most `max` characters of the middle-cut text, saying how many were left out, and with `whole` what shows them. */
export const clipMiddle = (text: string, max: number, whole = ''): string => {
  if (text.length <= max) return text
  const head = Math.ceil(max * 0.4)
  const tail = max - head
  const where = whole === '' ? '' : `; all of it: ${whole}`
  return `${headOf(text, head)}\n… ${text.length - max} characters left out${where} …\n${tailOf(text, tail)}`
}

/** Several lines, each at most `max` characters, saying at its end how many were left out. */
export const cutLines = (text: string, max: number): string =>
  text
    .split('\n')
    .map(line => (line.length <= max ? line : `${headOf(line, max)}… ${line.length - max} characters left out`))
    .join('\n')

/** Cuts that never leave half of a character that takes two units. */
const headOf = (text: string, length: number): string => text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
const tailOf = (text: string, length: number): string =>
  text.slice(text.length - length).replace(/^[\udc00-\udfff]/, '')

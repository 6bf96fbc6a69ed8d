/** Exact replacement in a text, and what to tell a model that did not quote it exactly. Pure. */

export type Edited = { ok: true; text: string; count: number } | { ok: false; why: string }

/** `old` must stand there once, or `all` be true. Line ends of the file are kept. */
export const replaceExactly = (text: string, old: string, replacement: string, all: boolean): Edited => {
  if (old === '') return { ok: false, why: '`old` is empty; to make a file use write' }
  const isCrlf = text.includes('\r\n')
  const [from, to] = isCrlf ? [withCrlf(old), withCrlf(replacement)] : [old, replacement]
  if (from === to) return { ok: false, why: '`old` and `new` are the same' }
  const parts = text.split(from)
  const count = parts.length - 1
  if (count === 1 || (count > 1 && all)) return { ok: true, text: parts.join(to), count }
  if (count > 1) {
    const lines = linesOf(parts, from).slice(0, 5).join(', ')
    return {
      ok: false,
      why: `\`old\` stands there ${count} times (lines ${lines}): quote more around it, or give all: true`,
    }
  }
  return { ok: false, why: `\`old\` is not in the file${nearMiss(text, old)}` }
}

const withCrlf = (text: string): string => text.replace(/\r?\n/g, '\r\n')

const linesOf = (parts: string[], from: string): number[] => {
  const breaks = (part: string): number => part.split('\n').length - 1
  let line = 1
  return parts.slice(0, -1).map(part => {
    line += breaks(part)
    const here = line
    line += breaks(from)
    return here
  })
}

/** The commonest mistake is white space that is not the file's. */
const nearMiss = (text: string, old: string): string => {
  const bare = (line: string): string => line.trim().replace(/\s+/g, ' ')
  const first = bare(old.split('\n').find(line => bare(line) !== '') ?? '')
  const lines = text.split('\n')
  const at = first === '' ? -1 : lines.findIndex(line => bare(line) === first)
  return at < 0
    ? '; read it and quote it exactly'
    : `; line ${at + 1} is like it: ${JSON.stringify(lines[at]!.slice(0, 300))}`
}

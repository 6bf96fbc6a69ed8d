/** Puts text from outside into Markdown so that it stays text: no structure, links or HTML of its own. */
import { cleanLine, cleanText, clipMiddle } from './text.ts'

/** One line of prose: cleaned, and everything Markdown would obey escaped. */
export const inline = (text: string, max = 400): string =>
  cleanLine(text, max)
    .replace(/[\\`*_{}[\]<>#|~&!$@]/g, '\\$&')
    .replace(/:\/\//g, '\\://')
    .replace(/\bwww\./gi, match => `${match.slice(0, -1)}\\.`)
    .replace(/^([-+=]|\d+(?=[.)]))/, (start: string) => (/^\d/.test(start) ? `${start}\\` : `\\${start}`))

/** One line as code, whatever backticks it holds. Not for table cells: a pipe would cut them. */
export const code = (text: string, max = 400): string => {
  const line = cleanLine(text, max)
  if (line === '') return '(empty)'
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map(run => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}`
}

const longestBlock = 20_000

/** Several lines as a fenced block; the fence is longer than any inside. `whole` is the command that shows all of it. */
export const block = (text: string, whole: string): string => {
  const clean = clipMiddle(cleanText(text).replace(/\n+$/, ''), longestBlock, whole)
  const longest = Math.max(2, ...(clean.match(/`+/g) ?? []).map(run => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${clean}\n${fence}`
}

/** A table; cells are Markdown already. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

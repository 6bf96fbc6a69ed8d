/** The tool `read`: lines of a file, so many that a small model can still hold them. */
import { absolute } from './paths.ts'
import { readText } from './text-file.ts'
import { done, failed, type Tool } from './tool.ts'

const mostLines = 400
const mostCharacters = 24_000

export const read: Tool = {
  kind: 'reads',
  spec: {
    name: 'read',
    description: `Shows a text file, at most ${mostLines} lines at a time. Without \`from\` it begins at line 1.`,
    parameters: {
      path: { type: 'string', description: 'The file, from the top of the checkout', isRequired: true },
      from: { type: 'integer', description: 'First line to show, from 1' },
      count: { type: 'integer', description: `How many lines, at most ${mostLines}` },
    },
  },
  async act(input, place) {
    const path = String(input.path)
    const file = await readText(absolute(path, place))
    if (!file.ok) return failed(`${path}: ${file.why}`)
    const lines = file.text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    if (lines.length === 0) return done(`${path} is empty.`)
    const from = Math.max(1, Number(input.from ?? 1))
    if (from > lines.length) return failed(`${path} has ${lines.length} lines; line ${from} is past its end`)
    const part = bounded(
      lines.slice(from - 1, from - 1 + Math.min(mostLines, Math.max(1, Number(input.count ?? mostLines)))),
    )
    const to = from - 1 + part.length
    const more = to < lines.length ? `\n[lines ${from}-${to} of ${lines.length}; go on with from: ${to + 1}]` : ''
    return done(part.join('\n') + more)
  },
}

/** So many of the first lines as fit; a line that is longer by itself is cut. */
const bounded = (lines: string[]): string[] => {
  const fitting: string[] = []
  let size = 0
  for (const line of lines) {
    const cut = line.length > 2_000 ? `${line.slice(0, 2_000)}… [${line.length} characters]` : line
    if (size + cut.length > mostCharacters && fitting.length > 0) break
    size += cut.length + 1
    fitting.push(cut)
  }
  return fitting
}

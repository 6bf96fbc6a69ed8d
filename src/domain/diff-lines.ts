/** A unified diff of git's, read into files and numbered lines. */

export interface DiffLine {
  kind: 'context' | 'added' | 'deleted'
  /** Line number in the new file; null for a deleted line. */
  newLine: number | null
  /** Line number in the old file; null for an added line. */
  oldLine: number | null
  text: string
}

export interface DiffHunk {
  /** What stands behind the second `@@`. */
  heading: string
  oldStart: number
  newStart: number
  lines: DiffLine[]
}

export interface DiffFile {
  /** The new path; the old one where the file is gone. */
  path: string
  oldPath: string | null
  change: 'added' | 'deleted' | 'modified' | 'renamed'
  binary: boolean
  added: number
  deleted: number
  hunks: DiffHunk[]
}

/** Reads `git diff -p` with prefixes `a/` and `b/`. Lines it does not know are passed over; never throws. */
export const parseDiff = (text: string): DiffFile[] => {
  const files: DiffFile[] = []
  let left = { old: 0, new: 0 }
  let at = { old: 0, new: 0 }
  for (const line of text.split('\n')) {
    const file = files.at(-1)
    const hunk = file?.hunks.at(-1)
    if (file !== undefined && hunk !== undefined && (left.old > 0 || left.new > 0)) {
      const read = readLine(line, at)
      if (read === null) continue
      hunk.lines.push(read)
      if (read.kind === 'added') file.added += 1
      else {
        left.old -= 1
        at.old += 1
      }
      if (read.kind === 'deleted') file.deleted += 1
      else {
        left.new -= 1
        at.new += 1
      }
      continue
    }
    if (line.startsWith('diff --git ')) files.push(newFile(line))
    else if (file !== undefined) {
      const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/.exec(line)
      if (head === null) readHeader(file, line)
      else {
        at = { old: Number(head[1]), new: Number(head[3]) }
        left = { old: Number(head[2] ?? 1), new: Number(head[4] ?? 1) }
        file.hunks.push({ heading: head[5] ?? '', oldStart: at.old, newStart: at.new, lines: [] })
      }
    }
  }
  return files
}

/** null for `\ No newline at end of file`. */
const readLine = (line: string, at: { old: number; new: number }): DiffLine | null => {
  const text = line.slice(1)
  if (line.startsWith('+')) return { kind: 'added', newLine: at.new, oldLine: null, text }
  if (line.startsWith('-')) return { kind: 'deleted', newLine: null, oldLine: at.old, text }
  return line.startsWith('\\') ? null : { kind: 'context', newLine: at.new, oldLine: at.old, text }
}

/** Both halves of the line are the same path unless it is a rename, which says so in lines of its own. */
const newFile = (line: string): DiffFile => {
  const rest = line.slice('diff --git '.length)
  const half = unquote(rest.slice(0, (rest.length - 1) / 2))
  return {
    path: half.replace(/^a\//, ''),
    oldPath: null,
    change: 'modified',
    binary: false,
    added: 0,
    deleted: 0,
    hunks: [],
  }
}

const readHeader = (file: DiffFile, line: string): void => {
  if (line.startsWith('new file mode')) file.change = 'added'
  else if (line.startsWith('deleted file mode')) file.change = 'deleted'
  else if (line.startsWith('rename from ')) Object.assign(file, { change: 'renamed', oldPath: unquote(line.slice(12)) })
  else if (line.startsWith('rename to ')) file.path = unquote(line.slice(10))
  else if (line.startsWith('Binary files ')) file.binary = true
  else if (line.startsWith('+++ ') && line !== '+++ /dev/null') file.path = pathOf(line.slice(4))
  else if (line.startsWith('--- ') && line !== '--- /dev/null' && file.change === 'deleted')
    file.path = pathOf(line.slice(4))
}

/** Git ends a path with a blank in it by a tab. */
const pathOf = (text: string): string => unquote(text.replace(/\t$/, '')).replace(/^[ab]\//, '')

const unquote = (text: string): string => {
  if (!text.startsWith('"') || !text.endsWith('"')) return text
  return text.slice(1, -1).replace(/\\([\\"abfnrtv]|[0-7]{3})/g, (_, escaped: string) => {
    const known: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\u0007', b: '\b', f: '\f', v: '\v' }
    return /^\d/.test(escaped) ? String.fromCharCode(Number.parseInt(escaped, 8)) : (known[escaped] ?? escaped)
  })
}

/** A unified diff in colours. */
import type { Paint } from './paint.ts'

export const paintDiffLine = (line: string, paint: Paint): string => {
  if (line.startsWith('@@')) return paint('cyan', line)
  if (/^(?:diff |index |--- |\+\+\+ )/.test(line)) return paint('bold', line)
  if (line.startsWith('+')) return paint('green', line)
  return line.startsWith('-') ? paint('red', line) : line
}

export const paintDiff = (text: string, paint: Paint): string =>
  text
    .split('\n')
    .map(line => paintDiffLine(line, paint))
    .join('\n')

/** Whether a text is a diff: it has a head or a hunk near its beginning. */
export const looksLikeDiff = (text: string): boolean =>
  /^(?:diff --git |--- \S.*\n\+\+\+ |@@ -\d+(?:,\d+)? \+\d+)/m.test(text.slice(0, 2_000))

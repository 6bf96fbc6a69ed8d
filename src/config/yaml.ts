/** Reads YAML from outside with a strict schema; every complaint names file, line, key and what was expected. */
import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import { cleanLine } from '../domain/text.ts'
import { issueLines } from './yaml-issues.ts'

const maxBytes = 1024 * 1024
const maxMessages = 8

export interface ParseYamlOptions {
  /** Why this key may not stand at this place, where it is known elsewhere; null for a key that is merely unknown. */
  explainKey?: (path: string[]) => string | null
}

/**
 * Parses `text` and checks it with `schema`. An empty text is an empty mapping. Aliases are refused: nothing of ours
 * needs them, and they can make a small file huge.
 * @throws AgentLabError `invalid-file` (exit 2): one line per mistake, `<file>:<line>: <key> <expectation>`.
 */
export const parseYaml = <S extends z.ZodType>(
  text: string,
  fileName: string,
  schema: S,
  options: ParseYamlOptions = {},
): z.output<S> => {
  if (Buffer.byteLength(text) > maxBytes) throw invalid([`${fileName}: larger than 1 MiB`])
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: false })
  if (document.errors.length > 0) {
    throw invalid(
      document.errors.map(error => `${fileName}:${lines.linePos(error.pos[0]).line}: ${cleanLine(error.message, 300)}`),
    )
  }
  const parsed = schema.safeParse(toPlain(document, fileName) ?? {})
  if (parsed.success) return parsed.data
  const lineOf = (path: readonly PropertyKey[]): number => lineOfPath(document, lines, path)
  throw invalid(
    issueLines(parsed.error.issues, { fileName, schema, lineOf, explainKey: options.explainKey ?? (() => null) }),
  )
}

const toPlain = (document: ReturnType<typeof parseDocument>, fileName: string): unknown => {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch {
    throw invalid([`${fileName}: aliases (*name) are not used here: write the value out`])
  }
}

/** The line of the key at `path`, or of the nearest node above it that exists. */
const lineOfPath = (
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number => {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true) ?? document.contents
    const offset = offsetIn(parent, path[length - 1]!)
    if (offset !== null) return lines.linePos(offset).line
  }
  return 1
}

interface Ranged {
  range?: [number, number, number] | null
}

const offsetIn = (parent: unknown, key: PropertyKey): number | null => {
  const items = (parent as { items?: unknown[] } | null)?.items
  if (items === undefined) return null
  if (typeof key === 'number') return (items[key] as Ranged | undefined)?.range?.[0] ?? null
  const pair = items.find(item => (item as { key?: { value?: unknown } } | null)?.key?.value === key)
  return (pair as { key?: Ranged } | undefined)?.key?.range?.[0] ?? null
}

const invalid = (messages: string[]): AgentLabError => {
  const shown = messages.slice(0, maxMessages)
  const more = messages.length - shown.length
  const text = more > 0 ? [...shown, `… and ${more} more`].join('\n') : shown.join('\n')
  return new AgentLabError(text, {
    code: 'invalid-file',
    cure: 'Correct the file and run the command again.',
    exit: exitCode.wrongUse,
  })
}

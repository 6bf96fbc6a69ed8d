/** What the three CLIs' output readers share: untrusted lines in, clipped and typed values out; nothing here throws. */
import type { FailureClass } from '../domain/attempt.ts'
import { createRedactor } from '../domain/redaction/redactor.ts'
import { cleanLine, clipMiddle } from '../domain/text.ts'
import type { WorkerEvent } from '../domain/worker-event.ts'

/** Characters of one tool's output that an event keeps; the middle is cut. */
const maxOutputLength = 20_000
/** Characters kept of a line nobody understood. */
const maxUnknownLength = 2_000
const redactor = createRedactor()

/** The line as a JSON object, or null: not JSON, cut off, or JSON of another kind. */
export const parseObject = (line: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

export const unknownLine = (line: string): WorkerEvent => ({
  type: 'unknown',
  line: clipWhole(line, maxUnknownLength),
})

/** A cut could leave the half of a secret that nobody recognises any more. */
const clipWhole = (text: string, max: number): string =>
  text.length <= max ? text : clipMiddle(redactor.redact(text), max)

export const clipOutput = (output: string): string => clipWhole(output, maxOutputLength)

const tellingKeys = ['command', 'file_path', 'notebook_path', 'path', 'dir_path', 'pattern', 'query', 'url', 'prompt']

/** A tool call's arguments as one line fit for reading: its command or path where it has one, else its JSON. */
export const describeInput = (input: unknown): string => {
  if (typeof input === 'string') return cleanLine(input, 400)
  if (typeof input !== 'object' || input === null) return ''
  for (const key of tellingKeys) {
    const value = (input as Record<string, unknown>)[key]
    if (typeof value === 'string' && value !== '') return cleanLine(value, 400)
  }
  return cleanLine(JSON.stringify(input), 400)
}

/** What an HTTP status of the provider means for the attempt. 404 is a model this login does not have. */
export const classOfStatus = (status: number): FailureClass => {
  if ([401, 402, 403, 404].includes(status)) return 'auth'
  if (status === 429) return 'rateLimit'
  if (status === 408) return 'network'
  return status >= 500 ? 'overloaded' : 'malformed'
}

/** The first pattern that matches names the class; null when none does. */
export const classOfText = (text: string, patterns: readonly [RegExp, FailureClass][]): FailureClass | null =>
  patterns.find(([pattern]) => pattern.test(text))?.[1] ?? null

const delay = /(?:retry|again) (?:in|after) (\d+(?:\.\d+)?) ?(ms|s|m)?\b/i
const unitMs = { ms: 1, s: 1_000, m: 60_000 }

/** Milliseconds a provider's sentence asks to wait ("Suggested retry after 2s", "try again in 1.5s"); null if it asks none. */
export const delayOf = (text: string): number | null => {
  const found = delay.exec(text)
  if (found === null) return null
  return Math.ceil(Number(found[1]) * unitMs[(found[2]?.toLowerCase() ?? 's') as keyof typeof unitMs])
}

/** A count of tokens from outside: a whole number from 0, else null. */
export const tokens = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null

/** The JSON a model's text holds: all of it, its last fenced block, or from its first brace to its last. */
export const jsonIn = (text: string): Record<string, unknown> | null => {
  const fenced = [...text.matchAll(/```(?:json)?\s*\n([\s\S]*?)\n\s*```/g)].at(-1)?.[1]
  const braced = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
  return parseObject(text) ?? (fenced === undefined ? null : parseObject(fenced)) ?? parseObject(braced)
}

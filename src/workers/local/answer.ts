/** What an answer without a call means: the end, or a remark that sends the model on. Pure. */
import { z } from 'zod'
import { jsonIn } from '../stream.ts'
import type { EndReason } from './closing.ts'
import { notes } from './words.ts'

export type Meaning =
  | { kind: 'done'; text: string; structured?: unknown }
  /** `reason`: what it ends for when it does not get better. */
  | { kind: 'nudge'; note: string; reason: EndReason }

export interface Heard {
  text: string
  /** It was cut off at the bound of one answer. */
  isCut: boolean
  /** The JSON schema of the wanted answer, or null: words. */
  schema: Record<string, unknown> | null
  /** Whether any tool was called for this prompt. */
  hasCalled: boolean
}

export const meaningOf = ({ text, isCut, schema, hasCalled }: Heard): Meaning => {
  if (schema !== null && text.trim() !== '') {
    const value = jsonIn(text)
    const problem = value === null ? 'there is no JSON object in it.' : problemOf(value, schema)
    if (problem === null) return { kind: 'done', text, structured: value }
    return { kind: 'nudge', note: notes.shape(problem), reason: 'shape' }
  }
  if (text.trim() === '') return { kind: 'nudge', note: notes.empty, reason: 'empty' }
  if (isCut) return { kind: 'nudge', note: notes.cutOff, reason: 'output' }
  return announces(text) || (!hasCalled && isRecipe(text))
    ? { kind: 'nudge', note: notes.talk, reason: 'talk' }
    : { kind: 'done', text }
}

/** What is wrong with the value, at most five things, or null. A schema we can't read decides nothing. */
export const problemOf = (value: unknown, schema: Record<string, unknown>): string | null => {
  const expected = readable(schema)
  const found = expected?.safeParse(value)
  if (found === undefined || found.success) return null
  return found.error.issues
    .slice(0, 5)
    .map(issue => `${issue.path.length === 0 ? 'the answer' : issue.path.join('.')}: ${issue.message}`)
    .join('; ')
}

const readable = (schema: Record<string, unknown>): z.ZodType | null => {
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  } catch {
    return null
  }
}

/** Its last words say what comes next, and then nothing came. */
const announces = (text: string): boolean => {
  const last = text.trim().split('\n').at(-1)!.trim()
  const begins =
    /^(?:(?:ok(?:ay)?|now|next|first|then|so|great|good)[,.!]? )*(?:let me (?!know)|let's |I(?:'|’)ll |I will |I(?:'m| am) going to )/i
  return last.length <= 400 && (last.split(/(?<=[.!?]) /).some(sentence => begins.test(sentence)) || last.endsWith(':'))
}

/** Commands or code for somebody else to carry out. */
const isRecipe = (text: string): boolean => /^\s*(?:```|~~~)(?:sh|bash|shell|console|diff|patch|json|tool)/m.test(text)

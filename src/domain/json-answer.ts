/** A model's answer that should be JSON: read strictly, because an answer that can be read two ways must not count. */
import type { z } from 'zod'
import { toJSONSchema } from 'zod'

export type JsonAnswer = { ok: true; value: unknown } | { ok: false; problem: string }

const wholeFence = /^(`{3,})(?:json)?[ \t]*\n([\s\S]*?)\n?\1$/i

/**
 * Reads a text that is one JSON value and nothing else; a single fenced block around it is allowed. Prose around it,
 * two values, or one key twice in an object are problems, never a guess.
 */
export const parseJsonAnswer = (text: string): JsonAnswer => {
  const trimmed = text.trim()
  const json = wholeFence.exec(trimmed)?.[2] ?? trimmed
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    return { ok: false, problem: `the answer is not one JSON value: ${(error as Error).message.slice(0, 200)}` }
  }
  const twice = repeatedKey(json)
  return twice === null ? { ok: true, value } : { ok: false, problem: `the key "${twice}" stands twice in one object` }
}

/** The first key that one object of this valid JSON text holds twice, or null. */
const repeatedKey = (json: string): string | null => {
  const tokens = json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)
  const open: (Set<string> | null)[] = []
  let lastString: string | null = null
  for (const [token] of tokens) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(null)
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':' && lastString !== null) {
      const keys = open.at(-1)
      if (keys?.has(lastString)) return lastString
      keys?.add(lastString)
    }
    lastString = token.startsWith('"') ? (JSON.parse(token) as string) : null
  }
  return null
}

/** The same value without keys whose value is null: how a strict schema says "not given". */
export const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  )
}

type Schema = Record<string, unknown>

/** Keywords that a strict structured-output mode refuses or that say nothing a model needs. */
const dropped = new Set(['$schema', 'default', 'minLength', 'maxLength', 'maximum', 'exclusiveMinimum', 'minimum'])

/**
 * The JSON schema of what a model is to answer: every object closed, every key required, optional ones nullable, as
 * the strict modes of the providers want it. The answer is still to be read with the zod schema, after withoutNulls.
 */
export const answerSchema = (schema: z.ZodType): Schema => strict(toJSONSchema(schema, { io: 'input' }) as Schema)

const strict = (node: Schema): Schema => {
  const kept = Object.fromEntries(Object.entries(node).filter(([key]) => !dropped.has(key)))
  if (Array.isArray(kept.anyOf)) kept.anyOf = (kept.anyOf as Schema[]).map(strict)
  if (kept.items !== undefined) kept.items = strict(kept.items as Schema)
  if (kept.properties === undefined) return kept
  const properties = kept.properties as Record<string, Schema>
  const required = new Set((node.required as string[] | undefined) ?? [])
  return {
    ...kept,
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, inner]) => [
        key,
        required.has(key) ? strict(inner) : nullable(strict(inner)),
      ]),
    ),
    required: Object.keys(properties),
    additionalProperties: false,
  }
}

const nullable = (node: Schema): Schema => ({ anyOf: [node, { type: 'null' }] })

/** The value as a model bound to `answerSchema(schema)` would give it: keys that are left out stand there as null. */
export const withNulls = (value: unknown, schema: z.ZodType): unknown => fill(value, answerSchema(schema))

const fill = (value: unknown, node: Schema): unknown => {
  const inner = ((node.anyOf as Schema[] | undefined) ?? [node])[0]!
  if (Array.isArray(value)) return value.map(item => fill(item, (inner.items as Schema | undefined) ?? {}))
  if (value === null || typeof value !== 'object') return value
  const given = value as Record<string, unknown>
  const properties = (inner.properties as Record<string, Schema> | undefined) ?? {}
  const known = Object.entries(properties).map(([key, of]) => [key, key in given ? fill(given[key], of) : null])
  return { ...given, ...Object.fromEntries(known) }
}

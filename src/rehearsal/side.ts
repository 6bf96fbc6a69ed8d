/** Answers to the CLIs' own small requests that want JSON of a given shape. */

interface JsonSchema {
  type?: string | string[]
  enum?: unknown[]
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
}

/** A small value of the schema's shape. Where `user` may be chosen it is: it ends a CLI's "who speaks next?". */
export const sampleOf = (schema: unknown): unknown => {
  const { type, enum: values, properties = {} } = (schema ?? {}) as JsonSchema
  if (values) return values.includes('user') ? 'user' : values[0]
  const kind = (Array.isArray(type) ? type[0] : type)?.toLowerCase()
  if (kind === 'object')
    return Object.fromEntries(Object.entries(properties).map(([key, item]) => [key, sampleOf(item)]))
  if (kind === 'array') return []
  if (kind === 'boolean') return false
  if (kind === 'number' || kind === 'integer') return 0
  return 'rehearsed'
}

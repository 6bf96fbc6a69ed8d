/** Which keys a schema knows at a place: what a misspelt key is compared with. */
import type { z } from 'zod'

interface Definition {
  type: string
  shape?: Record<string, z.ZodType>
  innerType?: z.ZodType
  in?: z.ZodType
  element?: z.ZodType
  options?: z.ZodType[]
  keyType?: z.ZodType
  valueType?: z.ZodType
  left?: z.ZodType
  right?: z.ZodType
  entries?: Record<string, string>
}

const definitionOf = (schema: z.ZodType): Definition => schema.def as unknown as Definition

/** The schemas a value may be read with, seen through optional, default, pipe, union and intersection. */
const alternatives = (schema: z.ZodType): z.ZodType[] => {
  const def = definitionOf(schema)
  if (def.options) return def.options.flatMap(alternatives)
  if (def.innerType) return alternatives(def.innerType)
  if (def.in) return alternatives(def.in)
  if (def.left && def.right) return [...alternatives(def.left), ...alternatives(def.right)]
  return [schema]
}

const step = (schema: z.ZodType, key: PropertyKey): z.ZodType[] => {
  const def = definitionOf(schema)
  if (def.shape) return def.shape[String(key)] === undefined ? [] : [def.shape[String(key)]!]
  if (def.element) return [def.element]
  return def.valueType ? [def.valueType] : []
}

/** The keys that may stand at `path`; empty when anything or nothing may. */
export const knownKeys = (schema: z.ZodType, path: readonly PropertyKey[]): string[] => {
  let places = alternatives(schema)
  for (const key of path) places = places.flatMap(place => step(place, key)).flatMap(alternatives)
  const keys = places.flatMap(place => {
    const def = definitionOf(place)
    if (def.shape) return Object.keys(def.shape)
    return def.keyType ? Object.values(definitionOf(def.keyType).entries ?? {}) : []
  })
  return [...new Set(keys)]
}

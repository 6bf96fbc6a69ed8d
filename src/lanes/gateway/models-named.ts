/** Every model a request names, wherever its body can name one: each of them has to be allowed. */
import { canonical } from './body-rules.ts'
import type { Match } from './routes.ts'

type Fields = Record<string, unknown>

const alsoModels = new Set(['fallbacks', 'fallback_model', 'fallback_models'].map(canonical))

/**
 * The first is the one that is metered; null stands for one that is missing or no name. All spellings of a key count:
 * which of `model` and `Model` a server takes is its own affair.
 */
export const modelsNamed = ({ route, model }: Match, body: Fields): [string | null, ...(string | null)[]] => {
  const named = Object.entries(body).flatMap(([key, value]): (string | null)[] => {
    const name = canonical(key)
    if (name === 'MODEL' || (name === 'NAME' && route.provider === 'local')) return [asName(route.wire, value)]
    if (alsoModels.has(name)) return fallbacks(value)
    // What Google counts may be a whole request of its own.
    if (name === 'GENERATECONTENTREQUEST' && value !== null && typeof value === 'object')
      return Object.entries(value).flatMap(([inner, one]) =>
        canonical(inner) === 'MODEL' ? [asName('google', one)] : [],
      )
    return []
  })
  const [first = null, ...rest] = model === null ? named : [model, ...named]
  return [first, ...rest]
}

const asName = (wire: Match['route']['wire'], value: unknown): string | null => {
  if (typeof value !== 'string') return null
  return wire === 'google' ? value.replace(/^models\//, '') : value
}

const fallbacks = (value: unknown): (string | null)[] => {
  const all = Array.isArray(value) ? value : value === null ? [] : [value]
  return all.map(one =>
    asName('anthropic', one !== null && typeof one === 'object' && 'model' in one ? one.model : one),
  )
}

/** The one model a body names. The door reads it before it knows whose rules hold, so there must be no second reading. */
import { canonical } from '../gateway/body-rules.ts'

export type NamedModel = { ok: true; name: string } | { ok: false; message: string }

const isModelKey = (key: string): boolean => canonical(key) === 'MODEL'

/** Exactly one key, spelled `model`: which of `model` and `Model` a server takes is its own affair. */
export const namedModel = (body: Record<string, unknown>): NamedModel => {
  const keys = Object.keys(body).filter(isModelKey)
  const other = keys.find(key => key !== 'model')
  if (other !== undefined)
    return { ok: false, message: `the field ${other.slice(0, 50)} must be spelled model, and be there once` }
  const { model } = body
  if (typeof model !== 'string' || model === '')
    return { ok: false, message: 'the field model must name a lane and a model, such as private/qwen3:8b' }
  return { ok: true, name: model }
}

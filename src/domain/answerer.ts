/** Who really answers a worker: whose model, and which. Kept with each attempt and verdict, as it was then. */
import { z } from 'zod'
import { Provider } from './lane.ts'

/** A model as an operator may name it; it can stand in an argument, a trailer and a log. */
export const ModelName = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._:/@-]{0,119}$/, "must be a model's name")

/** `model` is the one that is asked for by name; null: the worker's program chooses by itself. */
export const Answerer = z.object({ provider: Provider, model: ModelName.nullable() })
export type Answerer = z.infer<typeof Answerer>

/** How near a judge is to an author: the very same model, another of the same vendor, or neither (null). */
export const nearnessOf = (author: Answerer, judge: Answerer): 'same model' | 'same vendor' | null => {
  if (author.provider !== judge.provider) return null
  return author.model !== null && whole(author) === whole(judge) ? 'same model' : 'same vendor'
}

/** A local model without a tag is its `:latest`. */
const whole = ({ provider, model }: Answerer): string | null =>
  provider === 'local' && model !== null && !model.includes(':') ? `${model}:latest` : model

/** Which servers of a grant may be asked this: those that have the model and speak the language. Pure. */
import type { Grant, Upstream } from './grant.ts'
import { tagged } from './models.ts'
import type { Route } from './route-table.ts'

/**
 * Best first. `models` are all that the request names; a server has to have each. A server that is said to speak chat
 * alone is left out for other languages, unless nobody else is there.
 */
export const candidatesFor = (
  { upstreams }: Pick<Grant, 'upstreams'>,
  { wire }: Pick<Route, 'wire'>,
  models: readonly (string | null)[],
): Upstream[] => {
  const having = upstreams.filter(upstream => models.every(model => hasModel(upstream, model)))
  const speaking = having.filter(upstream => upstream.wire !== 'chat' || wire === 'chat' || wire === 'openai')
  return speaking.length > 0 ? speaking : having
}

/** Whether a server is said to have a model; null stands for none that was named. */
export const hasModel = ({ models }: Pick<Upstream, 'models'>, model: string | null): boolean =>
  models === undefined || model === null || models.some(one => tagged(one) === tagged(model))

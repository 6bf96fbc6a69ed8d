/** Takes one request to the servers that may be asked, one after the other, until one has answered. */
import { askServer } from './ask-server.ts'
import type { Errand } from './errand.ts'
import type { Upstream } from './grant.ts'
import { sendMergedList } from './merged-list.ts'
import { noteFailure, noteMissing } from './note-health.ts'
import { nobodyAnswered, type PassedOver } from './pass-over.ts'
import type { Place } from './places.ts'
import { refuse } from './refusal.ts'

type Waiting = Pick<Errand, 'desk' | 'grant' | 'match' | 'response' | 'signal'>

/** A place at one of the servers, best first, as soon as there is one. null: there was none, and the client was told. */
export const placeAt = async (
  { desk, grant, match, response, signal }: Waiting,
  candidates: readonly Upstream[],
): Promise<Place | null> => {
  if (!match.route.generates) return { upstream: desk.places.best(candidates), leave: () => {} }
  const place = await desk.places.take({ candidates, signal, onWait: () => desk.heard?.(grant) })
  if (typeof place !== 'string') return place
  if (place === 'left') return null
  const names = candidates.map(({ name }) => name).join(', ')
  const message =
    place === 'full'
      ? `too many requests wait for ${names}`
      : `${names} had no place free within ${Math.round(desk.bounds.placeMs / 1_000)}s`
  desk.rests?.(grant, comeAgainMs)
  refuse(response, match.route.wire, 'busy', `AgentLab: ${message}`, comeAgainMs)
  return null
}

const comeAgainMs = 10_000

/** Meters each request that reached a server. `first` is left when its server has answered. Does not throw. */
export const forward = async (errand: Errand, candidates: readonly Upstream[], first: Place): Promise<void> => {
  if (errand.match.route.listsModels && candidates.length > 1) return sendMergedList(errand, candidates)
  const { desk, grant, match, model, response } = errand
  const passedOver: PassedOver[] = []
  for (let place: Place | null = first; place !== null; ) {
    const { upstream } = place
    const outcome = await askServer(errand, upstream, candidates.length === 1)
    if (outcome.record !== null) desk.meter(grant, outcome.record)
    if (!outcome.done) {
      const { isMissing, why } = outcome.passedOver
      if (isMissing) noteMissing(errand, upstream, model)
      else noteFailure(errand, upstream, why)
      passedOver.push(outcome.passedOver)
    }
    // Only now, so that who waited for this place knows how the server is.
    place.leave()
    if (outcome.done) return
    const left = candidates.filter(one => !passedOver.some(other => other.upstream === one))
    if (left.length === 0) {
      const refusal = passedOver.every(({ isMissing }) => isMissing) ? 'missing' : 'unreachable'
      return refuse(response, match.route.wire, refusal, nobodyAnswered(model, passedOver))
    }
    place = await placeAt(errand, left)
  }
}

/** What stands between a request that was let in and its upstream: the rules, the login, the provider's rest, the limits. */

import { candidatesFor } from './candidates.ts'
import { readCredential } from './credentials.ts'
import type { Errand } from './errand.ts'
import { forward, placeAt } from './forward.ts'
import type { Permission } from './grant.ts'
import { type Inspection, inspect } from './inspect.ts'
import { type Refusal, refuse } from './refusal.ts'
import { limitedAs } from './resting.ts'

type Way = Pick<Errand, 'desk' | 'grant' | 'match' | 'request' | 'response' | 'signal'>

export type Passage = Way & {
  /** Asked for each part of the body: is there room for so many bytes? */
  hold(bytes: number): boolean
}

const unchecked: Permission = {
  ok: false,
  limit: 'unknown',
  message: 'AgentLab: the limits could not be checked',
}

export const passOn = async (passage: Passage): Promise<void> => {
  const { desk, grant, match, request, response } = passage
  const inspection = await inspect(request, match, grant, { atMost: desk.bounds.bodyBytes, hold: passage.hold })
  if (inspection.ok) await sendOn(passage, inspection)
  else refuse(response, match.route.wire, inspection.refusal, `AgentLab: ${inspection.message}`)
}

/** What was inspected: `bytes` is null for a GET. */
export const sendOn = async (
  way: Way,
  { bytes, models }: Pick<Extract<Inspection, { ok: true }>, 'bytes' | 'models'>,
): Promise<void> => {
  const { desk, grant, match, response, signal } = way
  const no = (refusal: Refusal, message: string, waitMs?: number): void =>
    refuse(response, match.route.wire, refusal, `AgentLab: ${message}`, waitMs)

  const [model] = models
  const candidates = candidatesFor(grant, match.route, models)
  if (match.route.shows === 'slotContext' && candidates.length > 1)
    return no('missing', 'several servers may be asked, and the answer would not say of which it speaks')
  if (candidates.length === 0) return no('unreachable', `no server is configured for ${model ?? grant.provider}`)

  const secret = await readCredential(grant)
  if (secret === null) return no('unauthorized', `the operator's ${grant.provider} login could not be read`)
  // Without a login there is no limit that requests share: a rehearsal's script refuses the one it means.
  const who = match.route.generates && secret !== '' ? limitedAs(grant, secret, model) : null
  const restMs = who === null ? 0 : desk.resting.left(who)
  if (restMs > 0) {
    desk.rests?.(grant, restMs)
    return no('busy', `${grant.provider} asked to be left alone; try again in ${Math.ceil(restMs / 1_000)}s`, restMs)
  }

  // Asked after the wait, for what a run may spend can change meanwhile.
  const place = await placeAt(way, candidates)
  if (place === null) return
  try {
    const inputEstimate = Math.ceil((bytes?.length ?? 0) / 4)
    const permission = await desk.allow(grant, { model, inputEstimate }).catch(() => unchecked)
    if (!permission.ok) {
      const refusal = permission.waitMs === undefined ? 'limit' : 'spent'
      return refuse(response, match.route.wire, refusal, permission.message, permission.waitMs)
    }
    try {
      if (signal.aborted) return
      const rest = (waitMs: number): void => {
        if (who !== null) desk.resting.note(who, waitMs)
      }
      await forward({ ...way, model, body: bytes, secret, rest }, candidates, place)
    } finally {
      permission.settled?.()
    }
  } finally {
    place.leave()
  }
}

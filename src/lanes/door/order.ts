/** What a tool's request comes to: its body read, its model's name understood, and all of it held against the rules. */
import type { IncomingMessage } from 'node:http'
import { readBody } from '../gateway/body.ts'
import { credentialFits } from '../gateway/credentials.ts'
import type { Desk } from '../gateway/desk.ts'
import type { Grant } from '../gateway/grant.ts'
import { type Inspection, judged } from '../gateway/inspect.ts'
import type { Refusal } from '../gateway/refusal.ts'
import type { Match } from '../gateway/routes.ts'
import type { Held } from '../gateway/serve.ts'
import { namedModel } from './named-model.ts'
import { type AskedModel, matchAt } from './paths.ts'

/** Whose grant a name stands for, and the provider's own name of its model. */
export type Meant =
  | { ok: true; grant: Grant; model: string }
  | { ok: false; refusal: Extract<Refusal, 'forbidden' | 'invalid'>; message: string }

export type Order =
  | (Extract<Inspection, { ok: true }> & { grant: Grant; match: Match })
  | { ok: false; refusal: Refusal; message: string }

/** What is to be sent and under whose grant. The parsed body goes out of reach here: a long answer must not hold it. */
export const orderOf = async (
  desk: Desk,
  meantBy: (name: string) => Promise<Meant>,
  asked: AskedModel,
  request: IncomingMessage,
  held: Held,
): Promise<Order> => {
  const body = await readBody(request, { atMost: desk.bounds.bodyBytes, hold: held.hold })
  if (!body.ok) return body
  const named = namedModel(body.value)
  if (!named.ok) return { ok: false, refusal: 'invalid', message: named.message }
  const meant = await meantBy(named.name)
  if (!meant.ok) return meant
  const { grant, model } = meant
  const at = matchAt(asked, grant.provider)
  if (!at.ok) return { ok: false, refusal: 'invalid', message: at.message }
  if (!credentialFits(grant, at.match.route))
    return { ok: false, refusal: 'forbidden', message: 'a subscription is never used here' }
  const judgement = judged(at.match, grant, { ...body.value, model })
  return judgement.ok ? { ...judgement, grant, match: at.match } : judgement
}

/** The second stage of a request: its body is read, held against the rules, and written anew. */
import type { IncomingMessage } from 'node:http'
import { type Room, readBody, rewritten } from './body.ts'
import { bodyFault } from './body-check.ts'
import type { Grant } from './grant.ts'
import { whyNotModel } from './models.ts'
import { modelsNamed } from './models-named.ts'
import type { Refusal } from './refusal.ts'
import type { Match } from './routes.ts'

/** What is to be sent; `bytes` is null for a GET. `models`: all that are named, the first is the one that is metered. */
export type Inspection =
  | { ok: true; bytes: Buffer | null; models: readonly [string | null, ...(string | null)[]] }
  | { ok: false; refusal: Refusal; message: string }

const no = (refusal: Refusal, message: string): Inspection => ({ ok: false, refusal, message })

/** The parsed body goes out of reach with this function: a long answer must not hold it. */
export const inspect = async (
  request: IncomingMessage,
  match: Match,
  grant: Grant,
  room: Room,
): Promise<Inspection> => {
  if (match.route.method === 'GET') return { ok: true, bytes: null, models: [null] }
  const body = await readBody(request, room)
  return body.ok ? judged(match, grant, body.value) : no(body.refusal, body.message)
}

/** A body that was read, held against the rules. */
export const judged = (match: Match, grant: Grant, body: Record<string, unknown>): Inspection => {
  const models = modelsNamed(match, body)
  const refused = models.map(model => whyNotModel(grant, model)).find(why => why !== null)
  if (refused !== undefined) return no('forbidden', refused)
  const fault = bodyFault(match.route, body)
  if (fault !== null) return no('forbidden', fault)
  const bytes = rewritten(match.route, body)
  return bytes === null ? no('invalid', 'the body is nested too deep') : { ok: true, bytes, models }
}

/** One request from its head to its last byte: let in or refused, given a place, and passed on. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { admit } from './admit.ts'
import type { Desk } from './desk.ts'
import { type Passage, passOn } from './pass-on.ts'
import { refuse } from './refusal.ts'
import type { Wire } from './route-table.ts'
import { wireOf } from './routes.ts'
import type { Holder } from './tokens.ts'

/** `door` is the token whose gate the request came through, or null for the port. */
export const serve = async (
  desk: Desk,
  request: IncomingMessage,
  response: ServerResponse,
  door: string | null,
): Promise<void> => {
  if (isGreeting(request)) return void response.writeHead(200).end()
  const admission = admit(request, door, desk.tokens, desk.strangers)
  if (admission.ok) {
    const { match, holder } = admission
    await inPlace(response, match.route.wire, holder, held =>
      passOn({ desk, grant: holder.grant, match, request, response, ...held }),
    )
  } else refuse(response, wireOf(request.url ?? ''), admission.refusal, `AgentLab: ${admission.message}`)
}

/** CLIs knock at the root before they begin. */
const isGreeting = ({ method, url }: IncomingMessage): boolean => url === '/' && (method === 'HEAD' || method === 'GET')

/** Its right to be cut, and the memory it takes. */
export type Held = Pick<Passage, 'signal' | 'hold'>

/** Holds what a request takes (its place, its memory, its right to be cut) and gives all of it back. */
export const inPlace = async (
  response: ServerResponse,
  wire: Wire,
  { stile, running }: Pick<Holder, 'stile' | 'running'>,
  work: (held: Held) => Promise<void>,
): Promise<void> => {
  const leaving = new AbortController()
  running.add(leaving)
  response.on('close', () => {
    if (!response.writableFinished) leaving.abort()
  })
  leaving.signal.addEventListener('abort', () => response.destroy())
  let heldBytes = 0
  const hold = (bytes: number): boolean => {
    const isHeld = stile.hold(bytes)
    if (isHeld) heldBytes += bytes
    return isHeld
  }
  const leave = await stile.enter(leaving.signal)
  try {
    if (leave === null) refuse(response, wire, 'busy', 'AgentLab: too many requests at once')
    else await work({ signal: leaving.signal, hold })
  } finally {
    leave?.()
    stile.hold(-heldBytes)
    running.delete(leaving)
  }
}

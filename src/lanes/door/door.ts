/**
 * The gateway's door for the operator's other tools: one token, and the model's name says whose grant a request goes by.
 * Behind the door everything is the gate's: the same rules for bodies, the same rests, the same metering.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Bounds, gateBounds } from '../gateway/bounds.ts'
import { tokenOf } from '../gateway/credentials.ts'
import { createDesk, type Desk, type GatewayOptions } from '../gateway/desk.ts'
import { duplicatedHeader } from '../gateway/headers.ts'
import { listen } from '../gateway/listen.ts'
import { sendOn } from '../gateway/pass-on.ts'
import { type Refusal, refuse } from '../gateway/refusal.ts'
import { type Held, inPlace } from '../gateway/serve.ts'
import { createTurnstile } from '../gateway/turnstile.ts'
import { createPlace, type Place } from './key.ts'
import { type Listed, modelEntry, modelListing } from './listing.ts'
import { type Meant, orderOf } from './order.ts'
import { type AskedModel, askedOf, doorWire } from './paths.ts'
import { pageHeaders, preflightHeaders, type Visitors, visitorFault } from './visitor.ts'

export interface DoorOptions extends GatewayOptions, Visitors {
  /** 0: a free one. */
  port: number
  /** The token that opens the door now; asked at each request. A rejection lets nobody in. */
  token(): Promise<string>
  /** What a model's name means; a grant of its own for each request. */
  meant(name: string): Promise<Meant>
  list(): Promise<readonly Listed[]>
}

export interface Door {
  port: number
  /** Cuts what runs, waits until all of it is metered, and stops listening. */
  close(): Promise<void>
}

/** One token serves all of an operator's tools: more than a worker needs, and still bounded. */
export const doorBounds: Partial<Bounds> = {
  atOnce: 512,
  waiting: 512,
  perSecond: 200,
  burst: 1_000,
  heldBytes: 256 * 1024 * 1024,
  connections: 2_048,
}

/** Listens on 127.0.0.1 only. @throws what listening throws, such as EADDRINUSE */
export const openDoor = async (options: DoorOptions): Promise<Door> => {
  const desk: Desk = {
    ...createDesk({ ...options, bounds: { ...doorBounds, ...options.bounds } }),
    strangers: createTurnstile(gateBounds, options.clock),
  }
  const place = createPlace(desk, options.token)
  const underWay = new Set<Promise<void>>()
  const server = await listen(desk.bounds, { port: options.port, host: '127.0.0.1' }, async (request, response) => {
    const served = serveTool(desk, options, place, request, response)
    underWay.add(served)
    await served.finally(() => underWay.delete(served))
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      place.cut()
      server.closeAllConnections()
      await Promise.allSettled(underWay)
      await closed
      desk.connections.close()
    },
  }
}

const serveTool = async (
  desk: Desk,
  options: DoorOptions,
  place: Place,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { method = '', url = '', headers } = request
  const isAnthropic = headers['anthropic-version'] !== undefined
  const wire = doorWire(url, isAnthropic)
  const no = (refusal: Refusal, message: string): void => refuse(response, wire, refusal, `AgentLab: ${message}`)

  const fault = visitorFault(headers, options)
  const isPreflight = fault === null && method === 'OPTIONS' && headers.origin !== undefined
  const isKey = fault === null && !isPreflight && (await place.isKey(tokenOf(request, { keyParameter: null })))
  if (!(isKey ? place.stile : desk.strangers).hit()) return no('busy', 'requests come too fast')
  if (fault !== null) return no('forbidden', fault)
  for (const [name, value] of Object.entries(pageHeaders(headers.origin))) response.setHeader(name, value)
  if (isPreflight) return void response.writeHead(204, preflightHeaders(headers)).end()
  if (request.httpVersion !== '1.1') return no('invalid', 'only HTTP/1.1 is spoken here')
  const twice = duplicatedHeader(request)
  if (twice !== null) return no('invalid', `the header ${twice} came twice`)
  if (!isKey) return no('unauthorized', 'the token is missing or not the one: agentlab gateway says where it lies')
  const asked = askedOf(method, url)
  if (asked === null) return no('forbidden', 'this method and path are not allowed')
  if (asked.kind === 'models') return sendModels(response, await options.list(), asked.name, isAnthropic, no)
  await inPlace(response, wire, place, held => answer(desk, options, asked, request, response, held))
}

const sendModels = (
  response: ServerResponse,
  all: readonly Listed[],
  name: string | null,
  isAnthropic: boolean,
  no: (refusal: Refusal, message: string) => void,
): void => {
  const one = all.find(listed => listed.name === name)
  if (name !== null && one === undefined) {
    no('forbidden', `there is no model ${name.slice(0, 200)} to ask for`)
    return
  }
  const said = one === undefined ? modelListing(all, isAnthropic) : modelEntry(one, isAnthropic)
  const body = Buffer.from(JSON.stringify(said))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

const answer = async (
  desk: Desk,
  options: DoorOptions,
  asked: AskedModel,
  request: IncomingMessage,
  response: ServerResponse,
  held: Held,
): Promise<void> => {
  const order = await orderOf(desk, options.meant, asked, request, held)
  if (!order.ok) return refuse(response, doorWire(asked.path, false), order.refusal, `AgentLab: ${order.message}`)
  const { grant, match } = order
  await sendOn({ desk, grant, match, request, response, signal: held.signal }, order)
}

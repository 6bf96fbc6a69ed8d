/** Opens one of the gateway's doors: a port of loopback or a socket, with the bounds a client has to keep. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { ListenOptions } from 'node:net'
import type { Bounds } from './bounds.ts'

/** How often the time a client takes is looked at. */
const lookMs = 1_000

/** Rejects where it can't listen. A request whose serving fails is cut. */
export const listen = async (
  { headMs, requestMs, connections }: Bounds,
  where: ListenOptions,
  serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<http.Server> => {
  const timing = {
    headersTimeout: headMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(lookMs, headMs),
  }
  const server = http.createServer(timing, (request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  // A CLI keeps its connection while a tool runs; closing it meanwhile would break the request it sends next.
  server.keepAliveTimeout = 30 * 60_000
  server.maxConnections = connections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, resolve)
  })
  return server
}

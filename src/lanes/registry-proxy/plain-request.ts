/** One unencrypted request to a listed place, written anew: reading only, and nothing of the proxy's own in its headers. */
import http, { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Place, placeText } from './address.ts'
import type { Traffic } from './traffic.ts'

export interface PlainErrand {
  request: IncomingMessage
  response: ServerResponse
  /** A connection to the place, of this request alone; it has entered the traffic. */
  outer: Socket
  traffic: Traffic
  place: Place
  path: string
}

const connectionHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
])

const passedOn = (headers: http.IncomingHttpHeaders): OutgoingHttpHeaders => {
  const named = new Set((headers.connection ?? '').split(',').map(name => name.trim().toLowerCase()))
  const kept = Object.entries(headers).filter(([name]) => !connectionHeaders.has(name) && !named.has(name))
  return Object.fromEntries(kept)
}

export const forwardPlainly = ({ request, response, outer, traffic, place, path }: PlainErrand): void => {
  const { method } = request
  if (method !== 'GET' && method !== 'HEAD') {
    outer.destroy()
    response.writeHead(405, { 'content-type': 'text/plain', connection: 'close' }).end('AgentLab: GET and HEAD only\n')
    return
  }
  const { 'content-length': _, ...asked } = passedOn(request.headers)
  const headers = { ...asked, host: place.port === 80 ? placeText(place).replace(/:80$/, '') : placeText(place) }
  const sent = http.request({ method, path, headers, createConnection: () => outer })
  outer.on('data', (chunk: Buffer) => traffic.count('received', chunk.length))
  response.once('close', () => outer.destroy())
  sent.once('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
  sent.once('response', answer => {
    response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers))
    answer.pipe(response)
    answer.once('error', () => response.destroy())
  })
  if (traffic.count('sent', path.length + JSON.stringify(headers).length)) sent.end()
}

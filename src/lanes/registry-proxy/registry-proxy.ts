/**
 * The only network of a set-up: an HTTP proxy on one unix socket that leads to the hosts the operator listed and remembers
 * what else was asked for, so that a set-up that failed can say what to list. It looks into no tunnel and adds no login.
 */
import { chmod } from 'node:fs/promises'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { findRegistry, type Place, placeIn, placeText, type Registry } from './address.ts'
import { parentProxyFor, tunnelThrough } from './parent-proxy.ts'
import { pinnedAddress, type Resolve, resolveBySystem } from './pinned-address.ts'
import { forwardPlainly } from './plain-request.ts'
import { boundTraffic, type TrafficBounds } from './traffic.ts'

/**
 * `notListed`: not among the operator's. `notPlain`: written in a way that different readers take for different places.
 * `privateAddress`: a listed name leads into a private network. `publicMirror`: the mirror lies on the Internet.
 * `unreachable`: it is listed, and did not answer. `tooMuch`: past a bound of connections or bytes.
 */
export type RefusalReason =
  | 'notListed'
  | 'notPlain'
  | 'privateAddress'
  | 'publicMirror'
  | 'unknownHost'
  | 'unreachable'
  | 'tooMuch'

export interface Refused {
  /** `host:port`; empty where it can't be told. */
  place: string
  reason: RefusalReason
}

export interface RegistryProxyOptions {
  /** Absolute path of the socket; made by us, 0600. */
  path: string
  /** Empty: nothing is let through, and what is asked for is remembered all the same. */
  registries: readonly Registry[]
  /** The operator's environment: does this machine itself go out through a proxy? */
  env: Readonly<Record<string, string | undefined>>
  resolve?: Resolve
  bounds?: TrafficBounds
}

export interface RegistryProxy {
  /** Each place once, in the order they were asked for; at most `maxRemembered`. */
  refused(): readonly Refused[]
  /** Cuts what runs and stops listening. */
  close(): Promise<void>
}

const defaultBounds: TrafficBounds = {
  connections: 128,
  sentBytes: 64 * 1024 ** 2,
  receivedBytes: 32 * 1024 ** 3,
}

const maxRemembered = 20

export const startRegistryProxy = async (options: RegistryProxyOptions): Promise<RegistryProxy> => {
  const remembered = new Map<string, Refused>()
  const remember = (reason: RefusalReason, place: Place | null): RefusalReason => {
    const text = place === null ? '' : placeText(place)
    if (remembered.size < maxRemembered) remembered.set(`${reason} ${text}`, { place: text, reason })
    return reason
  }
  const traffic = boundTraffic(options.bounds ?? defaultBounds, () => remember('tooMuch', null))

  /** A connection to the place asked for, or why there is none. */
  const reach = async (place: Place | null): Promise<Socket | RefusalReason> => {
    if (place === null) return remember('notPlain', null)
    const registry = findRegistry(options.registries, place)
    if (registry === undefined) return remember('notListed', place)
    // Behind another proxy this machine need not know any name: that proxy looks it up.
    const parent = registry.mirror ? null : parentProxyFor(place, options.env)
    const pinned = parent === null ? await pinnedAddress(registry, options.resolve ?? resolveBySystem) : null
    if (pinned !== null && 'refused' in pinned) return remember(pinned.refused, place)
    const opening = pinned === null ? tunnelThrough(parent!, place) : connected(pinned.address, place.port)
    return opening.catch(() => remember('unreachable', place))
  }

  const onConnect = async (request: IncomingMessage, inner: Duplex, head: Buffer): Promise<void> => {
    const place = placeIn(request.url ?? '')
    const outer = traffic.enter(inner) ? await reach(place) : remember('tooMuch', place)
    if (typeof outer === 'string') return void inner.end(refusalHead(outer), () => inner.destroy())
    if (inner.destroyed) return void outer.destroy()
    inner.write('HTTP/1.1 200 Connection established\r\n\r\n')
    if (head.length > 0 && traffic.count('sent', head.length)) outer.write(head)
    traffic.join(inner, outer)
  }
  const onRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = plainTarget(request.url ?? '')
    const outer = await reach(target?.place ?? null)
    if (typeof outer === 'string') return refuse(response, outer)
    if (!traffic.enter(outer)) {
      outer.destroy()
      return refuse(response, remember('tooMuch', target!.place))
    }
    forwardPlainly({ request, response, outer, traffic, place: target!.place, path: target!.path })
  }

  const server = http.createServer((request, response) => void onRequest(request, response))
  server.on('connect', (request, socket, head) => void onConnect(request, socket, head))
  server.on('clientError', (_, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path: options.path }, resolve)
  })
  await chmod(options.path, 0o600)
  return {
    refused: () => [...remembered.values()],
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      traffic.cut()
      server.closeAllConnections()
      await closed
    },
  }
}

const connectMs = 30_000

const connected = (address: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = net.connect({ host: address, port })
    const patience = setTimeout(() => socket.destroy(new Error('no answer')), connectMs)
    socket.once('close', () => clearTimeout(patience))
    socket.once('error', reject)
    socket.once('connect', () => {
      clearTimeout(patience)
      resolve(socket)
    })
  })

/** The place and path of `GET http://host[:port]/path`; any other form asks for no place. */
const plainTarget = (url: string): { place: Place; path: string } | null => {
  const match = /^http:\/\/([^/?#]+)(\/[^\s#]*)?$/i.exec(url)
  const place = match === null ? null : placeIn(match[1]!, 80)
  return place === null ? null : { place, path: match?.[2] ?? '/' }
}

const words: Record<RefusalReason, string> = {
  notListed: 'the operator has not listed this host and port',
  notPlain: 'this is no plain host and port',
  privateAddress: 'this name leads into a private network',
  publicMirror: 'the mirror does not lie in a private network',
  unknownHost: 'this name has no address',
  unreachable: 'nobody answers there',
  tooMuch: 'too many connections or bytes',
}

const statusOf = (reason: RefusalReason): number => (['unknownHost', 'unreachable'].includes(reason) ? 502 : 403)

const refusalHead = (reason: RefusalReason): string => {
  const body = `AgentLab: ${words[reason]}\n`
  return `HTTP/1.1 ${statusOf(reason)} Refused\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
}

const refuse = (response: ServerResponse, reason: RefusalReason): void => {
  const body = `AgentLab: ${words[reason]}\n`
  response.writeHead(statusOf(reason), { 'content-type': 'text/plain', connection: 'close' }).end(body)
}

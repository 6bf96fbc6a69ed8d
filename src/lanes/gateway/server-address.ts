/**
 * Where a server of the operator's own lies: its name is looked up here and nowhere else, every answer has to be on this
 * machine or in a private network, and the first lawful answer stays the one that is used for the life of the gateway.
 */
import { isLoopback, isOwn, isWithin } from '../../config/addresses.ts'
import { type Resolve, resolveBySystem } from '../registry-proxy/pinned-address.ts'
import type { OwnServer, Upstream } from './grant.ts'

export type OwnUpstream = Upstream & { own: OwnServer }

export const isOwnUpstream = (upstream: Upstream): upstream is OwnUpstream => upstream.own !== undefined

/** A server as messages name it beside its own name: host and port. */
export const hostOf = ({ url }: Pick<Upstream, 'url'>): string => new URL(url).host

/** `why` completes "server gpu: …"; `cure` is the next step. Both are one line and hold nothing a server said. */
export interface ServerFailure {
  why: string
  cure: string
}

export type Whereabouts = { ok: true; addresses: readonly string[] } | ({ ok: false } & ServerFailure)

export interface AddressBook {
  /** Addresses that may be connected to, as they were when the name was first looked up. Never rejects. */
  whereabouts(upstream: OwnUpstream): Promise<Whereabouts>
  /** Where the name leads now, if that is not where it led at first; null otherwise. Never rejects. */
  leadsElsewhere(upstream: OwnUpstream): Promise<string | null>
}

/** A URL's host without the brackets of the sixth version. */
export const hostIn = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

/** `waitMs`: how long a look-up may take. */
export const createAddressBook = (resolve: Resolve = resolveBySystem, waitMs = 5_000): AddressBook => {
  const pinned = new Map<string, readonly string[]>()
  const answers = async (upstream: OwnUpstream): Promise<string[]> => {
    const host = hostIn(upstream.url)
    return isAddressItself(host) ? [host] : within(waitMs, resolve(host)).catch(() => [])
  }
  return {
    whereabouts: async upstream => {
      const host = hostIn(upstream.url)
      const addresses = pinned.get(host) ?? (await answers(upstream))
      const failure = against(upstream, addresses)
      if (failure !== null) return { ok: false, ...failure }
      // Of two that look at once, the first to be answered decides for both.
      const first = pinned.get(host) ?? addresses
      pinned.set(host, first)
      return { ok: true, addresses: first }
    },
    leadsElsewhere: async upstream => {
      const known = pinned.get(hostIn(upstream.url))
      const now = known === undefined ? [] : await answers(upstream)
      return now.length === 0 || now.some(address => known!.includes(address)) ? null : now[0]!
    },
  }
}

const isAddressItself = (host: string): boolean => isOwn(host) && host !== 'localhost'

/** Why none of a name's addresses may be used, or null. One that may not spoils all: it could be the next one taken. */
export const against = (upstream: OwnUpstream, addresses: readonly string[]): ServerFailure | null => {
  const host = hostIn(upstream.url)
  if (addresses.length === 0) return { why: `${host} leads nowhere: no address was found`, cure: `Check ${host}.` }
  const foreign = addresses.find(address => !isOwn(address))
  if (foreign !== undefined)
    return {
      why: `${host} leads to ${foreign}, which is not on your own network, so nothing is sent there`,
      cure: `Write the address itself as url, or see where ${host} leads.`,
    }
  if (new URL(upstream.url).protocol === 'https:') return null
  const open = addresses.find(address => !isLoopback(address) && !isWithin(address, upstream.own.tunnels))
  return open === undefined
    ? null
    : {
        why: `${host} leads to ${open}, and plain http beyond this machine can be read by anybody on the way`,
        cure: `Use https, or, where a tunnel encrypts it, name the range: tunnels: [${rangeOf(open)}]`,
      }
}

const rangeOf = (address: string): string => (address.includes(':') ? `"${address}/128"` : `${address}/32`)

const within = async <T>(ms: number, work: Promise<T>): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('took too long')), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** The ways to the servers that may be asked: to an address that was checked, over TLS as the operator wants it trusted. */
import { readFile } from 'node:fs/promises'
import http, { type RequestOptions } from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Upstream } from './grant.ts'
import {
  type AddressBook,
  createAddressBook,
  hostIn,
  isOwnUpstream,
  type OwnUpstream,
  type ServerFailure,
} from './server-address.ts'

/** What `request` of `via` takes, but for what is asked; `path` of it stands before the path that is asked for. */
export interface Way {
  ok: true
  via: typeof http | typeof https
  options: RequestOptions & { path: string }
}

export interface Connections {
  /** Never rejects. */
  to(upstream: Upstream): Promise<Way | ({ ok: false } & ServerFailure)>
  /** A failed TLS connection: its certificates are read anew at the next request. */
  forget(upstream: Upstream): void
  book: AddressBook
  close(): void
}

/**
 * Idle connections to servers of the operator's are given up before they do it (uvicorn, llama.cpp and Node wait five
 * seconds), so that no request meets a closed one.
 */
const idleMs = 4_000

export const createConnections = (book: AddressBook = createAddressBook()): Connections => {
  const shared = {
    http: new http.Agent({ keepAlive: true, timeout: idleMs }),
    https: new https.Agent({ keepAlive: true }),
  }
  const own = new Map<string, { options: Trusted; agent: http.Agent }>()

  const wayTo = async (upstream: OwnUpstream, addresses: readonly string[]) => {
    const known = own.get(keyOf(upstream))
    if (known !== undefined) return known
    const options = { lookup: lookupOf(addresses), ...(await trustOf(upstream)) }
    const kept = { keepAlive: true, timeout: idleMs, ...options }
    const made = { options, agent: isSecure(upstream) ? new https.Agent(kept) : new http.Agent(kept) }
    own.set(keyOf(upstream), made)
    return made
  }
  return {
    book,
    to: async upstream => {
      const via = isSecure(upstream) ? https : http
      if (!isOwnUpstream(upstream))
        return {
          ok: true,
          via,
          options: { agent: isSecure(upstream) ? shared.https : shared.http, ...placeOf(upstream) },
        }
      const found = await book.whereabouts(upstream)
      if (!found.ok) return found
      try {
        const { options, agent } = await wayTo(upstream, found.addresses)
        return { ok: true, via, options: { ...options, agent, ...placeOf(upstream) } }
      } catch (error) {
        const why = `its certificates can't be read from ${upstream.own.ca} (${codeOf(error)})`
        return { ok: false, why, cure: 'Name a file of certificates (PEM): ca: /absolute/file.pem' }
      }
    },
    forget: upstream => {
      if (isOwnUpstream(upstream)) own.delete(keyOf(upstream))
    },
    close: () => {
      for (const { agent } of own.values()) agent.destroy()
      shared.http.destroy()
      shared.https.destroy()
    },
  }
}

interface Trusted {
  lookup: LookupFunction
  ca?: string
}

const isSecure = ({ url }: Upstream): boolean => new URL(url).protocol === 'https:'

const keyOf = ({ url, own }: OwnUpstream): string => JSON.stringify([url, own.ca])

const placeOf = ({ url }: Upstream): Way['options'] => {
  const { protocol, port, pathname } = new URL(url)
  const host = hostIn(url)
  return {
    protocol,
    hostname: host,
    ...(port === '' ? {} : { port }),
    // The name the certificate has to be for; addresses are compared without one.
    ...(protocol === 'https:' && isIP(host) === 0 ? { servername: host } : {}),
    path: pathname.replace(/\/$/, ''),
  }
}

/** Whatever is asked, the answer is what was checked. */
const lookupOf = (addresses: readonly string[]): LookupFunction => {
  const all = addresses.map(address => ({ address, family: isIP(address) }))
  return (_host, options, tell) => {
    if (options.all === true) tell(null, all)
    else tell(null, all[0]!.address, all[0]!.family)
  }
}

const trustOf = async ({ own: { ca } }: OwnUpstream): Promise<{ ca?: string }> => {
  if (ca === null) return {}
  const text = await readFile(ca, 'utf8')
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw Object.assign(new Error('no certificate'), { code: 'no PEM' })
  return { ca: text }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'failed'

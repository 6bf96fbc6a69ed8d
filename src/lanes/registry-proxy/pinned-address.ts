/** From a listed name to the one address that is connected to, so that a name can't lead somewhere else in between. */
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { isPublic, type Registry } from './address.ts'

/** All addresses of a name; rejects where it has none. */
export type Resolve = (host: string) => Promise<string[]>

export const resolveBySystem: Resolve = async host =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address)

export type Pinned = { address: string } | { refused: 'unknownHost' | 'privateAddress' | 'publicMirror' }

/**
 * A name may lead to the Internet alone: one answer among its answers that lies in a private network, and it is refused.
 * What the operator listed as an address is taken as it is; a mirror must lie in a private network, or on this machine.
 */
export const pinnedAddress = async (registry: Registry, resolve: Resolve): Promise<Pinned> => {
  const isLiteral = isIP(registry.host) !== 0
  const addresses = isLiteral ? [registry.host] : await resolve(registry.host).catch(() => [])
  const [address] = addresses
  if (address === undefined) return { refused: 'unknownHost' }
  if (registry.mirror) return addresses.some(isPublic) ? { refused: 'publicMirror' } : { address }
  return isLiteral || addresses.every(isPublic) ? { address } : { refused: 'privateAddress' }
}

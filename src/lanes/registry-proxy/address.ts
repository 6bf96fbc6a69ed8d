/** Names, ports and addresses as a set-up may ask for them, and which addresses lie beyond this machine's own networks. Pure. */
import { BlockList, isIP, isIPv4 } from 'node:net'

/** Where a request wants to go; an IPv6 address stands without its brackets. */
export interface Place {
  host: string
  port: number
}

/** A place the operator listed; `mirror`: it has to lie on this machine or in its private networks. */
export interface Registry extends Place {
  mirror: boolean
}

const authority = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?))(?::(\d{1,5}))?$/i

/**
 * Reads `host:port`. Null for whatever another reader could take for something else: a user name, a dot at the end, an
 * address in decimal, octal or hex, a port out of range, or none where there is no default.
 */
export const placeIn = (text: string, defaultPort?: number): Place | null => {
  const match = authority.exec(text)
  const host = (match?.[1] ?? match?.[2] ?? '').toLowerCase()
  const port = Number(match?.[3] ?? defaultPort ?? 0)
  if (host === '' || host.includes('..') || port < 1 || port > 65_535) return null
  if (match?.[1] !== undefined) return isIP(host) === 6 ? { host, port } : null
  // URL parsers take a name that ends in a number for an IPv4 address in another notation.
  const looksLikeAddress = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(host)
  return looksLikeAddress && !isIPv4(host) ? null : { host, port }
}

export const placeText = ({ host, port }: Place): string => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`

/** An entry of the operator's list, `host` or `host:port`; a port left out is 443. Null where it is neither. */
export const registryIn = (entry: string): Registry | null => {
  const place = placeIn(entry, 443)
  return place === null ? null : { ...place, mirror: false }
}

/** The place of the operator's mirror, an http or https address. Null where it is none. */
export const mirrorIn = (url: string): Registry | null => {
  if (!URL.canParse(url)) return null
  const { protocol, host } = new URL(url)
  const place = placeIn(host, protocol === 'https:' ? 443 : 80)
  return place === null ? null : { ...place, mirror: true }
}

export const findRegistry = (registries: readonly Registry[], { host, port }: Place): Registry | undefined =>
  registries.find(one => one.host === host && one.port === port)

const closed = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  closed.addSubnet(network, prefix, 'ipv4')

/** All that is given out to hosts of the Internet (IANA), less what carries an IPv4 address inside. */
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
const inside6 = new BlockList()
for (const [network, prefix] of [
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const)
  inside6.addSubnet(network, prefix, 'ipv6')

/** Whether an IP address is one of the Internet: not this machine, its networks, a link's, or many hosts at once. */
export const isPublic = (address: string): boolean =>
  isIPv4(address)
    ? !closed.check(address, 'ipv4')
    : isIP(address) === 6 && global6.check(address, 'ipv6') && !inside6.check(address, 'ipv6')

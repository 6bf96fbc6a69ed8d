/** Which addresses are this machine or the operator's own network, told from how they are written; nothing is resolved. */
import { BlockList, isIP } from 'node:net'
import { z } from 'zod'

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** A URL's host as an address, without the brackets of the sixth version; null for a name. */
const addressOf = (host: string): string | null => {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? null : bare
}

/** An address of the fourth version in the clothes of the sixth, which lists of ranges would take for what is inside. */
const isMapped = (address: string): boolean => isIP(address) === 6 && mapped.check(address, 'ipv6')
const mapped = new BlockList()
mapped.addSubnet('::ffff:0:0', 96, 'ipv6')

const listOf = (ranges: readonly string[]): BlockList => {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    list.addSubnet(address, Number(bits), familyOf(address))
  }
  return list
}

/** Networks nobody reaches from outside: RFC 1918, the range tunnels use (RFC 6598), unique local addresses. */
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']
const privateList = listOf(privateRanges)

const isIn = (list: BlockList, host: string): boolean => {
  const address = addressOf(host)
  return address !== null && !isMapped(address) && list.check(address, familyOf(address))
}

/** `host` as in `URL.hostname`, which writes every form of an IPv4 address the same way. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

export const isAddress = (host: string): boolean => addressOf(host) !== null

/** In a private range. Link-local addresses are not: clouds answer there. */
export const isPrivate = (host: string): boolean => isIn(privateList, host)

/** This machine or the operator's own network; never `0.0.0.0`, a link's own addresses, or IPv4 written as IPv6. */
export const isOwn = (address: string): boolean => isAddress(address) && (isLoopback(address) || isPrivate(address))

/** Whether an address lies in one of `ranges` (`10.42.60.0/24`), each checked by `AddressRange`. */
export const isWithin = (host: string, ranges: readonly string[]): boolean => isIn(listOf(ranges), host)

const isRange = (text: string): boolean => {
  const [address = '', bits = '', ...rest] = text.split('/')
  const longest = isIP(address) === 6 ? 128 : 32
  return rest.length === 0 && isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= longest
}

const bitsOf = (range: string): number => Number(range.split('/')[1])

/** All of it private: its first address lies in a private range that is at least as wide. */
const isPrivateRange = (text: string): boolean =>
  isRange(text) &&
  privateRanges.some(range => bitsOf(text) >= bitsOf(range) && isIn(listOf([range]), text.split('/')[0]!))

/** The range of a tunnel, such as `10.42.60.0/24`. */
export const AddressRange = z.string().max(60).refine(isPrivateRange, 'must be a private range, such as 10.42.60.0/24')

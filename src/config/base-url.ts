/** Addresses of services in the operator's file: nothing secret in them, and where they may lead. */
import { z } from 'zod'
import { isAddress, isLoopback, isPrivate } from './addresses.ts'

/** Origin or base of a service; comes out without a trailing slash. `against` says why an address is refused, or null. */
const baseUrl = (example: string, against: (url: URL, text: string) => string | null) =>
  z
    .string()
    .max(1_000)
    .transform((text, context) => {
      const reason = refusal(text, example, against)
      if (reason === null) return new URL(text).href.replace(/\/+$/, '')
      context.issues.push({ code: 'custom', message: reason, input: text })
      return text
    })

const refusal = (text: string, example: string, against: (url: URL, text: string) => string | null): string | null => {
  if (!URL.canParse(text)) return `must be an address such as ${example}`
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (url.search !== '' || url.hash !== '') return 'must not hold a query or fragment'
  return against(url, text)
}

/** Origin or base of a provider's API. Credentials travel to it, so plain http is for this machine only. */
export const UpstreamUrl = baseUrl('https://api.anthropic.com', url =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
    ? null
    : 'must begin with https:// (http:// is for loopback addresses only)',
)

const refuseOther = ({ protocol }: URL): string | null =>
  protocol === 'http:' || protocol === 'https:' ? null : 'must begin with http:// or https://'

const refuseForeign = ({ hostname }: URL): string | null =>
  isLoopback(hostname) || isPrivate(hostname)
    ? null
    : 'is not on your own network: it must be a loopback address, or one of a private range or a tunnel'

/** `2130706433`, `0x7f.1` and `127.1` are one address: who reads the file should see where it leads. */
const refuseSpelling = ({ hostname }: URL, text: string): string | null => {
  const written = /^[a-z]+:\/\/([^/\\]*)/i.exec(text)?.[1]?.replace(/:\d*$/, '').toLowerCase()
  return written === hostname ? null : `must be written out: ${hostname}`
}

/**
 * A package mirror of the operator's own. Names are refused, for what they lead to can change; whether plain http may
 * leave this machine is judged with the tunnels (`plainHttpRefusal`).
 */
export const MirrorUrl = baseUrl('http://127.0.0.1:4873', (url, text) => {
  const other = refuseOther(url)
  if (other !== null || isLoopback(url.hostname)) return other ?? refuseSpelling(url, text)
  if (!isAddress(url.hostname)) return 'must be localhost or an address in numbers: what a name leads to can change'
  return refuseForeign(url) ?? refuseSpelling(url, text)
})

const hostName = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/**
 * A model server of the operator's own. Where a name leads, and whether plain http may go there, is for the gate to
 * judge, which looks it up (lanes/gateway/server-address.ts).
 */
export const ServerUrl = baseUrl('http://127.0.0.1:11434', (url, text) => {
  const other = refuseOther(url)
  if (other !== null) return other
  if (isAddress(url.hostname)) return refuseForeign(url) ?? refuseSpelling(url, text)
  return hostName.test(url.hostname) ? refuseSpelling(url, text) : 'must name a host, such as gpu.lan, or an address'
})

/** Whether what is sent there is readable to anybody on the way but for a tunnel of the operator's. */
export const isPlainBeyond = (url: string): boolean => {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname)
}

/**
 * Why a local address may not be plain http, or null. `isTunnelled`: it lies in a range the operator named. A name is
 * judged when it has been looked up.
 */
export const plainHttpRefusal = (text: string, isTunnelled: (host: string) => boolean): string | null => {
  const { hostname } = new URL(text)
  if (!isPlainBeyond(text) || !isAddress(hostname) || isTunnelled(hostname)) return null
  return 'is plain http beyond this machine, which anybody on the way can read: use https, or, where a tunnel encrypts it, name the range: tunnels: [10.42.60.0/24]'
}

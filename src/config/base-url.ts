/** Addresses of services in the operator's file: nothing secret in them, and where they may lead. */
import { z } from 'zod'
import { isAddress, isLoopback, isPrivate } from './addresses.ts'

/** Origin or base of a service; comes out without a trailing slash. `against` says why an address is refused, or null. */
const baseUrl = (example: string, against: (url: URL) => string | null) =>
  z
    .string()
    .max(1_000)
    .transform((text, context) => {
      const reason = refusal(text, example, against)
      if (reason === null) return new URL(text).href.replace(/\/+$/, '')
      context.issues.push({ code: 'custom', message: reason, input: text })
      return text
    })

const refusal = (text: string, example: string, against: (url: URL) => string | null): string | null => {
  if (!URL.canParse(text)) return `must be an address such as ${example}`
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password'
  if (url.search !== '' || url.hash !== '') return 'must not hold a query or fragment'
  return against(url)
}

/** Origin or base of a provider's API. Credentials travel to it, so plain http is for this machine only. */
export const UpstreamUrl = baseUrl('https://api.anthropic.com', url =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
    ? null
    : 'must begin with https:// (http:// is for loopback addresses only)',
)

/**
 * A service on the operator's own machines. Names are refused, for what they lead to can change; whether plain http may
 * leave this machine is judged with the tunnels (`plainHttpRefusal`).
 */
export const LocalUrl = baseUrl('http://127.0.0.1:11434', ({ protocol, hostname }) => {
  if (protocol !== 'http:' && protocol !== 'https:') return 'must begin with http:// or https://'
  if (isLoopback(hostname)) return null
  if (!isAddress(hostname)) return 'must be localhost or an address in numbers: what a name leads to can change'
  return isPrivate(hostname)
    ? null
    : 'is not on your own network: it must be a loopback address, or one of a private range or a tunnel'
})

/** Why a local address may not be plain http, or null. `isTunnelled`: it lies in a range the operator named. */
export const plainHttpRefusal = (text: string, isTunnelled: (host: string) => boolean): string | null => {
  const { protocol, hostname } = new URL(text)
  if (protocol === 'https:' || isLoopback(hostname) || isTunnelled(hostname)) return null
  return 'is plain http beyond this machine, which anybody on the way can read: use https, or, where a tunnel encrypts it, name the range: tunnels: [10.42.60.0/24]'
}

/** How long a provider asks us to wait, from its documented headers. */
import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'

const text = (value: string | string[] | undefined): string | null => (typeof value === 'string' ? value.trim() : null)

/**
 * Milliseconds to wait, or null where the answer does not say. Sources: `retry-after` (RFC 9110: seconds or a date),
 * `retry-after-ms` (OpenAI, Anthropic SDK), and for status 429 the latest `anthropic-ratelimit-*-reset` of a spent limit
 * (RFC 3339) or `x-ratelimit-reset-*` of a spent limit (OpenAI: `1m30.5s`). Dates are read by the provider's own clock
 * where the answer tells it, so that a machine whose clock is wrong waits as long as it was asked to.
 */
export const retryAfterMs = (status: number, headers: IncomingHttpHeaders, now: number): number | null => {
  const precise = Number(text(headers['retry-after-ms']) ?? Number.NaN)
  if (Number.isFinite(precise) && precise >= 0) return Math.ceil(precise)
  const after = text(headers['retry-after'])
  if (after !== null && /^\d+(\.\d+)?$/.test(after)) return Math.ceil(Number(after) * 1000)
  if (after !== null && !Number.isNaN(Date.parse(after))) return Math.max(0, Date.parse(after) - theirNow(headers, now))
  return status === 429 ? spentLimit(headers, now) : null
}

/**
 * Milliseconds during which no further request should leave: what the provider asks for when it refuses for want of room
 * (429, 503, 529), or until a limit comes back of which a good answer says that nothing remains. 0: none.
 */
export const restMs = (status: number, headers: IncomingHttpHeaders, now: number): number => {
  if ([429, 503, 529].includes(status)) return retryAfterMs(status, headers, now) ?? 0
  return status < 300 ? (spentLimit(headers, now) ?? 0) : 0
}

const theirNow = (headers: IncomingHttpHeaders, now: number): number => {
  const said = Date.parse(text(headers.date) ?? '')
  return Number.isNaN(said) ? now : said
}

const spentLimit = (headers: IncomingHttpHeaders, now: number): number | null => {
  const waits = Object.keys(headers).flatMap(name => {
    const anthropic = /^(anthropic-ratelimit-.+)-reset$/.exec(name)
    const openai = /^x-ratelimit-reset-(.+)$/.exec(name)
    const remaining = anthropic ? `${anthropic[1]}-remaining` : openai ? `x-ratelimit-remaining-${openai[1]}` : null
    if (remaining === null || text(headers[remaining]) !== '0') return []
    const value = text(headers[name]) ?? ''
    const wait = anthropic ? Date.parse(value) - theirNow(headers, now) : durationMs(value)
    return Number.isFinite(wait) ? [Math.max(0, Math.ceil(wait))] : []
  })
  return waits.length === 0 ? null : Math.max(...waits)
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const durationMs = (value: string): number =>
  /^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(value)
    ? [...value.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)].reduce(
        (sum, part) => sum + Number(part[1]) * unitMs[part[2]!]!,
        0,
      )
    : Number.NaN

const RetryInfo = z.object({
  error: z.object({
    details: z.array(z.object({ '@type': z.string().optional(), retryDelay: z.string().optional() })),
  }),
})

/** The same from Google's error body, which tells it in a `google.rpc.RetryInfo` (`"retryDelay": "34.5s"`) and no header. */
export const retryInfoMs = (body: string): number | null => {
  try {
    const details = RetryInfo.safeParse(JSON.parse(body)).data?.error.details ?? []
    const said = details.find(detail => detail['@type']?.endsWith('/google.rpc.RetryInfo'))?.retryDelay ?? ''
    return /^\d+(?:\.\d+)?s$/.test(said) ? Math.ceil(Number(said.slice(0, -1)) * 1000) : null
  } catch {
    return null
  }
}

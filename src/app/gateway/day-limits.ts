/** What the operator's tools may use in a day, in each lane and in all: asked before a request leaves. */
import type { GatewaySettings } from '../../config/gateway-settings.ts'
import type { Lane } from '../../domain/lane.ts'
import { count, duration, moment } from '../../domain/measures.ts'
import type { Permission } from '../../lanes/gateway/grant.ts'
import type { ToolRequests } from '../../store/tool-requests.ts'

/** The midnight before, and the one to come, where we are; epoch milliseconds. */
export const dayAround = (now: number): { start: number; end: number } => {
  const midnight = new Date(now)
  midnight.setHours(0, 0, 0, 0)
  const start = midnight.getTime()
  midnight.setDate(midnight.getDate() + 1)
  return { start, end: midnight.getTime() }
}

interface Used {
  requests: number
  tokens: number
}

type Bound = Pick<GatewaySettings, 'requestsPerDay' | 'tokensPerDay'>

/** The bound that forbids one more request of so many tokens, in words; null: none does. */
export const reachedBound = (bound: Bound, used: Used, inputEstimate: number): string | null => {
  const { requestsPerDay, tokensPerDay } = bound
  if (requestsPerDay !== undefined && used.requests + 1 > requestsPerDay)
    return `${count(requestsPerDay)} requests a day`
  if (tokensPerDay !== undefined && used.tokens + inputEstimate > tokensPerDay)
    return `${count(tokensPerDay)} tokens a day`
  return null
}

/**
 * Keeps the operator's bounds. What is on its way counts, or requests side by side would overrun a bound together.
 * Where a bound is set and the count can't be read, the asker gets an error and nothing leaves.
 */
export const dayLimitKeeper = (settings: GatewaySettings, requests: Pick<ToolRequests, 'spent'>) => {
  const onTheWay = new Map<Lane | null, Used>()
  const underWay = (lane: Lane | null): Used => {
    const used = onTheWay.get(lane) ?? { requests: 0, tokens: 0 }
    onTheWay.set(lane, used)
    return used
  }
  return (lane: Lane, inputEstimate: number, now: number): Permission => {
    const { start, end } = dayAround(now)
    for (const [whose, bound] of [[lane, settings.lanes?.[lane] ?? {}] as const, [null, settings] as const]) {
      if (bound.requestsPerDay === undefined && bound.tokensPerDay === undefined) continue
      const spent = requests.spent(whose, start)
      const more = underWay(whose)
      const used = { requests: spent.requests + more.requests, tokens: spent.tokens + more.tokens }
      const reached = reachedBound(bound, used, inputEstimate)
      if (reached === null) continue
      const where = whose === null ? '' : ` in lane ${whose}`
      const message = `AgentLab: the gateway's limit of ${reached}${where} is reached; it begins anew at ${moment(end)} (in ${duration(end - now)})`
      return { ok: false, limit: reached, message, waitMs: end - now }
    }
    const add = (sign: 1 | -1): void => {
      for (const used of [underWay(lane), underWay(null)]) {
        used.requests += sign
        used.tokens += sign * inputEstimate
      }
    }
    add(1)
    return { ok: true, settled: () => add(-1) }
  }
}

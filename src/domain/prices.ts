/** What tokens cost: public list prices, and what requests come to at them. A price nobody told is unknown, never 0. */
import { z } from 'zod'

const Usd = z.number().nonnegative().max(100_000)

const rates = {
  /** Fresh input. */
  input: Usd,
  /** Input read from the provider's cache. */
  cached: Usd,
  /** Input written to the provider's cache, at its dearest; the wire's counts don't tell it from fresh input. */
  cacheWrite: Usd.optional(),
  output: Usd,
}

/** US dollars per million tokens. */
export const Price = z.strictObject({
  /** The model's id as the provider's wire says it, without a date at its end. */
  model: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._:/-]{0,119}$/, "must be a model's name"),
  ...rates,
  /** Other rates for all tokens of a request with more input than this. */
  above: z.strictObject({ inputTokens: z.number().int().positive(), ...rates }).optional(),
  /** Where the price was read. */
  source: z.string().max(500).optional(),
  /** The day it was known to hold. */
  date: z.iso.date().optional(),
})
export type Price = z.infer<typeof Price>

export const PriceList = z.strictObject({ prices: z.array(Price).max(1_000).default([]) })
export type PriceList = z.infer<typeof PriceList>

/** What a request must tell to be priced. */
export interface PricedRequest {
  model: string | null
  status: number | null
  input: number | null
  cached: number | null
  output: number | null
}

/** US dollars. Where the counts don't tell cache writes apart it lies between the two; else they are equal. */
export interface Money {
  low: number
  high: number
  /** Requests whose money is not known: usage not measured, or no price for the model. */
  unknown: number
  /** Models without a price, in the order they came. */
  unpriced: string[]
}

export const noMoney = (): Money => ({ low: 0, high: 0, unknown: 0, unpriced: [] })

/** A date at the end of a model's id names a snapshot of the same price: `-20251101`, `-2026-04-23`, `@20251101`. */
const withoutDate = (model: string): string => model.replace(/[-@]\d{4}-?\d{2}-?\d{2}$/, '')

/** The price of a model; later entries of the list win. */
export const priceOf = (list: PriceList, model: string): Price | null =>
  list.prices.findLast(price => price.model === model) ??
  list.prices.findLast(price => price.model === withoutDate(model)) ??
  null

/** Adds one request to `sum`. A request that failed with no usage cost nothing that is known of and adds nothing. */
export const addMoney = (sum: Money, list: PriceList, request: PricedRequest): void => {
  const { input, output, model, status } = request
  const isGood = status !== null && status >= 200 && status < 300
  if (input === null || output === null) {
    if (isGood) sum.unknown += 1
    return
  }
  if (input === 0 && output === 0) return
  const price = model === null ? null : priceOf(list, model)
  if (price === null) {
    sum.unknown += 1
    const name = model ?? 'a model without a name'
    if (!sum.unpriced.includes(name)) sum.unpriced.push(name)
    return
  }
  const rate = price.above !== undefined && input > price.above.inputTokens ? price.above : price
  const cached = Math.min(request.cached ?? 0, input)
  const fresh = input - cached
  // A cache that nobody measured may have held all of it, or none.
  const least =
    request.cached === null ? input * Math.min(rate.cached, rate.input) : cached * rate.cached + fresh * rate.input
  const most = cached * rate.cached + fresh * Math.max(rate.input, rate.cacheWrite ?? 0)
  sum.low += (least + output * rate.output) / 1e6
  sum.high += (most + output * rate.output) / 1e6
}

/** The sum over requests. */
export const moneyOf = (list: PriceList, requests: Iterable<PricedRequest>): Money => {
  const sum = noMoney()
  for (const request of requests) addMoney(sum, list, request)
  return sum
}

const usd = (value: number): string => `$${value.toFixed(value > 0 && value < 0.1 ? 3 : 2)}`

/** `$1.20`, `$1.20 to $1.90`, `at least $1.20`, `not measured`. */
export const moneyText = ({ low, high, unknown }: Money): string => {
  if (unknown > 0) return low === 0 ? 'not measured' : `at least ${usd(low)}`
  const [least, most] = [usd(low), usd(high)]
  return least === most ? least : `${least} to ${most}`
}

/** One sentence for a receipt. */
export const moneySentence = (money: Money, rehearsed: boolean): string => {
  if (rehearsed) return 'Money: none, a rehearsal reaches no provider.'
  const unpriced = money.unpriced.length === 0 ? '' : `; no price is known for ${money.unpriced.join(', ')}`
  const measured = moneyText(money)
  if (measured === 'not measured') return `Money: not measured${unpriced}.`
  return `Money: ${measured} at list prices${unpriced}. A subscription is billed otherwise.`
}

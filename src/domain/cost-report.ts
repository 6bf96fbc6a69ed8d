/** Requests added up by worker, lane, run or day. */
import { count } from './measures.ts'
import { addMoney, type Money, moneyText, noMoney, type PricedRequest, type PriceList } from './prices.ts'

export const costKeys = ['worker', 'lane', 'run', 'day'] as const
export type CostKey = (typeof costKeys)[number]

export interface CostedRequest extends PricedRequest {
  runId: string
  worker: string
  lane: string
  startedAt: number
  endedAt: number
}

export interface CostLine {
  /** A worker, a lane, a run's id, or a day (`2026-11-21`, where we are); `total` for the sum. */
  name: string
  requests: number
  /** Tokens that were measured; null when none was. */
  input: number | null
  cached: number | null
  output: number | null
  /** Requests answered well whose usage the wire did not tell. */
  unmeasured: number
  waitedMs: number
  money: Money
}

const keyOf: Record<CostKey, (request: CostedRequest) => string> = {
  worker: request => request.worker,
  lane: request => request.lane,
  run: request => request.runId,
  day: request => localDay(request.startedAt),
}

const localDay = (at: number): string => {
  const date = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

const emptyLine = (name: string): CostLine => ({
  name,
  requests: 0,
  input: null,
  cached: null,
  output: null,
  unmeasured: 0,
  waitedMs: 0,
  money: noMoney(),
})

/** One line per group in the order they first appear, and the sum of all. */
export const costReport = (
  requests: Iterable<CostedRequest>,
  by: CostKey,
  prices: PriceList,
): { lines: CostLine[]; total: CostLine } => {
  const lines = new Map<string, CostLine>()
  const total = emptyLine('total')
  for (const request of requests) {
    const name = keyOf[by](request)
    const line = lines.get(name) ?? emptyLine(name)
    lines.set(name, line)
    for (const sum of [line, total]) add(sum, request, prices)
  }
  return { lines: [...lines.values()], total }
}

const plus = (sum: number | null, more: number | null): number | null => (more === null ? sum : (sum ?? 0) + more)

/** Counts one request into a sum; a good answer whose usage the wire did not tell is counted as unmeasured. */
export const countRequest = (
  sum: Pick<CostLine, 'requests' | 'input' | 'cached' | 'output' | 'waitedMs' | 'unmeasured'>,
  request: Pick<CostedRequest, 'input' | 'cached' | 'output' | 'status' | 'startedAt' | 'endedAt'>,
): void => {
  sum.requests += 1
  sum.input = plus(sum.input, request.input)
  sum.cached = plus(sum.cached, request.cached)
  sum.output = plus(sum.output, request.output)
  sum.waitedMs += Math.max(0, request.endedAt - request.startedAt)
  const isGood = request.status !== null && request.status >= 200 && request.status < 300
  if (isGood && (request.input === null || request.output === null)) sum.unmeasured += 1
}

const add = (sum: CostLine, request: CostedRequest, prices: PriceList): void => {
  countRequest(sum, request)
  addMoney(sum.money, prices, request)
}

/** The cells of a line: name, requests, tokens in, of them cached, tokens out, money. */
export const costCells = (line: CostLine, isRehearsal: boolean): string[] => [
  line.name,
  `${count(line.requests)}${line.unmeasured > 0 ? ` (${count(line.unmeasured)} not measured)` : ''}`,
  count(line.input),
  count(line.cached),
  count(line.output),
  isRehearsal ? 'none' : moneyText(line.money),
]

/** `agentlab cost [--by worker|lane|run|day]`: what was used and, where prices are known, what it cost. */
import { loadPrices, operatorPricesPath } from '../../config/prices.ts'
import { type CostKey, costCells, costReport } from '../../domain/cost-report.ts'
import { many } from '../../domain/measures.ts'
import { meteredRequests } from '../../store/metered.ts'
import type { Answer, Call } from '../call.ts'
import { alignColumns } from '../columns.ts'
import { withNearStore } from '../near-store.ts'
import { parseSince } from '../since.ts'

export interface CostOptions {
  by?: CostKey
  since?: string
  /** Rehearsals instead of real runs: they cost nothing, and their tokens are a script's. */
  rehearsed?: boolean
}

const heads: Record<CostKey, string> = { worker: 'Worker', lane: 'Lane', run: 'Run', day: 'Day' }

export const cost = async (call: Call, options: CostOptions): Promise<Answer> => {
  const by = options.by ?? 'worker'
  const rehearsals = options.rehearsed === true
  const prices = await loadPrices(call.env)
  const since = options.since === undefined ? null : parseSince(options.since, Date.now())
  const all = (await withNearStore(call, db => [...meteredRequests(db, since)])) ?? []
  const wanted = all.filter(request => request.rehearsed === rehearsals)
  const { lines, total } = costReport(wanted, by, prices)
  const rows = [...lines, ...(lines.length > 1 ? [total] : [])].map(line => costCells(line, rehearsals))
  const head = [heads[by], 'Requests', 'Tokens in', 'Of them cached', 'Tokens out', 'Money']
  const left = all.length - wanted.length
  const { unpriced } = total.money
  return {
    text: lines.length === 0 ? '' : alignColumns([head, ...rows], [1, 2, 3, 4, 5]).join('\n'),
    json: { by, rehearsed: rehearsals, lines, total },
    remarks: [
      ...(all.length === 0 ? ['No request was made yet. Start a run with: agentlab task "<goal>"'] : []),
      ...(left > 0 && !rehearsals
        ? [`${many(left, 'request')} of rehearsals left out; they cost nothing: agentlab cost --rehearsed`]
        : []),
      ...(unpriced.length > 0 && !rehearsals
        ? [`No price is known for ${unpriced.join(', ')}. Yours go into ${operatorPricesPath(call.env)}`]
        : []),
      ...(lines.length > 0 && !rehearsals ? ['Money is at list prices; a subscription is billed otherwise.'] : []),
    ],
  }
}

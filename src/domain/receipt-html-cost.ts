/** The cost of a run as HTML: per worker, in tokens, waiting and, where it is known, money. */
import { type Html, html } from './html.ts'
import { count, duration } from './measures.ts'
import { type Money, moneySentence, moneyText } from './prices.ts'
import { spendingText } from './receipt-cost.ts'
import { wideTable } from './receipt-html-parts.ts'
import type { RunView } from './run-view.ts'

/** What requests came to at list prices, of the run and of each worker. */
export interface RunMoney {
  total: Money
  byWorker: ReadonlyMap<string, Money>
}

export const renderCostHtml = (
  view: RunView,
  money: RunMoney,
): Html => html`<p><strong>${spendingText(view.spending)}.</strong> ${moneySentence(money.total, view.rehearsed)}</p>
${
  view.costs.length > 0 &&
  wideTable(
    [
      'Worker',
      'As',
      'Requests',
      'Tokens in',
      'of them cached',
      'Tokens out',
      'Not measured',
      'Waited for the model',
      'Money',
    ],
    view.costs.map(cost => {
      const own = money.byWorker.get(cost.worker)
      return [
        cost.worker,
        cost.roles.join(', '),
        count(cost.requests),
        count(cost.input),
        count(cost.cached),
        count(cost.output),
        count(cost.unmeasured),
        duration(cost.waitedMs),
        view.rehearsed ? 'none' : own === undefined ? 'not measured' : moneyText(own),
      ]
    }),
  )
}`

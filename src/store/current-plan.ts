/** A run's plan as it stands: the last one that was made or edited, with the hash an approval is bound to. */
import { createHash } from 'node:crypto'
import type { LoggedEvent } from '../domain/event.ts'
import { Forecast } from '../domain/forecast.ts'
import { Plan } from '../domain/plan.ts'
import type { Store } from './store.ts'
import { readJson } from './words.ts'

export interface CurrentPlan {
  plan: Plan
  /** sha256 of the plan's text as it is kept, in hex. */
  hash: string
  forecast: Forecast | null
  /** When it was made, edited or last shown anew, epoch milliseconds: from here on it can be approved for a while. */
  freshAt: number
}

export const planHashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** null without a plan, or once its words are erased. `events` are the run's, oldest first. */
export const currentPlan = (store: Pick<Store, 'content'>, events: readonly LoggedEvent[]): CurrentPlan | null => {
  const last = events.findLast(({ event }) => event.type === 'plan.ready' || event.type === 'plan.edited')
  if (last === undefined || (last.event.type !== 'plan.ready' && last.event.type !== 'plan.edited')) return null
  const { planContentId, forecastContentId } = last.event
  const text = store.content.text(planContentId)
  const plan = readJson(text, Plan)
  if (text === null || plan === null) return null
  const shown = events.findLast(({ seq, event }) => seq > last.seq && event.type === 'plan.renewed')
  return {
    plan,
    hash: planHashOf(text),
    forecast: forecastContentId === null ? null : readJson(store.content.text(forecastContentId), Forecast),
    freshAt: (shown ?? last).at,
  }
}

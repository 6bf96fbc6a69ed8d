/** How a plan came about and what was expected of it, in sentences: the same in both receipts and in `show`. */
import { forecastLines } from './forecast-text.ts'
import { many, moment } from './measures.ts'
import type { RunView } from './run-view.ts'

type Planned = Pick<RunView, 'planOrigin' | 'planReturned' | 'planning'>

/** Who made the plan; for a view that has one. */
export const originText = ({ planOrigin, planReturned, planning }: Planned): string => {
  if (planning.purpose === 'ask') return 'A question, which nobody had to plan.'
  const { planner, passedOver } = planning
  const who = planner === null ? '' : ` (${planner})`
  const over = passedOver.length === 0 ? '' : ` ${passedOver.join(', ')} came first and could not be used.`
  const returned =
    planReturned === 0 ? '' : ` ${many(planReturned, 'answer')} of the planner came back out of shape before.`
  switch (planOrigin) {
    case 'file':
      return "The operator's own plan, from a file."
    case 'fallback':
      return `A fallback: the planner's answers could not be used, so the goal is one single task.${over}${returned}`
    default:
      return `Made by a planner${who}.${over}${returned}`
  }
}

/** What the operator did with it, then the forecast; possibly nothing. Holds words of models: paths and keys. */
export const planningLines = ({ planning }: Planned): string[] => [
  ...(planning.edits === 0 ? [] : [`By the operator: ${many(planning.edits, 'edit')}.`]),
  ...(planning.approvedAt === null ? [] : [`Approved by the operator at ${moment(planning.approvedAt)}.`]),
  ...(planning.forecast === null || planning.purpose === 'ask' ? [] : forecastLines(planning.forecast)),
]

/** The same in a word or two, for a line of `show`. */
export const originWords = ({ planOrigin, planning }: Pick<Planned, 'planOrigin' | 'planning'>): string =>
  planning.purpose === 'ask' ? 'a question' : `plan from ${planning.planner ?? planOrigin ?? 'nowhere yet'}`

/** The question that waits for an answer now, or null: a model's words. */
export const openQuestion = (view: Pick<RunView, 'waitReason' | 'planning'>): string | null =>
  view.waitReason === 'plannerAsks' ? (view.planning.questions.at(-1)?.question ?? '(erased)') : null

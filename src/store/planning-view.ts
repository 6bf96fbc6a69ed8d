/** Folds what the log says of a run's planning into its view: questions, the plan, approval, edits. */
import type { LoopEvent, LoopEventOf } from '../domain/event.ts'
import { Forecast } from '../domain/forecast.ts'
import { taskNumberOf } from '../domain/ids.ts'
import { Plan, type PlannedTask } from '../domain/plan.ts'
import type { RunView, TaskView } from '../domain/run-view.ts'
import { readJson, type Words } from './words.ts'

/** Changes the view by one event; events that say nothing about planning are passed over. */
export const foldPlanning = (view: RunView, { at, event }: { at: number; event: LoopEvent }, words: Words): void => {
  const { planning } = view
  switch (event.type) {
    case 'plan.asked':
      planning.questions.push({ question: words.text(event.contentId), answer: null })
      return
    case 'operator.answered': {
      const last = planning.questions.at(-1)
      if (last !== undefined) last.answer = words.text(event.answerContentId)
      return
    }
    case 'plan.ready':
      view.planOrigin = event.origin
      view.planReturned = event.returned
      planning.planner = event.planner
      planning.passedOver = event.passedOver
      takePlan(view, event, words)
      return
    case 'plan.edited':
      planning.edits += 1
      takePlan(view, event, words)
      return
    case 'plan.approved':
      planning.approvedAt = at
      return
  }
}

/** Tasks keep what they have been through; dropped ones stand last, in the order they went. */
const takePlan = (view: RunView, event: LoopEventOf<'plan.ready' | 'plan.edited'>, words: Words): void => {
  const plan = readJson(words.text(event.planContentId), Plan)
  view.planSummary = plan?.summary ?? null
  view.planning.forecast =
    event.forecastContentId === null ? null : readJson(words.text(event.forecastContentId), Forecast)
  const known = new Map(view.tasks.map(task => [task.taskId, task]))
  const planned = event.tasks.map(fact => {
    const words = plan?.tasks.find(task => task.taskId === fact.taskId)
    return { ...(known.get(fact.taskId) ?? emptyTask(fact, words)), ...fact, title: words?.title ?? null }
  })
  const isPlanned = new Set(planned.map(task => task.taskId))
  view.tasks = [...planned, ...view.tasks.filter(task => !isPlanned.has(task.taskId))]
}

const emptyTask = (fact: LoopEventOf<'plan.ready'>['tasks'][number], planned: PlannedTask | undefined): TaskView => ({
  ...fact,
  number: taskNumberOf(fact.taskId),
  title: planned?.title ?? null,
  state: 'pending',
  attempts: [],
  base: null,
  tip: null,
  lines: null,
  checks: [],
  verdicts: [],
  integrated: null,
  findings: [],
  answer: null,
  research: null,
  waitReason: null,
  skippedBecause: null,
})

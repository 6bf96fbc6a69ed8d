/** A plan on its way into the log: its words and forecast kept as content, its graph as facts; and what was asked before. */
import type { LoopEventOf } from '../domain/event.ts'
import { forecastOf } from '../domain/forecast.ts'
import type { AnsweredQuestion, Plan } from '../domain/plan.ts'
import { type Host, keep, type RunScope } from './host.ts'
import { eventsOf } from './run-memory.ts'

export const recordPlan = (
  host: Host,
  scope: RunScope,
  plan: Plan,
): Pick<LoopEventOf<'plan.ready'>, 'planContentId' | 'forecastContentId' | 'tasks'> => {
  const forecast = forecastOf({
    tasks: plan.tasks,
    places: scope.request.maxParallel,
    samples: host.project.store.taskHistory(scope.rehearsed),
    rehearsed: scope.rehearsed,
  })
  return {
    planContentId: keep(host, scope, null, 'plan', JSON.stringify(plan)),
    forecastContentId: keep(host, scope, null, 'forecast', JSON.stringify(forecast)),
    tasks: plan.tasks.map(({ taskId, kind, dependsOn, worker, risk }) => ({ taskId, kind, dependsOn, worker, risk })),
  }
}

export interface Asked {
  /** Oldest first; a question whose words were erased is left out. */
  answered: AnsweredQuestion[]
  /** Answers the planner has given so far, questions and what was sent back alike. */
  attempts: number
}

export const askedSoFar = (host: Host, runId: string): Asked => {
  const { content } = host.project.store
  const asked: Asked = { answered: [], attempts: 0 }
  let question: string | null = null
  for (const { event } of eventsOf(host.project.store, runId)) {
    if (event.type === 'plan.asked') {
      question = content.text(event.contentId)
      asked.attempts += 1 + event.returned
    }
    if (event.type !== 'operator.answered') continue
    const answer = content.text(event.answerContentId)
    if (question !== null && answer !== null) asked.answered.push({ question, answer })
    question = null
  }
  return asked
}

/** Tells a run as it goes, a line for each fact worth a spectator's while. Reads the log; decides nothing. */
import type { LoggedEvent, LoopEvent, LoopEventOf } from '../domain/event.ts'
import { short } from '../domain/measures.ts'
import { Plan } from '../domain/plan.ts'
import { cleanLine } from '../domain/text.ts'
import { Finding } from '../domain/verdict.ts'
import type { Store } from '../store/store.ts'

/** A function that gives the lines of what has happened since it was last called. */
export const storyTeller = (store: Store, runId: string): (() => string[]) => {
  let told = 0
  const words: Words = { store, plan: null, startedAt: null }
  return () => {
    const events = store.events.ofRun(runId)
    const lines = events.slice(told).flatMap(logged => tell(logged, words))
    told = events.length
    return lines
  }
}

interface Words {
  store: Store
  plan: Plan | null
  startedAt: number | null
}

const tell = ({ at, event }: LoggedEvent, words: Words): string[] => {
  words.startedAt ??= at
  if (event.type === 'plan.ready') words.plan = planOf(words.store, event)
  const seconds = `${((at - words.startedAt) / 1_000).toFixed(1).padStart(5)} s`
  return sentences(event, words).map((text, index) => `${index === 0 ? seconds : '       '}  ${text}`)
}

const planOf = (store: Store, event: LoopEventOf<'plan.ready'>): Plan | null => {
  const text = store.content.text(event.planContentId)
  return text === null ? null : Plan.parse(JSON.parse(text))
}

const sentences = (event: LoopEvent, words: Words): string[] => {
  const task = 'taskId' in event ? words.plan?.tasks.find(one => one.taskId === event.taskId) : undefined
  const who = (text: string): string[] => [`${(task?.key ?? '').padEnd(10)} ${text}`]
  const worker = task?.worker ?? 'the worker'
  switch (event.type) {
    case 'run.requested':
      return [`run ${event.runId}, lane ${event.request.lane}, ${event.request.containment}`]
    case 'plan.ready':
      return [
        `${words.plan?.tasks.length ?? event.tasks.length} tasks planned by claude`,
        ...(words.plan?.tasks ?? []).map(one => `  ${one.key.padEnd(10)} ${one.worker.padEnd(6)} ${one.title}`),
      ]
    case 'attempt.started':
      return who(`${event.worker} ${event.attempt === 1 ? 'starts' : `takes up attempt ${event.attempt}`}`)
    case 'attempt.finished':
      if (event.outcome === 'failed') return who(`${worker} did not get through: ${event.class ?? 'unknown'}`)
      return task?.kind === 'research' ? who(`${worker} answers; the answer goes to the tasks that need it`) : []
    case 'work.harvested':
      return who(
        `${worker}'s work taken out: ${event.files} files, +${event.added} −${event.deleted}, commit ${short(event.tip)}`,
      )
    case 'merge.conflicted':
      return who(`CONFLICT with what was integrated meanwhile; ${worker} gets both sides`)
    case 'checks.finished':
      return event.stack === undefined
        ? who(`checks on the merge result: ${event.status}`)
        : who(`checks fail together with ${keysOf(event.stack, words)}; ${worker} gets both sides`)
    case 'train.checked':
      return [`${keysOf(event.taskIds, words).padEnd(10)} checks on top of what is on agent: ${event.status}`]
    case 'verdict.given':
      return verdict(event, words, who)
    case 'task.integrated':
      return who(`integrated on agent as ${short(event.commit)}`)
    case 'effect.failed':
      return who(`${event.effect} failed: ${cleanLine(words.store.content.text(event.contentId) ?? '', 300)}`)
    default:
      return []
  }
}

const keysOf = (taskIds: readonly string[], { plan }: Words): string =>
  taskIds.map(id => plan?.tasks.find(one => one.taskId === id)?.key ?? id).join(' + ')

const verdict = (event: LoopEventOf<'verdict.given'>, words: Words, who: (text: string) => string[]): string[] => {
  const verifier = event.verifier ?? 'nobody'
  if (event.value !== 'fail')
    return who(`${verifier}: ${event.value}${event.inconclusive === null ? '' : ` (${event.inconclusive})`}`)
  const text = event.findingsContentId === null ? null : words.store.content.text(event.findingsContentId)
  const findings = text === null ? [] : Finding.array().parse(JSON.parse(text))
  return [
    ...who(`${verifier}: FAIL, although the checks pass`),
    ...findings.flatMap(({ claim, reproduction }) => [
      `           ${cleanLine(claim, 160)}`,
      ...(reproduction === undefined
        ? []
        : [`           expected ${cleanLine(reproduction.expected, 60)}; got ${cleanLine(reproduction.observed, 60)}`]),
    ]),
  ]
}

/** Folds the events of one task into its view. */
import { unmeasured } from '../domain/attempt.ts'
import type { LoopEvent, LoopEventOf } from '../domain/event.ts'
import type { ContentId } from '../domain/ids.ts'
import { ResearchRecord } from '../domain/research.ts'
import type { AttemptView, ChecksView, FindingsSource, TaskView } from '../domain/run-view.ts'
import { Finding, VerifierAnswer } from '../domain/verdict.ts'
import { readJson, type Words } from './words.ts'

/** Changes `task` by one event of its own; events that say nothing about a task's view are passed over. */
export const foldTaskEvent = (task: TaskView, logged: { at: number; event: LoopEvent }, words: Words): void => {
  const { at, event } = logged
  const attempt = task.attempts.at(-1)
  const n = attempt?.n ?? 0
  const note = (source: FindingsSource, contentId: ContentId | null): void => {
    if (contentId === null) return
    task.findings.push({
      at,
      attempt: n,
      source,
      contentId,
      findings: readJson(words.text(contentId), Finding.array()),
    })
  }
  switch (event.type) {
    case 'task.skipped':
      task.skippedBecause = event.because
      return
    case 'attempt.started':
      task.attempts.push(startedAttempt(event, at))
      return
    case 'operator.steered':
      task.messages ??= []
      task.messages.push({
        commandId: event.commandId,
        at,
        text: words.text(event.contentId),
        deliveredAt: null,
      })
      return
    case 'message.delivered':
      for (const message of task.messages ?? []) if (message.commandId === event.commandId) message.deliveredAt ??= at
      return
    case 'attempt.finished':
      finishAttempt(task, event, at, words)
      return
    case 'work.harvested':
      task.tip = event.tip
      task.base = event.base
      task.lines = { files: event.files, added: event.added, deleted: event.deleted }
      markWork(attempt, 'harvested', event.uncommitted)
      note('harvest', event.findingsContentId)
      return
    case 'work.empty':
      markWork(attempt, 'empty')
      note('empty', event.findingsContentId)
      return
    case 'work.refused':
      markWork(attempt, 'refused')
      note('refused', event.findingsContentId)
      return
    case 'merge.conflicted':
      note('conflict', event.findingsContentId)
      return
    case 'checks.finished':
      task.checks.push(checksView(event, { at, attempt: n }, words))
      note('checks', event.findingsContentId)
      note('environment', event.environmentContentId)
      return
    case 'verdict.given':
      foldVerdict(task, event, at, words)
      note('verdict', event.findingsContentId)
      return
    case 'task.integrated':
      task.integrated = {
        commit: event.commit,
        tree: event.tree,
        at,
        rebuiltTip: null,
        ...(event.stack === undefined ? {} : { stack: { ...event.stack, with: [] } }),
      }
      return
    case 'task.reintegrated':
      task.checks.push(checksView(event, { at, attempt: n }, words))
      task.integrated = {
        commit: event.commit,
        tree: event.tree,
        at: task.integrated?.at ?? at,
        rebuiltTip: event.tip === task.tip ? null : event.tip,
      }
      return
    case 'work.rebased':
      task.tip = event.tip
      task.base = event.base
      return
  }
}

const checksView = (
  event: LoopEventOf<'checks.finished'> | LoopEventOf<'task.reintegrated'>,
  when: { at: number; attempt: number },
  words: Words,
): ChecksView => ({
  ...when,
  tip: event.tip,
  agent: event.agent,
  tree: event.tree,
  status: event.status,
  results: words.checkResults(event.resultsContentId, event.tree),
  ...('stack' in event && event.stack !== undefined ? { stack: event.stack } : {}),
})

/** What the operator took out is integrated no more, and why is said against the work. */
export const foldRejection = (
  task: TaskView,
  { at, event }: { at: number; event: LoopEventOf<'agent.rebuilt'> },
  words: Words,
): void => {
  task.integrated = null
  const { findingsContentId: contentId } = event
  const findings = readJson(words.text(contentId), Finding.array())
  task.findings.push({ at, attempt: task.attempts.at(-1)?.n ?? 0, source: 'rejected', contentId, findings })
}

const startedAttempt = (event: LoopEventOf<'attempt.started'>, at: number): AttemptView => ({
  n: event.attempt,
  worker: event.worker,
  ...(event.answerer === undefined ? {} : { answerer: event.answerer }),
  startedAt: at,
  endedAt: null,
  outcome: null,
  class: null,
  usage: unmeasured,
  dropped: 0,
  resumed: event.resumed,
  work: null,
  uncommitted: false,
})

const finishAttempt = (task: TaskView, event: LoopEventOf<'attempt.finished'>, at: number, words: Words): void => {
  const attempt = task.attempts.at(-1)
  if (attempt !== undefined) {
    const { outcome, usage, dropped } = event
    const error = event.errorContentId === undefined ? null : words.text(event.errorContentId)
    const why = error === null ? {} : { error }
    Object.assign(attempt, { endedAt: at, outcome, class: event.class, ...why, usage, dropped })
  }
  if (task.kind !== 'research' || event.answerContentId === null) return
  const kept = words.text(event.answerContentId)
  task.research = readJson(kept, ResearchRecord)
  task.answer = task.research?.answer ?? kept
  task.claims = event.claims
}

const markWork = (attempt: AttemptView | undefined, work: AttemptView['work'], uncommitted = false): void => {
  if (attempt !== undefined) Object.assign(attempt, { work, uncommitted })
}

const foldVerdict = (task: TaskView, event: LoopEventOf<'verdict.given'>, at: number, words: Words): void => {
  const answer = event.verdictContentId === null ? null : readJson(words.text(event.verdictContentId), VerifierAnswer)
  const given = event.findingsContentId === null ? null : readJson(words.text(event.findingsContentId), Finding.array())
  task.verdicts.push({
    at,
    attempt: task.attempts.at(-1)?.n ?? 0,
    tip: event.tip,
    verifier: event.verifier,
    value: event.value,
    inconclusive: event.inconclusive,
    sameVendor: event.sameVendor,
    ...(event.answerer === undefined ? {} : { answerer: event.answerer, sameModel: event.sameModel }),
    findings: answer?.findings ?? given ?? [],
    summary: answer?.summary ?? null,
    ran: answer?.ran ?? [],
    class: event.class,
    usage: event.usage,
  })
}

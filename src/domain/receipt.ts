/** The receipt: what a run leaves for a person to judge, as Markdown. Pure; models' words are shown, never obeyed. */

import { containmentWords } from './containment-words.ts'
import { type Discrepancy, discrepancies } from './discrepancies.ts'
import { erasedWords } from './erasure-words.ts'
import { laneWords } from './lane-words.ts'
import { block, code, inline, table } from './markdown.ts'
import { count, duration, moment } from './measures.ts'
import { notProven, provenSentence } from './not-proven.ts'
import { describeOutcome, explainWait } from './outcome.ts'
import { originText, planningLines } from './planning-text.ts'
import { renderCost, renderTimeLine } from './receipt-cost.ts'
import { findingLines, renderTask, stateCell, titleOf } from './receipt-task.ts'
import { noteWords } from './repository-note.ts'
import type { RunView } from './run-view.ts'
import { sharedBranch, sharedSentence } from './shared-branch.ts'
import { mainNote, syncSentence } from './sync-text.ts'

/**
 * The whole receipt. Facts first, then what models say, then what is not proven. Ends with a newline. `money` is the
 * sentence about money, where prices are at hand.
 */
export const renderReceipt = (view: RunView, money?: string): string => `${sections(view, money).join('\n\n')}\n`

const sections = (view: RunView, money: string | undefined): string[] => [
  `# Run ${view.runId}`,
  renderOutcome(view),
  renderGoal(view),
  '## Plan',
  renderPlan(view),
  '## Tasks',
  ...(view.tasks.length === 0 ? ['No task was begun.'] : view.tasks.map(renderTask)),
  ...renderShared(view),
  '## Discrepancies',
  renderDiscrepancies(view),
  '## Cost',
  renderCost(view, money),
  '## Time line',
  renderTimeLine(view),
  '## NOT PROVEN',
  renderNotProven(view),
]

const renderOutcome = (view: RunView): string => {
  const wait = view.waitReason === null ? null : explainWait(view.waitReason, view.runId)
  const took = view.endedAt === null ? '' : `, ${duration(view.endedAt - view.requestedAt)}`
  const { limits } = view
  return [
    `**${describeOutcome(view)}**${wait === null ? '' : ` The run waits because ${wait.sentence}.`}`,
    '',
    ...(wait === null ? [] : [`- To go on: ${inline(wait.cure)}`]),
    ...(view.sync === null ? [] : [`- ${inline(syncSentence(view.sync), 600)}`]),
    ...(mainNote(view.mainState) === null ? [] : [`- ${inline(mainNote(view.mainState)!, 400)}`]),
    ...(view.waitDetail === null ? [] : [`- What failed: ${inline(view.waitDetail)}`]),
    `- Models: ${view.rehearsed ? 'scripted (a rehearsal)' : 'real'}`,
    `- Containment: ${containmentWords(view)}`,
    `- Lane: ${laneWords(view)}`,
    `- Base: ${view.base === null ? 'not reached' : code(view.base)}`,
    ...view.notes.map(note => `- Repository: ${noteWords(note).operator}`),
    `- Asked for: ${moment(view.requestedAt)}${took}`,
    `- Limits: ${count(limits.requests)} requests, ${count(limits.tokens)} tokens, ${limits.minutes} minutes${view.limit === null ? '' : ` (stopped by: ${view.limit})`}`,
    ...view.failures.map(
      failure =>
        `- AgentLab failed at ${code(failure.effect)}${failure.text === null ? '' : `: ${inline(failure.text)}`}`,
    ),
  ].join('\n')
}

const renderGoal = (view: RunView): string =>
  view.goal === null
    ? `Goal: ${erasedWords(view.erasedAt)}.`
    : `Goal:\n\n${block(view.goal, `agentlab show ${view.runId} --json`)}`

const renderPlan = (view: RunView): string => {
  const whole = `agentlab show ${view.runId} --json`
  const questions = view.planning.questions.flatMap(({ question, answer }) => [
    `The planner asked:\n\n${block(question ?? '(erased)', whole)}`,
    answer === null ? 'It is not answered.' : `The operator answered:\n\n${block(answer, whole)}`,
  ])
  if (view.planOrigin === null) return [...questions, 'There is no plan yet.'].join('\n\n')
  const rows = view.tasks.map(task => [
    String(task.number),
    inline(titleOf(task, view.erased), 120),
    task.kind,
    task.dependsOn.map(id => id.slice(id.indexOf('-') + 1)).join(', ') || '–',
    task.worker,
    task.risk,
    stateCell(task),
  ])
  return [
    ...questions,
    originText(view),
    ...planningLines(view).map(line => inline(line)),
    ...(view.planSummary === null || view.planSummary === '' ? [] : [block(view.planSummary, whole)]),
    table(['#', 'Task', 'Kind', 'After', 'Worker', 'Risk', 'State'], rows),
  ].join('\n\n')
}

/** Only where others' work is on the branch as well. */
const renderShared = (view: RunView): string[] => {
  const sentence = sharedSentence(view)
  if (sentence === null) return []
  const { brought, others } = sharedBranch(view)
  const rows = [
    ...brought.map(({ taskId, title }) => [code(taskId), inline(title, 120), 'this run']),
    ...others.map(({ taskId, title }) => [code(taskId), inline(title, 120), `run ${taskId.slice(0, 8)}`]),
  ]
  return ['## On the integration branch', sentence, table(['Task', 'Title', 'Brought by'], rows)]
}

const renderDiscrepancies = (view: RunView): string => {
  const found = discrepancies(view)
  if (found.length === 0) {
    return 'None: no verdict against passing checks, no two verifiers against each other, no blocking finding that later work had to answer.'
  }
  return found.map(discrepancyLines).join('\n')
}

const discrepancyLines = (found: Discrepancy): string => {
  const task = `- Task ${found.number}: `
  switch (found.kind) {
    case 'checksAgainstVerdict':
      return [
        `${task}the checks passed and ${found.verdict.verifier ?? 'a verifier'} failed the same tip ${code(found.verdict.tip)}, for:`,
        ...found.verdict.findings.flatMap(finding => findingLines(finding, '  ')),
      ].join('\n')
    case 'verifiersDisagree':
      return `${task}${found.pass.verifier ?? 'one'} passed and ${found.fail.verifier ?? 'one'} failed the same tip ${code(found.pass.tip)}.`
    case 'findingAnswered':
      return `${task}found in attempt ${found.verdict.attempt} by ${found.verdict.verifier ?? 'a verifier'}, not found again in attempt ${found.answeredIn}: ${inline(found.finding.claim)}`
  }
}

const renderNotProven = (view: RunView): string => {
  const items = notProven(view)
  return items.length === 0 ? provenSentence : items.map(item => `- ${inline(item, 600)}`).join('\n')
}

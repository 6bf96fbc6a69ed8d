/** One task's evidence as HTML: attempts, checks, verdicts, findings, and its diffs. */

import { type Html, html } from './html.ts'
import { runIdOf } from './ids.ts'
import { count, duration, many, short } from './measures.ts'
import { explainWait } from './outcome.ts'
import { answerHtml } from './receipt-html-answer.ts'
import { type DiffBudget, renderDiff, renderFinding } from './receipt-html-diff.ts'
import { anchorOf, facts, stateBadge, wideTable } from './receipt-html-parts.ts'
import {
  checkWords,
  endOfAttempt,
  findingSources,
  inconclusiveWords,
  stateCell,
  titleOf,
  workOf,
} from './receipt-task.ts'
import type { ChecksView, TaskView, VerdictView } from './run-view.ts'
import { checkedTogether, landedTogether } from './train-words.ts'
import type { Finding } from './verdict.ts'
import { passWords } from './verdict-words.ts'
import { workerWords } from './worker-words.ts'

/** The text of `git diff` up to one tip of a task. */
export interface TaskDiff {
  tip: string
  /** null where git no longer has the objects. */
  text: string | null
}

export const renderTaskHtml = (
  task: TaskView,
  diffs: readonly TaskDiff[],
  budget: DiffBudget,
  isErased: boolean,
): Html => {
  const wait = task.waitReason === null ? null : explainWait(task.waitReason, runIdOf(task.taskId))
  return html`<article class="card task" id="${anchorOf(task)}">
<header><div><div class="eyebrow">${task.taskId} · ${task.kind} · ${task.worker} · ${task.risk} risk</div><h3>${task.number}. ${titleOf(task, isErased)}</h3></div>${stateBadge(task.state)}</header>
${task.skippedBecause !== null && html`<p class="soft">${stateCell(task)}.</p>`}
${wait !== null && html`<div class="note"><strong>It waits because ${wait.sentence}.</strong><p>${wait.cure}</p></div>`}
${
  task.kind === 'change' &&
  facts([
    task.lines === null
      ? null
      : [
          'Change',
          html`${many(task.lines.files, 'file')} <span class="plus">+${count(task.lines.added)}</span> <span class="minus">−${count(task.lines.deleted)}</span>`,
        ],
    task.base === null ? null : ['Base', html`<code title="${task.base}">${short(task.base)}</code>`],
    task.tip === null ? null : ['Tip', html`<code title="${task.tip}">${short(task.tip)}</code>`],
    task.integrated === null
      ? null
      : ['Integrated as', html`<code title="${task.integrated.commit}">${short(task.integrated.commit)}</code>`],
    landedTogether(task) === null ? null : ['Train', landedTogether(task)],
  ])
}
<h4>Attempts</h4>${attempts(task)}
${
  task.kind === 'change' &&
  html`<h4>Checks</h4>${task.checks.length === 0 ? html`<p class="soft">None on record.</p>` : task.checks.map(checkRun)}
<h4>Verdicts</h4>${task.verdicts.length === 0 ? html`<p class="soft">None.</p>` : task.verdicts.map(verdict => renderVerdict(verdict, diffs))}`
}
${against(task)}
${task.answer !== null && html`<h4>Answer: a model's word, verified by nobody</h4>${answerHtml(task)}`}
${diffs.map(diff => renderTaskDiff(task, diff, budget))}
</article>
`
}

const attempts = (task: TaskView): Html =>
  task.attempts.length === 0
    ? html`<p class="soft">None.</p>`
    : wideTable(
        ['Attempt', 'Session', 'End', 'Took', 'Tokens in', 'Tokens out', 'Work'],
        task.attempts.map(attempt => [
          `${attempt.n}, ${workerWords(attempt.worker, attempt.answerer)}`,
          attempt.resumed ? 'resumed' : 'fresh',
          endOfAttempt(attempt),
          attempt.endedAt === null ? '–' : duration(attempt.endedAt - attempt.startedAt),
          count(attempt.usage.input),
          count(attempt.usage.output),
          workOf(attempt),
        ]),
      )

const checkRun = (
  checks: ChecksView,
): Html => html`<p><strong>${checkWords[checks.status]}</strong> <span class="soft">on tree <code>${short(checks.tree)}</code>, tip <code>${short(checks.tip)}</code> merged into <code>${short(checks.agent)}</code>${checkedTogether(checks) !== null && html`; ${checkedTogether(checks)}`}</span></p>
${
  checks.results.length > 0 &&
  wideTable(
    ['Check', 'Status', 'Exit code', 'Took', 'From cache'],
    checks.results.map(check => [
      check.name,
      check.status,
      check.exitCode === null ? '–' : check.exitCode,
      duration(check.durationMs),
      check.cached === null ? 'not known' : check.cached ? 'yes' : 'no',
    ]),
  )
}`

/** A finding with a place stands at its line where a diff of that tip is shown; else here. */
const isPlaced = (finding: Finding, verdict: VerdictView, diffs: readonly TaskDiff[]): boolean =>
  finding.file !== undefined && diffs.some(diff => diff.tip === verdict.tip && diff.text !== null)

const renderVerdict = (verdict: VerdictView, diffs: readonly TaskDiff[]): Html => {
  const value = verdict.value === 'pass' ? passWords(verdict) : verdict.value
  const why = verdict.inconclusive === null ? '' : `: ${inconclusiveWords[verdict.inconclusive]}`
  const here = verdict.findings.filter(finding => !isPlaced(finding, verdict, diffs))
  const placed = verdict.findings.length - here.length
  return html`<div class="verdict ${verdict.value}"><p><strong>${value}</strong>${why} <span class="soft">by ${workerWords(verdict.verifier ?? 'nobody', verdict.answerer)} on tip <code>${short(verdict.tip)}</code>, attempt ${verdict.attempt}</span></p>
${verdict.summary !== null && verdict.summary.trim() !== '' && html`<div class="says">${verdict.summary}</div>`}
${here.map(renderFinding)}
${placed > 0 && html`<p class="soft">${many(placed, 'finding')} at ${placed === 1 ? 'its line' : 'their lines'} in the diff below.</p>`}
${verdict.ran.length > 0 && html`<details><summary class="soft">${many(verdict.ran.length, 'command')} it says it ran, not replayed</summary><pre>${verdict.ran.map(one => `${one.command}\n  exit ${one.exitCode}\n`)}</pre></details>`}</div>`
}

/** Findings other than a verdict's, which stand with their verdict. */
const against = (task: TaskView): Html | null => {
  const others = task.findings.filter(one => one.source !== 'verdict')
  return others.length === 0
    ? null
    : html`<h4>Against the work</h4>${others.map(
        one =>
          html`<p class="soft">Attempt ${one.attempt}, ${findingSources[one.source]}${one.findings === null && ' (words erased)'}</p>${(one.findings ?? []).map(renderFinding)}`,
      )}`
}

const renderTaskDiff = (task: TaskView, diff: TaskDiff, budget: DiffBudget): Html => {
  const isLast = diff.tip === task.tip
  const name = isLast
    ? html`Diff`
    : html`Diff of an earlier tip, <code>${short(diff.tip)}</code>, where a verdict found something`
  if (diff.text === null) return html`<h4>${name}</h4><p class="soft">Git no longer has these objects.</p>`
  const findings = task.verdicts
    .filter(verdict => verdict.tip === diff.tip)
    .flatMap(verdict => verdict.findings.filter(finding => finding.file !== undefined))
  const body = renderDiff(diff.text, findings, budget, `agentlab diff ${task.taskId}`)
  return html`<h4>${name}</h4>${body}`
}

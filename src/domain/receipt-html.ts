/** The receipt as one HTML file: opens offline, runs no script, fetches nothing; words of models are only ever text. */

import { containmentWords } from './containment-words.ts'
import { criticalPath } from './critical-path.ts'
import { type Discrepancy, discrepancies } from './discrepancies.ts'
import { erasedWords } from './erasure-words.ts'
import { type Html, html } from './html.ts'
import type { TaskId } from './ids.ts'
import { laneWords } from './lane-words.ts'
import { count, duration, many, moment, short } from './measures.ts'
import { notProven, provenSentence } from './not-proven.ts'
import { describeOutcome, explainWait } from './outcome.ts'
import { originText, planningLines } from './planning-text.ts'
import { type RunMoney, renderCostHtml } from './receipt-html-cost.ts'
import { type DiffBudget, renderFinding } from './receipt-html-diff.ts'
import { anchorOf, badge, facts, toneOf } from './receipt-html-parts.ts'
import { renderPlanGraph } from './receipt-html-plan.ts'
import { receiptStyle } from './receipt-html-style.ts'
import { renderTaskHtml, type TaskDiff } from './receipt-html-task.ts'
import { renderTime } from './receipt-html-time.ts'
import { titleOf } from './receipt-task.ts'
import { noteWords } from './repository-note.ts'
import type { RunView } from './run-view.ts'
import { sharedBranch, sharedSentence } from './shared-branch.ts'
import { mainNote, syncSentence } from './sync-text.ts'

/** What a page shows beside the view. */
export interface ReceiptMaterial {
  diffs: ReadonlyMap<TaskId, readonly TaskDiff[]>
  money: RunMoney
  /** Base64 of the SHA-256 of a text: names the page's own style sheet in its security policy. */
  sha256: (text: string) => string
  /** Epoch milliseconds: when the page is made. */
  now: number
}

/** All diffs of a page together. */
const pageBudget: DiffBudget = { lines: 12_000, characters: 900_000 }

/** The whole page, ending with a newline. Its policy lets in one style sheet, by digest, and nothing else. */
export const renderReceiptHtml = (view: RunView, material: ReceiptMaterial): string => {
  const policy = `default-src 'none'; style-src 'sha256-${material.sha256(receiptStyle)}'; base-uri 'none'; form-action 'none'`
  const page = html`<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">
<title>Run ${view.runId}: ${describeOutcome(view)}</title>`
  // The style sheet is ours and constant: escaped, its digest would no longer be the policy's.
  return `<!doctype html>\n${page.markup}<style>${receiptStyle}</style></head>\n<body>${body(view, material).markup}</body></html>\n`
}

const body = (view: RunView, material: ReceiptMaterial): Html => {
  const path = criticalPath(view, material.now)
  const budget = { ...pageBudget }
  return html`<main>
${head(view)}
${renderNotProven(view)}
<nav aria-label="On this page"><a href="#plan">Plan</a><a href="#time">Time line</a><a href="#tasks">Tasks</a><a href="#discrepancies">Discrepancies</a><a href="#cost">Cost</a></nav>
<section id="plan"><h2>Plan</h2><div class="card">${plan(view, path.taskIds)}</div></section>
<section id="time"><h2>Time line</h2><div class="card">${renderTime(view, path, material.now)}</div></section>
<section id="tasks"><h2>Tasks</h2>${view.tasks.length === 0 && html`<p class="soft">No task was begun.</p>`}
${view.tasks.map(task => renderTaskHtml(task, material.diffs.get(task.taskId) ?? [], budget, view.erased))}</section>
<section id="discrepancies"><h2>Discrepancies</h2><div class="card">${renderDiscrepancies(view)}</div></section>
<section id="cost"><h2>Cost</h2><div class="card">${renderCostHtml(view, material.money)}</div></section>
<footer>Receipt of run ${view.runId}, made ${moment(material.now)} by AgentLab. What agents wrote is shown as it is and proves nothing by itself.</footer>
</main>`
}

const shared = (view: RunView): Html | false => {
  const sentence = sharedSentence(view)
  return (
    sentence !== null &&
    html`<div class="note"><p>${sentence}</p><ul>${sharedBranch(view).others.map(({ taskId, title }) => html`<li><code>${taskId}</code> ${title}</li>`)}</ul></div>`
  )
}

const head = (view: RunView): Html => {
  const wait = view.waitReason === null ? null : explainWait(view.waitReason, view.runId)
  const { limits } = view
  return html`<header><div class="eyebrow">AgentLab receipt · run ${view.runId}</div>
<h1>${describeOutcome(view)}</h1>
<p>${badge(toneOf(view.outcome ?? view.state), view.outcome === 'awaitingOperator' ? 'waits for you' : (view.outcome ?? view.state))}${view.rehearsed && html` ${badge('asks', 'rehearsed: scripted models')}`}${view.containment === 'unboxed' && html` ${badge('bad', 'unboxed: nothing held the agents')}`}</p>
<div class="card"><h4>Goal</h4><p class="goal">${view.goal ?? `(${erasedWords(view.erasedAt)})`}</p>
${facts([
  ['Asked for', moment(view.requestedAt)],
  ['Took', view.endedAt === null ? 'still under way' : duration(view.endedAt - view.requestedAt)],
  ['Tasks', html`${view.tasks.filter(task => task.integrated !== null).length} integrated of ${view.tasks.length}`],
  ['Lane', laneWords(view)],
  ['Containment', containmentWords(view)],
  ['Verified by', view.independence === 'vendor' ? "another vendor's agent" : 'another session'],
  ['Base', view.base === null ? 'not reached' : html`<code title="${view.base}">${short(view.base)}</code>`],
  ...view.notes.map((note): [string, string] => ['Repository', noteWords(note).operator]),
  ['Limits', `${count(limits.requests)} requests, ${count(limits.tokens)} tokens, ${limits.minutes} minutes`],
  view.limit === null ? null : ['Stopped by', `the limit of ${view.limit}`],
])}</div>
${view.sync !== null && html`<div class="note"><p>${syncSentence(view.sync)}</p></div>`}
${mainNote(view.mainState) !== null && html`<div class="note"><p>${mainNote(view.mainState)!}</p></div>`}
${shared(view)}
${wait !== null && html`<div class="note"><strong>The run waits because ${wait.sentence}.</strong><p>${wait.cure}</p>${view.waitDetail !== null && html`<pre>${view.waitDetail}</pre>`}</div>`}
${view.failures.map(failure => html`<div class="note bad"><strong>AgentLab failed at <code>${failure.effect}</code></strong>${failure.text !== null && html`<pre>${failure.text}</pre>`}</div>`)}</header>`
}

const renderNotProven = (view: RunView): Html => {
  const items = notProven(view)
  if (items.length === 0) return html`<section class="note good"><h2>NOT PROVEN</h2><p>${provenSentence}</p></section>`
  return html`<section class="note" id="not-proven"><h2>NOT PROVEN: ${many(items.length, 'thing')}</h2><ul>${items.map(item => html`<li>${item}</li>`)}</ul></section>`
}

const plan = (view: RunView, path: readonly TaskId[]): Html => {
  const questions = view.planning.questions.map(
    ({ question, answer }) => html`<p class="soft">The planner asked:</p><p class="says">${question ?? '(erased)'}</p>
<p class="soft">${answer === null ? 'It is not answered.' : 'The operator answered:'}</p>${answer !== null && html`<p class="says">${answer}</p>`}`,
  )
  if (view.planOrigin === null) return html`${questions}<p class="soft">There is no plan yet.</p>`
  return html`${questions}<p class="soft">${originText(view)}</p>${planningLines(view).map(line => html`<p class="soft">${line}</p>`)}
${view.planSummary !== null && view.planSummary !== '' && html`<p class="says">${view.planSummary}</p>`}${renderPlanGraph(view, path)}`
}

const renderDiscrepancies = (view: RunView): Html => {
  const found = discrepancies(view)
  return found.length === 0
    ? html`<p class="soft">None: no verdict against passing checks, no two verifiers against each other, no blocking finding that later work had to answer.</p>`
    : html`${found.map(one => renderDiscrepancy(one, view))}`
}

const renderDiscrepancy = (found: Discrepancy, view: RunView): Html => {
  const task = view.tasks.find(one => one.number === found.number)
  const link = html`<a href="#${anchorOf(found)}">Task ${found.number}</a>${task !== undefined && ` (${titleOf(task, view.erased)})`}`
  switch (found.kind) {
    case 'checksAgainstVerdict':
      return html`<p>${link}: the checks passed and ${found.verdict.verifier ?? 'a verifier'} failed the same tip <code>${short(found.verdict.tip)}</code>, for:</p>${found.verdict.findings.map(renderFinding)}`
    case 'verifiersDisagree':
      return html`<p>${link}: ${found.pass.verifier ?? 'one'} passed and ${found.fail.verifier ?? 'one'} failed the same tip <code>${short(found.pass.tip)}</code>.</p>`
    case 'findingAnswered':
      return html`<p>${link}: found in attempt ${found.verdict.attempt} by ${found.verdict.verifier ?? 'a verifier'}, not found again in attempt ${found.answeredIn}: ${found.finding.claim}</p>`
  }
}

/** A research task's answer as HTML: what does not hold first, each citation with what was found of it. */
import { type Html, html } from './html.ts'
import type { CheckedClaim } from './research.ts'
import { citationProblem, claimWords, countWords, placeOf, quotedIn, worstFirst } from './research-text.ts'
import type { TaskView } from './run-view.ts'

export const answerHtml = ({ answer, research, claims }: TaskView): Html =>
  research === null
    ? html`<pre>${answer}</pre>`
    : html`<pre>${research.answer}</pre>
<p class="soft">Citations: ${countWords(claims ?? null)}. A citation that holds says where a claim comes from, not that it is true.</p>
${worstFirst(research.claims).map(claimHtml)}
${listed('Not known', research.unknown)}${listed('Notes of AgentLab', research.notes)}`

const claimHtml = ({
  claim,
  state,
  evidence,
}: CheckedClaim): Html => html`<div class="says"><strong>${claimWords[state]}</strong> ${claim}${
  evidence.length > 0 &&
  html`<ul>${evidence.map(one => {
    const problem = citationProblem(one)
    return html`<li><code>${placeOf(one)}</code> ${quotedIn(one)}${problem !== '' && html` <span class="soft">(${problem})</span>`}</li>`
  })}</ul>`
}</div>
`

const listed = (title: string, lines: readonly string[]): Html | false =>
  lines.length > 0 && html`<p><strong>${title}</strong></p><ul>${lines.map(line => html`<li>${line}</li>`)}</ul>`

/** A diff as HTML, with findings at their lines; long ones are cut, and what was left out is said. */
import { type DiffFile, type DiffLine, parseDiff } from './diff-lines.ts'
import { type Html, html } from './html.ts'
import { count, many } from './measures.ts'
import type { Finding } from './verdict.ts'

/** How much of diffs a page holds, in lines and characters; shared by all diffs of the page, used up as they are drawn. */
export interface DiffBudget {
  lines: number
  characters: number
}

const maxLineLength = 600
const openUpTo = 60

/** `whole` is the command that shows all of it. Findings without a place in this diff come first. */
export const renderDiff = (text: string, findings: readonly Finding[], budget: DiffBudget, whole: string): Html => {
  const files = parseDiff(text)
  const paths = new Set(files.map(file => file.path))
  const elsewhere = findings.filter(finding => finding.file === undefined || !paths.has(finding.file))
  const changed = files.reduce((sum, file) => sum + file.added + file.deleted, 0)
  return html`${elsewhere.map(finding => renderFinding(finding))}
${files.length === 0 && html`<p class="soft">The two commits hold the same files.</p>`}
${files.map(file => {
  const own = findings.filter(finding => finding.file === file.path)
  return renderFile(file, own, budget, whole, own.length > 0 || changed <= openUpTo)
})}`
}

const changeWords: Record<DiffFile['change'], string> = {
  added: 'new',
  deleted: 'deleted',
  modified: '',
  renamed: 'renamed',
}

const renderFile = (
  file: DiffFile,
  findings: readonly Finding[],
  budget: DiffBudget,
  whole: string,
  isOpen: boolean,
): Html => {
  const shown = file.hunks.flatMap(hunk => hunk.lines.flatMap(line => line.newLine ?? []))
  const lines = new Set(shown)
  const unplaced = findings.filter(finding => finding.line === undefined || !lines.has(finding.line))
  const before = budget.lines
  const total = file.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0)
  const body = file.hunks.map(hunk => {
    const isShown = budget.lines > 0 && budget.characters > 0
    const head = `line ${hunk.newStart}${hunk.heading === '' ? '' : ` · ${hunk.heading}`}`
    return html`${isShown && html`<b>${head}</b>`}${hunk.lines.map(line => renderLine(line, findings, budget))}`
  })
  const left = total - (before - budget.lines)
  const words = [
    changeWords[file.change],
    file.oldPath === null ? '' : `from ${file.oldPath}`,
    file.binary ? 'binary' : '',
  ]
  return html`<details${isOpen && html` open`}><summary><code>${file.path}</code> <span class="soft">${words.filter(Boolean).join(', ')}</span> <span class="stat"><span class="plus">+${count(file.added)}</span> <span class="minus">−${count(file.deleted)}</span></span>${findings.length > 0 && html` <span class="badge bad">${many(findings.length, 'finding')}</span>`}</summary>
${unplaced.map(finding => renderFinding(finding))}
${total > 0 && html`<div class="diff">${body}</div>`}
${left > 0 && html`<p class="soft">${many(left, 'line')} left out; all of it: <code>${whole}</code></p>`}</details>`
}

const renderLine = (line: DiffLine, findings: readonly Finding[], budget: DiffBudget): Html | null => {
  const here = line.newLine === null ? [] : findings.filter(finding => finding.line === line.newLine)
  if (budget.lines <= 0 || budget.characters <= 0) return here.length === 0 ? null : html`${here.map(renderFinding)}`
  const cut = line.text.length - maxLineLength
  const text = cut > 0 ? `${line.text.slice(0, maxLineLength)}… (${count(cut)} more characters)` : line.text
  budget.lines -= 1
  budget.characters -= text.length
  const number = line.newLine ?? line.oldLine
  const drawn =
    line.kind === 'added'
      ? html`<ins data-n="${number}">${text}</ins>`
      : line.kind === 'deleted'
        ? html`<del data-n="${number}">${text}</del>`
        : html`<s data-n="${number}">${text}</s>`
  return here.length === 0 ? drawn : html`${drawn}${here.map(renderFinding)}`
}

/** A finding with its place and how to see it; every word of it is a model's or a program's. */
export const renderFinding = (finding: Finding): Html => {
  const place =
    finding.file === undefined ? '' : `${finding.file}${finding.line === undefined ? '' : `:${finding.line}`}`
  const how = finding.reproduction
  return html`<div class="finding ${finding.severity === 'blocking' ? 'blocking' : 'minor'}"><strong>${finding.severity}</strong>${place !== '' && html` <code>${place}</code>`}
<div class="says">${finding.claim}</div>${how !== undefined && html`<dl><dt>To see it</dt><dd><code>${how.command}</code></dd><dt>Expected</dt><dd>${how.expected}</dd><dt>Observed, says the verifier</dt><dd>${how.observed}</dd></dl>`}</div>`
}

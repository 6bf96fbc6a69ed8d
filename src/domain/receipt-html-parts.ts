/** Small pieces every section of the HTML receipt is made of. */
import { type Html, html, type Piece } from './html.ts'
import type { TaskView } from './run-view.ts'

export type Tone = 'good' | 'bad' | 'asks' | 'active' | 'quiet'

const tones: Record<string, Tone> = {
  integrated: 'good',
  recorded: 'active',
  done: 'good',
  failed: 'bad',
  skipped: 'bad',
  cancelled: 'bad',
  awaitingOperator: 'asks',
  pending: 'quiet',
  dropped: 'quiet',
  rejected: 'quiet',
}

export const toneOf = (state: string): Tone => tones[state] ?? 'active'

const stateNames: Record<string, string> = {
  awaitingOperator: 'waits for you',
  recorded: 'answered, not verified',
  pending: 'not begun',
  dropped: 'dropped by you',
  rejected: 'rejected by you',
}

export const badge = (tone: Tone, words: string): Html => html`<span class="badge ${tone}">${words}</span>`

export const stateBadge = (state: string): Html => badge(toneOf(state), stateNames[state] ?? state)

/** A table whose rows become blocks of label and value on a narrow screen. */
export const wideTable = (head: readonly string[], rows: readonly (readonly Piece[])[]): Html => html`
<table class="wide"><thead><tr>${head.map(name => html`<th>${name}</th>`)}</tr></thead>
<tbody>${rows.map(row => html`<tr>${row.map((cell, at) => html`<td data-label="${head[at] ?? ''}">${spanned(cell)}</td>`)}</tr>`)}</tbody></table>`

const spanned = (cell: Piece): Html => html`<span>${cell}</span>`

/** A line of facts: `<dt>` and `<dd>` in pairs; null is left out. */
export const facts = (pairs: readonly (readonly [string, Piece] | null)[]): Html => html`
<dl class="facts">${pairs.map(pair => pair !== null && html`<div><dt>${pair[0]}</dt><dd>${pair[1]}</dd></div>`)}</dl>`

/** The place on the page of a task's evidence. Numbers are ours. */
export const anchorOf = (task: Pick<TaskView, 'number'>): string => `task-${task.number}`

/** `4.12`, without needless digits: a percentage for an SVG attribute. */
export const percent = (part: number, whole: number): string =>
  `${whole <= 0 ? 0 : Math.round(Math.max(0, Math.min(1, part / whole)) * 10_000) / 100}%`

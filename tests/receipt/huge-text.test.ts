/** A megabyte in every place that people, models or the repository write: what is drawn from it stays readable. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { showRun, showTask } from '../../src/cli/commands/show.ts'
import { conversation } from '../../src/cli/conversation.ts'
import { plainPaint } from '../../src/cli/paint.ts'
import type { TranscriptEntry } from '../../src/cli/transcript.ts'
import { noMoney } from '../../src/domain/prices.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { renderReceiptHtml } from '../../src/domain/receipt-html.ts'
import { renderSummary } from '../../src/domain/receipt-summary.ts'
import { renderRunsScreen } from '../../src/tui/runs-screen.ts'
import { written } from './written.ts'

const megabyte = 1_048_576
const oneLine = 'x'.repeat(megabyte)
const manyLines = 'a line of some words\n'.repeat(50_000)
const texts: [string, string][] = [
  ['one line', oneLine],
  ['50,000 lines', manyLines],
]

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')

test.each(texts)('%s: receipt, summary, show and screen are bounded, and say where they were cut', (_, text) => {
  const run = written(text)
  const drawn = {
    receipt: renderReceipt(run),
    summary: renderSummary(run),
    show: showRun(run, 100, 0, plainPaint),
    task: showTask(run, { ...run.tasks[0]!, answer: null }, plainPaint),
  }
  for (const [name, document] of Object.entries(drawn)) {
    expect(document.length, name).toBeLessThan(100_000)
    expect(document, name).toMatch(/…|left out/)
  }
  const screen = renderRunsScreen({ repository: text, runs: [run], selected: 0, now: 0 }, 80, 24)
  expect(screen.map(({ text: line }) => line.length)).toEqual(Array.from({ length: 24 }, () => 80))
})

test.each(texts)('%s: the page is bounded as well', (_, text) => {
  const run = written(text)
  const material = { diffs: new Map(), money: { total: noMoney(), byWorker: new Map() }, sha256, now: 0 }
  expect(renderReceiptHtml(run, material).length).toBeLessThan(1_000_000)
})

test.each(texts)(
  '%s in a diff: the page stays below two megabytes and names the command that shows the rest',
  (_, text) => {
    const run = written('plain')
    const lines = text.trimEnd().split('\n')
    const head = 'diff --git a/f b/f\nnew file mode 100644\n--- /dev/null\n+++ b/f\n'
    const diff = `${head}@@ -0,0 +1,${lines.length} @@\n${lines.map(line => `+${line}`).join('\n')}\n`
    const task = run.tasks[0]!
    const diffs = new Map([[task.taskId, [{ tip: 'b'.repeat(40), text: diff }]]])
    const page = renderReceiptHtml(run, { diffs, money: { total: noMoney(), byWorker: new Map() }, sha256, now: 0 })
    expect(page.length).toBeLessThan(2_000_000)
    expect(page).toMatch(text === oneLine ? /more characters/ : /lines left out; all of it: <code>agentlab diff/)
  },
)

test.each(texts)('%s said by an agent or printed by its tool is cut, but for --full', (_, text) => {
  const at = { id: 'k3m9q2x7-1', source: 'worker-claude-1', at: 0 }
  const entries = [
    { ...at, event: { type: 'text', text } },
    { ...at, event: { type: 'thinking', text: oneLine } },
    { ...at, event: { type: 'tool.started', id: 't', tool: 'Bash', input: text } },
    { ...at, event: { type: 'tool.finished', id: 't', ok: false, exitCode: 1, output: text } },
  ] as TranscriptEntry[]
  const told = (full: boolean): string[] => entries.flatMap(conversation({ paint: plainPaint, full }))
  for (const line of told(false)) expect(line.length).toBeLessThan(2_100)
  expect(told(true).join('').length).toBeGreaterThan(megabyte)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answered } from '../../src/cli/answered.ts'
import { showRun, showTask } from '../../src/cli/commands/show.ts'
import { conversation } from '../../src/cli/conversation.ts'
import { plainPaint } from '../../src/cli/paint.ts'
import { describeChanges, renderProgress } from '../../src/cli/progress.ts'
import type { TranscriptEntry } from '../../src/cli/transcript.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { renderSummary } from '../../src/domain/receipt-summary.ts'
import { renderRunsScreen } from '../../src/tui/runs-screen.ts'
import { written } from './written.ts'

/** The document's structure: kinds of lines outside fenced blocks, with code spans and escapes taken out. */
const structure = (markdown: string): string[] => {
  const kinds: string[] = []
  let fence = ''
  for (const line of markdown.split('\n')) {
    const run = /^(`{3,})/.exec(line)?.[1]
    if (fence !== '') {
      if (line === fence) {
        fence = ''
        kinds.push('fence ends')
      }
      continue
    }
    if (run !== undefined) {
      fence = run
      kinds.push('fence')
      continue
    }
    const bare = line.replace(/\\[!-/:-@[-`{-~]/g, 'x').replace(/(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)/g, 'CODE')
    const kind = /^(#+ |\| |\s*- |)/.exec(bare)![1]!
    kinds.push(`${kind}${(bare.match(/[|[\]<>`~]/g) ?? []).join('')}`)
  }
  if (fence !== '') kinds.push('fence left open')
  return kinds.filter((kind, at) => kind !== kinds[at - 1] || kind !== '')
}

const pieces = fc.constantFrom(
  '\n',
  '\r\n',
  '\n\n',
  '# ',
  '## NOT PROVEN\n',
  '- ',
  '1. ',
  '```',
  '````',
  '~~~',
  '`',
  '``',
  '|',
  '\n|---|\n',
  '[x](http://a)',
  '![i](u)',
  '<script>',
  '<!--',
  '-->',
  '&lt;',
  '**',
  '__',
  '\\',
  '\\`',
  '\u001b[31m',
  '\u001b]0;t\u0007',
  '\u009b2J',
  '\u202e',
  '\u200b',
  '\u0000',
  '\u007f',
  '\ud800',
  '    code',
  '\t',
  '> ',
  '---',
  '===',
  'https://a.b',
  'www.a.b',
  '@you',
  '$x$',
  'word',
  ' ',
  'é',
  '😀',
)
const hostile = fc
  .array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 6 })), { minLength: 1, maxLength: 12 })
  .map(all => `a${all.join('')}z`)

// A terminal obeys these; \n is ours and \t is harmless.
const obeyed =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Cs}/u

test('no text from outside changes the structure of a receipt or leaves a character a terminal obeys', () => {
  const expected = structure(renderReceipt(written('plain')))
  expect(expected).not.toContain('fence left open')
  fc.assert(
    fc.property(hostile, text => {
      const receipt = renderReceipt(written(text))
      expect(structure(receipt)).toEqual(expected)
      expect(receipt).not.toMatch(obeyed)
    }),
    { numRuns: 300 },
  )
})

test('no text from outside adds a line to a summary', () => {
  const lines = renderSummary(written('plain')).split('\n').length
  fc.assert(
    fc.property(hostile, text => {
      const summary = renderSummary(written(text))
      expect(summary.split('\n')).toHaveLength(lines)
      expect(summary).not.toMatch(obeyed)
    }),
  )
})

test('no text from outside leaves a character a terminal obeys in what show, logs, diff and the screen print', () => {
  const said = (text: string): TranscriptEntry[] => {
    const at = { id: 'k3m9q2x7-1', source: 'worker-claude-1', at: 0 }
    return [
      { ...at, event: { type: 'session', sessionId: text, model: text } },
      { ...at, event: { type: 'text', text } },
      { ...at, event: { type: 'thinking', text } },
      { ...at, event: { type: 'tool.started', id: text, tool: text, input: text } },
      {
        ...at,
        event: { type: 'tool.finished', id: text, ok: false, exitCode: 1, output: `${text}\n@@ -1 +1 @@\n+${text}` },
      },
      { ...at, event: { type: 'retry', status: 500, detail: text, retryInMs: 1 } },
      { ...at, event: { type: 'notice', text } },
    ]
  }
  fc.assert(
    fc.property(hostile, fc.boolean(), (text, full) => {
      const run = written(text)
      const lines = [
        showRun(run, 100, 0, plainPaint),
        showTask(run, run.tasks[0]!, plainPaint),
        answered(run, plainPaint).text,
        ...said(text).flatMap(conversation({ paint: plainPaint, full })),
        ...renderRunsScreen({ repository: text, runs: [run], selected: 0, now: 0 }, 80, 24).map(line => line.text),
        ...renderProgress(run, 80, 0),
        ...describeChanges(null, run),
      ]
      for (const line of lines) expect(line).not.toMatch(obeyed)
    }),
    { numRuns: 200 },
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { renderSummary } from '../../src/domain/receipt-summary.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { attempt, checks, task, verdict, view } from './views.ts'

/** A run with `text` in every place that people, models or the repository write. */
const written = (text: string): RunView => {
  const finding = {
    claim: text,
    severity: 'blocking' as const,
    file: text,
    line: 3,
    reproduction: { command: text, expected: text, observed: text },
  }
  return view({
    goal: text,
    planSummary: text,
    waitDetail: text,
    failures: [{ at: 0, taskId: null, effect: 'merge.check', text }],
    launches: [{ taskId: null, what: text, startedAt: 0, endedAt: 1, exitCode: 0, signal: null }],
    tasks: [
      task({
        title: text,
        answer: text,
        attempts: [attempt()],
        checks: [checks({ results: [{ name: text, status: 'passed', exitCode: 0, durationMs: 1, cached: false }] })],
        verdicts: [
          verdict({ value: 'fail', summary: text, findings: [finding], ran: [{ command: text, exitCode: 0 }] }),
          verdict({ findings: [{ claim: text, severity: 'minor' }] }),
        ],
        findings: [{ at: 0, attempt: 1, source: 'refused', contentId: 'c-0000000000000000', findings: [finding] }],
      }),
    ],
  })
}

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

/** The HTML receipt: one safe, whole file, whatever models wrote. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noMoney } from '../../src/domain/prices.ts'
import { type ReceiptMaterial, renderReceiptHtml } from '../../src/domain/receipt-html.ts'
import { receiptStyle } from '../../src/domain/receipt-html-style.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { erased, oid, revised, task, verdict, view, waiting } from '../receipt/views.ts'
import { readHtml, type Tag } from './html-reader.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')

const diffOf = (path: string, lines: number, text = 'export const value = 1'): string =>
  [
    `diff --git a/${path} b/${path}`,
    'new file mode 100644',
    'index 0000000..1111111',
    '--- /dev/null',
    `+++ b/${path}`,
    `@@ -0,0 +1,${lines} @@`,
    ...Array.from({ length: lines }, (_, line) => `+${text} // ${line + 1}`),
    '',
  ].join('\n')

const material = (diffs: ReceiptMaterial['diffs'] = new Map()): ReceiptMaterial => ({
  diffs,
  money: { total: noMoney(), byWorker: new Map() },
  sha256,
  now: Date.UTC(2026, 0, 3),
})

const finding = { claim: 'It throws.', severity: 'blocking' as const, file: 'src/greet.ts', line: 3 }

describe('the page', () => {
  test.each<[string, RunView]>([
    ['a finished run', view()],
    ['a revised one', revised()],
    ['a waiting one', waiting()],
    ['an erased one', erased()],
    ['one without a plan', view({ planOrigin: null, tasks: [], launches: [], costs: [] })],
    ['one still under way', view({ state: 'working', outcome: null, endedAt: null })],
  ])('of %s reads strictly, and its links lead somewhere', (_, run) => {
    const { tags, text } = readHtml(renderReceiptHtml(run, material()))
    const ids = new Set(tags.flatMap(tag => tag.attributes.id ?? []))
    const links = tags.flatMap(tag => tag.attributes.href ?? [])
    expect(links.length).toBeGreaterThan(0)
    expect(links.filter(link => !link.startsWith('#') || !ids.has(link.slice(1)))).toEqual([])
    expect(text).toContain('NOT PROVEN')
  })

  test('runs nothing, fetches nothing, and lets in its own style sheet only', () => {
    const page = renderReceiptHtml(
      revised(),
      material(new Map([['k3m9q2x7-1', [{ tip: oid('5'), text: diffOf('a.ts', 3) }]]])),
    )
    const { tags } = readHtml(page)
    const forbidden = [
      'script',
      'link',
      'img',
      'iframe',
      'object',
      'embed',
      'form',
      'base',
      'foreignobject',
      'use',
      'image',
    ]
    expect(tags.filter(tag => forbidden.includes(tag.name.toLowerCase()))).toEqual([])
    const attributes = tags.flatMap(tag => Object.keys(tag.attributes))
    expect(attributes.filter(name => /^on|^style$|^src|^xlink|^srcset$|^formaction$/i.test(name))).toEqual([])
    const policy = tags.find(tag => tag.attributes['http-equiv'] === 'Content-Security-Policy')!.attributes.content!
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${sha256(receiptStyle)}'; base-uri 'none'; form-action 'none'`,
    )
    expect(page).toContain(`<style>${receiptStyle}</style>`)
    expect(receiptStyle).not.toMatch(/url\(|@import|expression/)
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style>'))
  })

  test('fits a phone: the viewport is set and nothing on it has a width of its own past the screen', () => {
    const { tags } = readHtml(renderReceiptHtml(view(), material()))
    expect(tags.find(tag => tag.attributes.name === 'viewport')!.attributes.content).toContain('width=device-width')
    const widths = tags.map(tag => Number(tag.attributes.width ?? 0)).filter(Number.isFinite)
    expect(Math.max(...widths)).toBeLessThan(200)
    expect(receiptStyle).not.toMatch(/overflow-x:\s*(?:auto|scroll)|white-space:pre[;}]\s*\.diff (?:s|ins|del)\{/)
  })
})

/** A run with `text` wherever people, models or the repository write. */
const written = (text: string): { run: RunView; material: ReceiptMaterial } => {
  const everywhere = { ...finding, claim: text, reproduction: { command: text, expected: text, observed: text } }
  const run = view({
    goal: text,
    planSummary: text,
    waitReason: 'effectFailed',
    waitDetail: text,
    failures: [{ at: 0, taskId: null, effect: 'merge.check', text }],
    launches: [{ taskId: 'k3m9q2x7-1', what: text, startedAt: 0, endedAt: 1, exitCode: 0, signal: null }],
    tasks: [
      task({
        title: text,
        answer: text,
        verdicts: [
          verdict({
            value: 'fail',
            summary: `x${text}`,
            findings: [everywhere],
            ran: [{ command: text, exitCode: 0 }],
          }),
          verdict({ findings: [{ claim: text, severity: 'minor', file: text }] }),
        ],
        findings: [{ at: 0, attempt: 1, source: 'refused', contentId: 'c-0000000000000000', findings: [everywhere] }],
      }),
    ],
  })
  const line = text.replace(/[\r\n]/g, ' ')
  return {
    run,
    material: material(new Map([['k3m9q2x7-1', [{ tip: oid('2'), text: diffOf('src/greet.ts', 4, line) }]]])),
  }
}

const shape = (page: string): string[] =>
  readHtml(page).tags.map(tag => `${tag.name} ${Object.keys(tag.attributes).join(' ')} ${tag.attributes.class ?? ''}`)

const pieces = fc.constantFrom(
  '<script>alert(1)</script>',
  '</style>',
  '</code></pre>',
  '<!--',
  '-->',
  ']]>',
  '<img src=x onerror=alert(1)>',
  '"',
  "'",
  '" onload="x',
  '&',
  '&lt;',
  '&#x3c;',
  '<',
  '>',
  '`',
  '\u0000',
  '\u001b[31m',
  '\u202e',
  '\u2028',
  '\ud800',
  'javascript:',
  'é',
  '😀',
  'word',
  ' ',
)
const hostile = fc
  .array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 6 })), { minLength: 1, maxLength: 10 })
  .map(all => `a${all.join('')}z`)

describe('words of models', () => {
  test('never change what the page is made of', () => {
    const plain = written('plain')
    const expected = shape(renderReceiptHtml(plain.run, plain.material))
    fc.assert(
      fc.property(hostile, text => {
        const { run, material } = written(text)
        const page = renderReceiptHtml(run, material)
        expect(shape(page)).toEqual(expected)
        expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u)
      }),
      { numRuns: 150 },
    )
  })

  test('are shown to the letter', () => {
    const text = '<b>&amp; "quoted" \'single\'</b>'
    const { run, material } = written(text)
    expect(readHtml(renderReceiptHtml(run, material)).text).toContain(text)
  })
})

const findingsIn = (tags: Tag[]): number => tags.filter(tag => tag.attributes.class?.startsWith('finding ')).length

describe('diffs', () => {
  const page = (lines: number, findings: (typeof finding)[]): string =>
    renderReceiptHtml(
      view({ tasks: [task({ verdicts: [verdict({ findings })] })] }),
      material(new Map([['k3m9q2x7-1', [{ tip: oid('2'), text: diffOf('src/greet.ts', lines) }]]])),
    )

  test('have a finding right behind the line it is about', () => {
    const shown = page(5, [finding])
    const at = shown.indexOf('// 3</ins>')
    expect(at).toBeGreaterThan(0)
    expect(shown.slice(at + '// 3</ins>'.length)).toMatch(/^<div class="finding blocking">/)
    expect(shown).toContain('1 finding at its line in the diff below.')
  })

  test('keep a finding whose line is not in them', () => {
    const { tags } = readHtml(
      page(5, [
        { ...finding, line: 400 },
        { ...finding, file: 'other.ts' },
      ]),
    )
    expect(findingsIn(tags)).toBe(2)
  })

  test('are cut where a page would grow too large, and say so; no finding is lost by that', () => {
    const shown = page(40_000, [finding, { ...finding, line: 39_999 }])
    expect(Buffer.byteLength(shown)).toBeLessThan(2 * 1024 * 1024)
    const { tags, text } = readHtml(shown)
    expect(text).toContain('28,000 lines left out; all of it: agentlab diff k3m9q2x7-1')
    expect(findingsIn(tags)).toBe(2)
  })

  test('of an earlier tip that a verdict found fault with are shown as well; lost objects are said', () => {
    const failed = verdict({ tip: oid('8'), value: 'fail', findings: [finding] })
    const shown = renderReceiptHtml(
      view({ tasks: [task({ verdicts: [failed, verdict()] })] }),
      material(
        new Map([
          [
            'k3m9q2x7-1',
            [
              { tip: oid('8'), text: diffOf('src/greet.ts', 4) },
              { tip: oid('2'), text: null },
            ],
          ],
        ]),
      ),
    )
    const { text } = readHtml(shown)
    expect(text).toContain('Diff of an earlier tip, 8888888888')
    expect(text).toContain('Git no longer has these objects.')
  })
})

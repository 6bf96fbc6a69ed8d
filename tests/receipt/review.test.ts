/** What a person is shown first of a change: pure, from the view and the list of paths. */
import { expect, test } from 'vitest'
import { reviewOf, reviewText } from '../../src/domain/review.ts'
import { type ChangedPath, riskyPaths } from '../../src/domain/risky-paths.ts'
import { sharedSentence } from '../../src/domain/shared-branch.ts'
import { verdict, view } from './views.ts'

const change = (path: string, over: Partial<ChangedPath> = {}): ChangedPath => ({
  path,
  status: 'M',
  oldMode: '100644',
  newMode: '100644',
  added: 1,
  isBinary: false,
  ...over,
})

test.each<[ChangedPath, RegExp]>([
  [change('.github/workflows/ci.yml'), /build machines/],
  [change('.husky/pre-commit'), /hook/],
  [change('sub/.claude/settings.json'), /steers agents/],
  [change('AGENTS.md'), /steers agents/],
  [change('.env.local'), /secrets/],
  [change('.gitattributes'), /what git does/],
  [change('web/package-lock.json'), /other dependencies/],
  [change('package.json'), /run or installed/],
  [change('src/run.sh', { newMode: '100755' }), /executed now/],
  [change('src/link', { newMode: '120000' }), /is a link/],
  [change('tests/a.ts', { status: 'D', newMode: '000000', added: 0 }), /a test is gone/],
  [change('src/a.test.ts', { status: 'D', newMode: '000000', added: 0 }), /a test is gone/],
  [change('logo.png', { added: null, isBinary: true }), /is binary/],
  [change('data.json', { added: 4_000 }), /4000 lines/],
])('names %o', (changed, why) => {
  expect(riskyPaths([changed])).toMatchObject([{ path: changed.path, why: expect.stringMatching(why) }])
})

test('says nothing of ordinary paths, nor of what was executable before', () => {
  const tool = change('bin/tool', { oldMode: '100755', newMode: '100755' })
  expect(riskyPaths([change('src/a.ts'), change('tests/a.ts'), change('docs/testing.md'), tool])).toEqual([])
})

test('lists what is not proven, what was said and was answered, and risky paths, each a line of clean text', () => {
  const one = view().tasks[0]!
  const finding = { claim: 'It is \u001b[31mred\nhere', severity: 'blocking' as const, file: 'a.ts' }
  const task = {
    ...one,
    attempts: [one.attempts[0]!, { ...one.attempts[0]!, n: 2 }],
    verdicts: [verdict({ sameVendor: true })],
    findings: [{ at: 0, attempt: 1, source: 'verdict' as const, contentId: 'c-0000000000000000', findings: [finding] }],
  }
  const run = view({ tasks: [task] })
  const text = reviewText(reviewOf(run, task, [change('.github/workflows/\u001b[2Jx.yml')]))
  expect(text).toContain('NOT PROVEN\n')
  expect(text).toMatch(/same vendor/)
  expect(text).toContain('blocking (verdict, before attempt 2) a.ts: It is red here')
  expect(text).toContain('  - .github/workflows/x.yml (steers the build machines)')
  expect(text).not.toContain('\u001b')
})

test('a branch that other runs share is said with what each brought; one of its own is not mentioned', () => {
  expect(sharedSentence(view())).toBeNull()
  const alongside = [{ taskId: 'abcdefgh-1', title: 'Other' }]
  expect(sharedSentence(view({ alongside }))).toMatch(/brought 1 task .* 1 task of 1 other run is on it as well/)
})

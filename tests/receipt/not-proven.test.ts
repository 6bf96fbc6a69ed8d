import { expect, test } from 'vitest'
import { notProven } from '../../src/domain/not-proven.ts'
import type { FindingsView, RunView } from '../../src/domain/run-view.ts'
import { attempt, checks, erased, oid, task, verdict, view } from './views.ts'

const setup = { taskId: null, what: 'setup', startedAt: 1, endedAt: 2, exitCode: 0, signal: null }
const noteAt = (at: number): FindingsView => ({
  at,
  attempt: 1,
  source: 'environment',
  contentId: '0'.repeat(16),
  findings: [{ claim: 'New dependencies: x.', severity: 'minor' }],
})
const withTask = (over: Parameters<typeof task>[0]): RunView => view({ tasks: [task(over)] })

test.each([
  ['scripted models', view({ rehearsed: true }), /scripted/],
  ['no box', view({ containment: 'unboxed' }), /No box/],
  ['a shared network', view({ network: 'host' }), /shared this machine's network/],
  ['a set-up with a network', view({ launches: [setup] }), /set-up ran with this machine's network/],
  [
    'a set-up with registries',
    view({ launches: [setup], setupHosts: ['a.test', 'b.test:80'] }),
    /could reach a\.test, b\.test:80 with a copy/,
  ],
  ['a fallback plan', view({ planOrigin: 'fallback' }), /fallback/],
  ['no plan', view({ tasks: [] }), /no plan/],
  ['erased words', erased(), /words were erased/],
  [
    'merged results nobody reviewed',
    view({ tasks: [task(), task({ taskId: 'k3m9q2x7-2', number: 2 })] }),
    /checked, not reviewed/,
  ],
  ['unfinished tasks', withTask({ state: 'failed', integrated: null }), /Task 1 .*nothing is proven, it is failed/],
  [
    'research answers',
    withTask({ kind: 'research', state: 'recorded', integrated: null, answer: 'yes' }),
    /model's word/,
  ],
  [
    'research answers after erasure',
    withTask({ kind: 'research', state: 'recorded', integrated: null }),
    /model's word/,
  ],
  ['no checks configured', withTask({ checks: [checks({ status: 'none', results: [] })] }), /no checks are configured/],
  [
    'checks that did not run',
    withTask({
      checks: [
        checks({
          status: 'notRun',
          results: [{ name: 'lint', status: 'notRun', exitCode: null, durationMs: 0, cached: false }],
        }),
      ],
    }),
    /did not run \(lint\)/,
  ],
  [
    'a base that is red too',
    withTask({
      checks: [
        checks({
          status: 'failedOnBaseToo',
          results: [{ name: 'test', status: 'failed', exitCode: 1, durationMs: 9, cached: false }],
        }),
      ],
    }),
    /red on the base before \(test\)/,
  ],
  [
    'checks that could make namespaces',
    withTask({
      checks: [
        checks({
          results: [
            { name: 'e2e', status: 'passed', exitCode: 0, durationMs: 9, cached: false, userNamespaces: true },
            { name: 'test', status: 'passed', exitCode: 0, durationMs: 9, cached: false },
          ],
        }),
      ],
    }),
    /with your leave \(box\.userns\), e2e could make user namespaces/,
  ],
  [
    'what the environment of the checks left open',
    withTask({ checks: [checks({ at: 5 })], findings: [noteAt(5)] }),
    /Task 1 .*New dependencies: x/,
  ],
  ['an integration over red checks', withTask({ checks: [checks({ status: 'failed' })] }), /although checks failed/],
  [
    'an integrated tree without checks',
    withTask({ integrated: { commit: oid('4'), tree: oid('9'), at: 0, rebuiltTip: null } }),
    /no checks are on record/,
  ],
  ['an integration without a pass', withTask({ verdicts: [verdict({ tip: oid('8') })] }), /no passing verdict/],
  [
    'a pass of the same vendor',
    withTask({ verdicts: [verdict({ sameVendor: true, verifier: 'claude' })] }),
    /pass \(same vendor\): the verifier claude has the author's blind spots/,
  ],
  [
    'a pass of the same model by another program',
    withTask({ verdicts: [verdict({ sameVendor: true, sameModel: true, verifier: 'codex' })] }),
    /pass \(same model\): the verifier codex asked the author's own model/,
  ],
  [
    'a pass of another model on the same servers',
    withTask({ verdicts: [verdict({ sameVendor: true, sameModel: false, verifier: 'local' })] }),
    /pass \(same vendor\)/,
  ],
  [
    'a pass of the local loop in a log that names no model',
    withTask({ verdicts: [verdict({ sameVendor: true, verifier: 'local' })] }),
    /pass \(same model\)/,
  ],
  [
    'inconclusive verdicts',
    withTask({ verdicts: [verdict({ value: 'inconclusive', inconclusive: 'nothingRun' }), verdict()] }),
    /1 verdict at its last tip did not count/,
  ],
  [
    'minor findings left open',
    withTask({ verdicts: [verdict({ findings: [{ claim: 'slow', severity: 'minor' }] })] }),
    /left open as minor: slow/,
  ],
  [
    'reproductions',
    withTask({
      verdicts: [
        verdict({
          findings: [{ claim: 'x', severity: 'minor', reproduction: { command: 'c', expected: 'e', observed: 'o' } }],
        }),
      ],
    }),
    /1 reproduction .*not replayed/,
  ],
  [
    'commands a verifier claims',
    withTask({ verdicts: [verdict({ ran: [{ command: 'npm test', exitCode: 0 }] })] }),
    /1 command verifiers say they ran/,
  ],
  ['lost output', withTask({ attempts: [attempt({ dropped: 3 })] }), /3 lines of the agents' output/],
  [
    'unmeasured usage',
    view({ spending: { requests: 3, tokens: 1_000, unmeasured: 2 } }),
    /usage of 2 requests was not measured: 1,000 tokens is a lower bound/,
  ],
])('lists %s', (_, run, expected) => {
  expect(notProven(run).some(item => expected.test(item))).toBe(true)
})

const stack = { train: 1, place: 1, size: 2, tree: oid('9'), with: ['k3m9q2x7-2'] }
const inStack = { commit: oid('4'), tree: oid('8'), at: 0, rebuiltTip: null, stack }
const together = checks({ tree: oid('9'), stack: ['k3m9q2x7-1', 'k3m9q2x7-2'] })

test('a tree that was checked only as a part of a stack is listed, one that was checked by itself is not', () => {
  const listed = (tree: string): string[] =>
    notProven(withTask({ checks: [checks(), together], integrated: { ...inStack, tree } })).filter(item =>
      item.includes('on top of it'),
    )
  expect(listed(oid('8'))).toHaveLength(1)
  expect(listed(oid('9'))).toEqual([])
  expect(listed(checks().tree)).toEqual([])
})

test('what a task brings into its environment is listed, however it was checked together with others', () => {
  const note = { claim: 'New dependencies: left-pad.', severity: 'minor' as const }
  const own = checks()
  const findings = [{ at: own.at, attempt: 1, source: 'environment' as const, contentId: 'c-1', findings: [note] }]
  const later = { ...together, at: own.at + 1 }
  expect(notProven(withTask({ checks: [own, later], findings, integrated: inStack })).join()).toContain('left-pad')
})

test('a plain finished run has nothing to list', () => {
  expect(notProven(view())).toEqual([])
})

test('a set-up in the private lane had no network', () => {
  expect(notProven(view({ lane: 'private', launches: [setup] }))).toEqual([])
})

test('what an earlier tip had of new dependencies is not held against the one that was integrated', () => {
  const run = withTask({ checks: [checks({ at: 5 }), checks({ at: 9 })], findings: [noteAt(5)] })
  expect(notProven(run).join('\n')).not.toMatch(/New dependencies/)
})

import { expect, test } from 'vitest'
import { discrepancies } from '../../src/domain/discrepancies.ts'
import { checks, oid, revised, task, verdict, view } from './views.ts'

const kinds = (run: Parameters<typeof discrepancies>[0]) => discrepancies(run).map(one => one.kind)

test('a run without contradictions has none', () => {
  expect(discrepancies(view())).toEqual([])
})

test('a verifier against passing checks, and a finding that later work answered', () => {
  expect(kinds(revised())).toEqual(['checksAgainstVerdict', 'findingAnswered'])
})

test('a verifier that fails what the checks fail as well contradicts nobody', () => {
  const failing = task({ checks: [checks({ status: 'failed' })], verdicts: [verdict({ value: 'fail' })] })
  expect(kinds(view({ tasks: [failing] }))).toEqual([])
})

test('two verifiers that judge one tip differently disagree; on different tips they do not', () => {
  const fail = verdict({ value: 'fail', verifier: 'gemini' })
  expect(kinds(view({ tasks: [task({ checks: [], verdicts: [fail, verdict()] })] }))).toEqual(['verifiersDisagree'])
  expect(kinds(view({ tasks: [task({ checks: [], verdicts: [fail, verdict({ tip: oid('9') })] })] }))).toEqual([])
})

test('an inconclusive answer is no side of a disagreement', () => {
  const vain = verdict({ value: 'inconclusive', inconclusive: 'malformed' })
  expect(kinds(view({ tasks: [task({ verdicts: [vain, verdict()] })] }))).toEqual([])
})

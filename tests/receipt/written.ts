/** A run in which people, models and the repository have all written the same thing. */
import type { RunView } from '../../src/domain/run-view.ts'
import { attempt, checks, task, verdict, view } from './views.ts'

/** A run with `text` in every place that people, models or the repository write. */
export const written = (text: string): RunView => {
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
        research: {
          shape: 'claims',
          answer: text,
          claims: (['cited', 'notFound', 'uncited'] as const).map(state => ({
            claim: text,
            state,
            evidence: [
              { kind: 'file', path: text, line: 3, lastLine: 4, quote: text, state: 'notFound', why: text },
              { kind: 'command', command: text, exitCode: 1, output: text, state: 'holds', why: '' },
              { kind: 'url', url: text, state: 'notChecked', why: text },
            ],
          })),
          unknown: [text],
          notes: [text],
          base: 'b'.repeat(40),
        },
        claims: { cited: 1, notFound: 1, uncited: 1 },
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

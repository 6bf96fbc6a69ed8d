/** Run views for tests: one finished run with everything in it, and ways to vary it. */
import { unmeasured } from '../../src/domain/attempt.ts'
import type { AttemptView, ChecksView, RunView, TaskView, VerdictView } from '../../src/domain/run-view.ts'

const at = Date.UTC(2026, 0, 2, 3, 4, 5)
export const oid = (digit: string): string => digit.repeat(40)

export const attempt = (over: Partial<AttemptView> = {}): AttemptView => ({
  n: 1,
  worker: 'claude',
  startedAt: at + 10_000,
  endedAt: at + 40_000,
  outcome: 'answered',
  class: null,
  usage: { input: 12_345, cached: 10_000, output: 678 },
  dropped: 0,
  resumed: false,
  work: 'harvested',
  uncommitted: false,
  ...over,
})

export const checks = (over: Partial<ChecksView> = {}): ChecksView => ({
  at: at + 50_000,
  attempt: 1,
  tip: oid('2'),
  agent: oid('1'),
  tree: oid('3'),
  status: 'passed',
  results: [{ name: 'test', status: 'passed', exitCode: 0, durationMs: 2_340, cached: false }],
  ...over,
})

export const verdict = (over: Partial<VerdictView> = {}): VerdictView => ({
  at: at + 60_000,
  attempt: 1,
  tip: oid('2'),
  verifier: 'codex',
  value: 'pass',
  inconclusive: null,
  sameVendor: false,
  findings: [],
  summary: 'It does what the statement says.',
  ran: [],
  class: null,
  usage: unmeasured,
  ...over,
})

export const task = (over: Partial<TaskView> = {}): TaskView => ({
  taskId: 'k3m9q2x7-1',
  number: 1,
  title: 'Greet by name',
  kind: 'change',
  dependsOn: [],
  worker: 'claude',
  risk: 'low',
  state: 'integrated',
  attempts: [attempt()],
  base: oid('1'),
  tip: oid('2'),
  lines: { files: 2, added: 1_234, deleted: 5 },
  checks: [checks()],
  verdicts: [verdict()],
  integrated: { commit: oid('4'), tree: oid('3'), at: at + 70_000, rebuiltTip: null },
  findings: [],
  answer: null,
  research: null,
  waitReason: null,
  skippedBecause: null,
  ...over,
})

export const view = (over: Partial<RunView> = {}): RunView => ({
  runId: 'k3m9q2x7',
  state: 'done',
  outcome: 'done',
  lane: 'personal',
  loosenedFrom: null,
  rehearsed: false,
  containment: 'boxed',
  network: 'gate',
  setupHosts: null,
  independence: 'vendor',
  goal: 'Make the program friendlier',
  base: oid('1'),
  notes: [],
  planOrigin: 'model',
  planSummary: 'One task: the goal does not merit more.',
  planReturned: 0,
  limits: {
    requests: 2_000,
    tokens: 20_000_000,
    minutes: 240,
    attemptWallMs: 3_600_000,
    modelSilenceMs: 600_000,
    toolSilenceMs: 1_800_000,
  },
  requestedAt: at,
  endedAt: at + 75_000,
  waitReason: null,
  waitDetail: null,
  planning: {
    purpose: 'work',
    planner: 'claude',
    passedOver: [],
    questions: [],
    forecast: null,
    edits: 0,
    approvedAt: null,
  },
  sync: null,
  mainState: null,
  alongside: [],
  limit: null,
  spending: { requests: 12, tokens: 23_456, unmeasured: 0 },
  tasks: [task()],
  costs: [
    {
      worker: 'claude',
      roles: ['planner', 'worker'],
      requests: 8,
      input: 20_000,
      cached: 10_000,
      output: 1_456,
      unmeasured: 0,
      waitedMs: 30_000,
    },
    {
      worker: 'codex',
      roles: ['verifier'],
      requests: 4,
      input: null,
      cached: null,
      output: null,
      unmeasured: 0,
      waitedMs: 9_000,
    },
  ],
  launches: [
    { taskId: null, what: 'planner claude', startedAt: at + 1_000, endedAt: at + 9_000, exitCode: 0, signal: null },
    {
      taskId: 'k3m9q2x7-1',
      what: 'worker claude',
      startedAt: at + 10_000,
      endedAt: at + 40_000,
      exitCode: 0,
      signal: null,
    },
    {
      taskId: 'k3m9q2x7-1',
      what: 'check test',
      startedAt: at + 41_000,
      endedAt: at + 43_340,
      exitCode: null,
      signal: 'SIGKILL',
    },
  ],
  failures: [],
  clockBackMs: 0,
  erased: false,
  erasedAt: null,
  ...over,
})

const finding = {
  claim: 'greet("") throws instead of greeting nobody',
  severity: 'blocking' as const,
  file: 'src/greet.ts',
  line: 3,
  reproduction: { command: `node -e 'greet("")'`, expected: 'Hello', observed: 'TypeError: name is undefined' },
}

/** A finding that a second attempt answered; the checks had passed all along. */
export const revised = (): RunView =>
  view({
    rehearsed: true,
    tasks: [
      task({
        attempts: [attempt(), attempt({ n: 2, resumed: true, uncommitted: true, usage: unmeasured })],
        tip: oid('5'),
        checks: [checks(), checks({ attempt: 2, tip: oid('5'), tree: oid('6') })],
        verdicts: [
          verdict({ value: 'fail', findings: [finding], summary: 'It breaks on the empty name.' }),
          verdict({
            attempt: 2,
            tip: oid('5'),
            ran: [{ command: 'npm test', exitCode: 0 }],
            findings: [{ claim: 'a typo in a comment', severity: 'minor' }],
          }),
        ],
        integrated: { commit: oid('7'), tree: oid('6'), at: at + 70_000, rebuiltTip: null },
        findings: [{ at, attempt: 1, source: 'verdict', contentId: 'c-0000000000000000', findings: [finding] }],
      }),
      task({
        taskId: 'k3m9q2x7-2',
        number: 2,
        title: 'How do others greet?',
        kind: 'research',
        worker: 'gemini',
        state: 'recorded',
        attempts: [attempt({ worker: 'gemini', work: null })],
        tip: null,
        lines: null,
        checks: [],
        verdicts: [],
        integrated: null,
        answer: '# With names\n\nMost do.',
      }),
    ],
  })

/** A run that waits for the operator. */
export const waiting = (): RunView =>
  view({
    state: 'awaitingOperator',
    outcome: 'awaitingOperator',
    tasks: [
      task({
        state: 'awaitingOperator',
        waitReason: 'attemptsUsed',
        integrated: null,
        verdicts: [
          verdict({ value: 'inconclusive', inconclusive: 'nothingRead', verifier: 'gemini' }),
          verdict({ value: 'fail', findings: [finding] }),
        ],
        checks: [checks({ status: 'notRun', results: [] })],
        findings: [{ at, attempt: 1, source: 'empty', contentId: 'c-0000000000000000', findings: null }],
      }),
      task({
        taskId: 'k3m9q2x7-2',
        number: 2,
        title: 'Document it',
        dependsOn: ['k3m9q2x7-1'],
        state: 'pending',
        attempts: [],
        checks: [],
        verdicts: [],
        integrated: null,
        tip: null,
        base: null,
        lines: null,
      }),
    ],
  })

/** The same run after its words were erased. */
export const erased = (): RunView => {
  const full = revised()
  return {
    ...full,
    goal: null,
    planSummary: null,
    erased: true,
    tasks: full.tasks.map(one => ({
      ...one,
      title: null,
      answer: null,
      research: null,
      findings: one.findings.map(found => ({ ...found, findings: null })),
      verdicts: one.verdicts.map(given => ({ ...given, findings: [], summary: null, ran: [] })),
    })),
  }
}

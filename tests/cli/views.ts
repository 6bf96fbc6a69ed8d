/** Views of a made-up run in its stages, for what is drawn from them. */
import type { RunView, TaskView } from '../../src/domain/run-view.ts'

export const startedAt = Date.UTC(2026, 10, 21, 12, 0, 0)
const oid = (digit: string): string => digit.repeat(40)

export const taskView = (number: number, over: Partial<TaskView> = {}): TaskView => ({
  taskId: `k3m9q2x7-${number}`,
  number,
  title: `Task number ${number}`,
  kind: 'change',
  dependsOn: [],
  worker: 'claude',
  risk: 'low',
  state: 'pending',
  attempts: [],
  base: null,
  tip: null,
  lines: null,
  checks: [],
  verdicts: [],
  integrated: null,
  findings: [],
  answer: null,
  waitReason: null,
  skippedBecause: null,
  ...over,
})

export const attemptView = (over: Partial<TaskView['attempts'][number]> = {}): TaskView['attempts'][number] => ({
  n: 1,
  worker: 'claude',
  startedAt: startedAt + 5_000,
  endedAt: null,
  outcome: null,
  class: null,
  usage: { input: null, cached: null, output: null },
  dropped: 0,
  resumed: false,
  work: null,
  uncommitted: false,
  ...over,
})

export const integratedTask = (number: number): TaskView =>
  taskView(number, {
    title: 'Add a --verbose flag',
    state: 'integrated',
    base: oid('a'),
    tip: oid('b'),
    lines: { files: 2, added: 12, deleted: 3 },
    attempts: [
      attemptView({
        endedAt: startedAt + 65_000,
        outcome: 'answered',
        usage: { input: 12_000, cached: 8_000, output: 345 },
      }),
    ],
    verdicts: [
      {
        at: startedAt + 90_000,
        attempt: 1,
        tip: oid('b'),
        verifier: 'codex',
        value: 'pass',
        inconclusive: null,
        sameVendor: false,
        findings: [],
        summary: 'fine',
        ran: [],
        class: null,
        usage: { input: 2_000, cached: null, output: 100 },
      },
    ],
    integrated: { commit: oid('c'), tree: oid('d'), at: startedAt + 95_000, rebuiltTip: null },
  })

export const runView = (over: Partial<RunView> = {}): RunView => ({
  runId: 'k3m9q2x7',
  state: 'working',
  outcome: null,
  lane: 'personal',
  loosenedFrom: null,
  notes: [],
  rehearsed: true,
  containment: 'boxed',
  network: 'gate',
  independence: 'vendor',
  goal: 'Make it talk',
  base: oid('a'),
  planOrigin: 'model',
  planSummary: 'Two steps.',
  planReturned: 0,
  limits: { requests: 10, tokens: 1000, minutes: 5, attemptWallMs: 1, modelSilenceMs: 1, toolSilenceMs: 1 },
  requestedAt: startedAt,
  endedAt: null,
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
  spending: { requests: 7, tokens: 14_445, unmeasured: 0 },
  tasks: [
    integratedTask(1),
    taskView(2, {
      title: '日本語の説明を書く 🚀',
      worker: 'gemini',
      state: 'working',
      attempts: [attemptView({ worker: 'gemini' })],
    }),
    taskView(3, { title: 'Wait for the others', worker: 'codex', dependsOn: ['k3m9q2x7-1'] }),
  ],
  costs: [],
  launches: [],
  failures: [],
  clockBackMs: 0,
  erased: false,
  ...over,
})

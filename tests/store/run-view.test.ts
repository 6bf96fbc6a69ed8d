import { expect, test } from 'vitest'
import type { LoopEvent, TaskFact } from '../../src/domain/event.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { readRunView } from '../../src/store/run-view.ts'
import type { Store } from '../../src/store/store.ts'
import { contentId, oid, request, runId, scratchStore, taskId } from './scratch-store.ts'

const usage = { input: 10, cached: 0, output: 5 }
const finding = { claim: 'greet("") throws', severity: 'blocking' as const }
const facts: TaskFact[] = [
  { taskId, kind: 'change', dependsOn: [], worker: 'claude', risk: 'low' },
  { taskId: `${runId}-2`, kind: 'research', dependsOn: [taskId], worker: 'codex', risk: 'low' },
]
const planned = { what: 'x', why: '', acceptance: [], paths: [], turnsGreen: [] }
const plan = {
  summary: 'Two tasks',
  origin: 'model',
  tasks: facts.map((fact, index) => ({ ...planned, ...fact, key: `t${index}`, title: `Title ${index + 1}` })),
}

const events: LoopEvent[] = [
  { type: 'run.requested', runId, request },
  { type: 'base.ready', runId, base: oid('1'), main: oid('1'), sync: 'none' },
  {
    type: 'plan.ready',
    runId,
    planContentId: contentId('4'),
    origin: 'model',
    planner: 'claude',
    passedOver: [],
    forecastContentId: null,
    returned: 1,
    tasks: facts,
  },
  { type: 'attempt.started', runId, taskId, attempt: 1, worker: 'claude', resumed: false },
  { type: 'session.known', runId, taskId, sessionId: 's' },
  {
    type: 'attempt.finished',
    runId,
    taskId,
    outcome: 'answered',
    class: null,
    retryInMs: null,
    usage,
    answerContentId: contentId('5'),
    dropped: 2,
  },
  {
    type: 'work.harvested',
    runId,
    taskId,
    tip: oid('2'),
    base: oid('1'),
    files: 1,
    added: 3,
    deleted: 1,
    uncommitted: true,
    findingsContentId: null,
  },
  {
    type: 'checks.finished',
    runId,
    taskId,
    tip: oid('2'),
    agent: oid('1'),
    tree: oid('3'),
    status: 'passed',
    resultsContentId: contentId('6'),
    findingsContentId: null,
    environmentContentId: null,
  },
  {
    type: 'verdict.given',
    runId,
    taskId,
    tip: oid('2'),
    verifier: 'codex',
    value: 'fail',
    inconclusive: null,
    sameVendor: false,
    verdictContentId: contentId('7'),
    findingsContentId: contentId('8'),
    class: null,
    retryInMs: null,
    usage,
  },
  { type: 'attempt.started', runId, taskId, attempt: 2, worker: 'claude', resumed: true },
  {
    type: 'attempt.finished',
    runId,
    taskId,
    outcome: 'failed',
    class: 'rateLimit',
    retryInMs: 5,
    usage,
    answerContentId: null,
    dropped: 0,
  },
  { type: 'attempt.started', runId, taskId, attempt: 2, worker: 'claude', resumed: true },
  {
    type: 'attempt.finished',
    runId,
    taskId,
    outcome: 'answered',
    class: null,
    retryInMs: null,
    usage,
    answerContentId: null,
    dropped: 0,
  },
  {
    type: 'work.harvested',
    runId,
    taskId,
    tip: oid('4'),
    base: oid('1'),
    files: 2,
    added: 4,
    deleted: 1,
    uncommitted: false,
    findingsContentId: null,
  },
  {
    type: 'verdict.given',
    runId,
    taskId,
    tip: oid('4'),
    verifier: null,
    value: 'inconclusive',
    inconclusive: 'noVerifier',
    sameVendor: false,
    verdictContentId: null,
    findingsContentId: null,
    class: null,
    retryInMs: null,
    usage,
  },
  {
    type: 'verdict.given',
    runId,
    taskId,
    tip: oid('4'),
    verifier: 'codex',
    value: 'pass',
    inconclusive: null,
    sameVendor: false,
    verdictContentId: null,
    findingsContentId: null,
    class: null,
    retryInMs: null,
    usage,
  },
  { type: 'task.integrated', runId, taskId, commit: oid('5'), agent: oid('1'), tip: oid('4'), tree: oid('6') },
  { type: 'attempt.started', runId, taskId: `${runId}-2`, attempt: 1, worker: 'codex', resumed: false },
  {
    type: 'attempt.finished',
    runId,
    taskId: `${runId}-2`,
    outcome: 'answered',
    class: null,
    retryInMs: null,
    usage,
    answerContentId: contentId('9'),
    dropped: 0,
  },
  { type: 'effect.failed', runId, taskId: null, effect: 'run.conclude', contentId: contentId('0') },
  { type: 'run.concluded', runId },
]

const texts: Record<string, string> = {
  1: 'Greet people',
  4: JSON.stringify(plan),
  5: 'I am done',
  6: JSON.stringify([{ name: 'test', status: 'passed', exitCode: 0, durationMs: 12, cached: true }]),
  7: JSON.stringify({
    commit: oid('2'),
    verdict: 'fail',
    summary: 'broken',
    examined: [],
    ran: [],
    findings: [finding],
  }),
  8: JSON.stringify([finding]),
  9: 'With names.',
  0: 'disk full',
}

const fill = (store: Store): void => {
  events.forEach((event, index) => void store.events.append(event, 1_000 * (index + 1), 1))
  for (const [digit, text] of Object.entries(texts)) {
    store.content.add({ id: contentId(digit), runId, taskId: null, lane: 'personal', kind: 'goal', at: 1, text })
  }
  store.machines.save({
    id: runId,
    kind: 'run',
    runId,
    state: 'done',
    context: { outcome: 'done', waitReason: null },
    seq: 1,
  })
  store.machines.save({ id: taskId, kind: 'task', runId, state: 'integrated', context: { waitReason: null }, seq: 1 })
  store.machines.save({
    id: `${runId}-2`,
    kind: 'task',
    runId,
    state: 'awaitingOperator',
    context: { waitReason: 'loginNeeded' },
    seq: 1,
  })
  store.checks.save({
    tree: oid('3'),
    commandHash: 'c',
    environmentHash: 'e',
    name: 'test',
    status: 'passed',
    exitCode: 0,
    durationMs: 12,
    output: '',
    at: 1,
  })
  const row = { runId, taskId, attempt: 1, provider: 'anthropic', model: null, startedAt: 10, endedAt: 15 } as const
  store.requests.add({ ...row, role: 'planner', worker: 'claude', status: 200, input: 100, cached: 20, output: 10 })
  store.requests.add({ ...row, role: 'worker', worker: 'claude', status: 200, input: null, cached: null, output: null })
  store.requests.add({
    ...row,
    role: 'verifier',
    worker: 'codex',
    status: 500,
    input: null,
    cached: null,
    output: null,
  })
}

test('an unknown run has no view', () => {
  expect(readRunView(scratchStore(), runId)).toBeNull()
})

test('a run that was only requested has a view', () => {
  const store = scratchStore()
  store.events.append(events[0]!, 5, 1)
  expect(readRunView(store, runId)).toMatchObject({
    state: 'preparing',
    outcome: null,
    endedAt: null,
    tasks: [],
    requestedAt: 5,
  })
})

test('folds the log, the states, the words and the metering into one view', () => {
  const store = scratchStore()
  fill(store)
  const view = readRunView(store, runId)!
  expect(view).toMatchObject({
    state: 'done',
    outcome: 'done',
    rehearsed: true,
    goal: 'Greet people',
    clockBackMs: 0,
    erased: false,
    erasedAt: null,
    base: oid('1'),
    planSummary: 'Two tasks',
    planReturned: 1,
    requestedAt: 1_000,
    endedAt: events.length * 1_000,
    spending: { requests: 3, tokens: 110, unmeasured: 1 },
    failures: [{ effect: 'run.conclude', taskId: null, text: 'disk full' }],
  })
  expect(view.costs).toEqual([
    {
      worker: 'claude',
      roles: ['planner', 'worker'],
      requests: 2,
      input: 100,
      cached: 20,
      output: 10,
      unmeasured: 1,
      waitedMs: 10,
    },
    {
      worker: 'codex',
      roles: ['verifier'],
      requests: 1,
      input: null,
      cached: null,
      output: null,
      unmeasured: 0,
      waitedMs: 5,
    },
  ])
  const [change, research] = view.tasks
  expect(change).toMatchObject({
    number: 1,
    title: 'Title 1',
    state: 'integrated',
    tip: oid('4'),
    lines: { files: 2, added: 4, deleted: 1 },
    integrated: { commit: oid('5'), tree: oid('6'), at: 17_000 },
    answer: null,
  })
  expect(
    change!.attempts.map(({ n, outcome, class: failure, work, uncommitted, resumed, dropped }) => [
      n,
      outcome,
      failure,
      work,
      uncommitted,
      resumed,
      dropped,
    ]),
  ).toEqual([
    [1, 'answered', null, 'harvested', true, false, 2],
    [2, 'failed', 'rateLimit', null, false, true, 0],
    [2, 'answered', null, 'harvested', false, true, 0],
  ])
  expect(change!.checks[0]!.results).toEqual([
    { name: 'test', status: 'passed', exitCode: 0, durationMs: 12, cached: true },
  ])
  expect(change!.verdicts.map(({ value, attempt, findings }) => [value, attempt, findings])).toEqual([
    ['fail', 1, [finding]],
    ['inconclusive', 2, []],
    ['pass', 2, []],
  ])
  expect(change!.findings).toMatchObject([{ attempt: 1, source: 'verdict', findings: [finding] }])
  expect(research).toMatchObject({ number: 2, answer: 'With names.', waitReason: 'loginNeeded', dependsOn: [taskId] })
})

test('works with all content erased: facts stay, words are null', () => {
  const store = scratchStore()
  fill(store)
  store.content.erase(runId)
  const view = readRunView(store, runId)!
  expect(view).toMatchObject({ erased: true, goal: null, planSummary: null, outcome: 'done' })
  expect(view.tasks[0]).toMatchObject({ title: null, tip: oid('4'), lines: { files: 2 } })
  expect(view.tasks[0]!.checks[0]!.results).toEqual([
    { name: 'test', status: 'passed', exitCode: 0, durationMs: 12, cached: null },
  ])
  expect(view.tasks[0]!.verdicts.map(verdict => verdict.value)).toEqual(['fail', 'inconclusive', 'pass'])
  expect(view.tasks[0]!.findings[0]!.findings).toBeNull()
  expect(renderReceipt(view)).toContain('words were erased')
})

test('content that is not what it should be is treated as gone', () => {
  const store = scratchStore()
  fill(store)
  store.content.erase(runId)
  for (const digit of ['4', '6', '7', '8']) {
    store.content.add({
      id: contentId(digit),
      runId,
      taskId: null,
      lane: 'personal',
      kind: 'plan',
      at: 1,
      text: '{"tasks": "no',
    })
  }
  expect(readRunView(store, runId)!.tasks[0]).toMatchObject({ title: null, findings: [{ findings: null }] })
})

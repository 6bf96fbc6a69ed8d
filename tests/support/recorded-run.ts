/** Runs as a store would hold them when they were over, without having run: for readers' tests and figures. */
import type { LoopEvent } from '../../src/domain/event.ts'
import { newContentId, taskIdOf } from '../../src/domain/ids.ts'
import type { WorkerName } from '../../src/domain/lane.ts'
import type { RunRequest } from '../../src/domain/run-request.ts'
import type { Finding } from '../../src/domain/verdict.ts'
import type { RequestRow } from '../../src/store/requests.ts'
import type { Store } from '../../src/store/store.ts'

export interface RecordedTask {
  title: string
  /** Numbers of tasks, from 1. */
  after: number[]
  base: string
  tip: string
  findings: Finding[]
}

export interface Recording {
  runId: string
  goal: string
  at: number
  lane: RunRequest['lane']
  rehearsed: boolean
  state: 'done' | 'failed' | 'awaitingOperator' | 'cancelled' | 'working'
  tasks: RecordedTask[]
  requests: Partial<RequestRow>[]
  /** Events without a meaning for a view, to make a log as long as wanted. */
  filler: number
}

const workers: WorkerName[] = ['claude', 'codex', 'gemini']
const usage = { input: 12_000, cached: 9_000, output: 700 }
const noFile = { path: '', text: '', exists: false }
const hex = (seed: number): string => seed.toString(16).padStart(40, '0')

export const recording = (over: Partial<Recording> & { runId: string }): Recording => ({
  goal: 'Make it better',
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  lane: 'personal',
  rehearsed: false,
  state: 'done',
  tasks: [],
  requests: [],
  filler: 0,
  ...over,
})

/** Appends the whole of it; call within `store.write` where there are many. */
export const recordRun = (store: Store, run: Recording): void => {
  const { runId } = run
  let at = run.at
  const append = (event: LoopEvent, laterMs = 1_000): void => {
    at += laterMs
    store.events.append(event, at, 1)
  }
  const keep = (kind: 'goal' | 'plan' | 'config' | 'findings' | 'verdict' | 'checkResults', text: string): string => {
    const id = newContentId(Math.random)
    store.content.add({ id, runId, taskId: null, lane: run.lane, kind, at, text })
    return id
  }
  const idOf = (number: number): string => taskIdOf(runId, number)
  const facts = run.tasks.map((task, index) => ({
    taskId: idOf(index + 1),
    kind: 'change' as const,
    dependsOn: task.after.map(idOf),
    worker: workers[index % workers.length]!,
    risk: 'low' as const,
  }))
  const request: RunRequest = {
    lane: run.lane,
    goalContentId: keep('goal', run.goal),
    configContentId: keep('config', JSON.stringify({ repository: noFile, operator: noFile })),
    configHash: 'none',
    planContentId: null,
    scenarioContentId: run.rehearsed ? newContentId(Math.random) : null,
    containment: 'boxed',
    network: 'gate',
    setupHosts: null,
    workers,
    maxParallel: 3,
    maxAttempts: 3,
    independence: 'vendor',
    limits: {
      requests: 2_000,
      tokens: 20_000_000,
      minutes: 60,
      attemptWallMs: 1_000_000,
      modelSilenceMs: 100_000,
      toolSilenceMs: 100_000,
    },
    purpose: 'work',
    reviewPlan: false,
  }
  append({ type: 'run.requested', runId, request }, 0)
  append({ type: 'base.ready', runId, base: hex(1), main: hex(1), sync: 'none' })
  const planned = run.tasks.map((task, index) => ({
    ...facts[index]!,
    key: `t${index + 1}`,
    title: task.title,
    what: task.title,
    why: '',
    acceptance: [],
    paths: [],
    turnsGreen: [],
  }))
  if (facts.length > 0) {
    const planContentId = keep('plan', JSON.stringify({ summary: 'As it comes.', origin: 'model', tasks: planned }))
    append({
      type: 'plan.ready',
      runId,
      planContentId,
      origin: 'model',
      planner: 'claude',
      passedOver: [],
      forecastContentId: null,
      returned: 0,
      tasks: facts,
    })
  }
  for (let index = 0; index < run.filler; index++)
    append({ type: 'timer.fired', runId, taskId: null, key: `${runId}/tick` }, 10)
  run.tasks.forEach((task, index) => {
    recordTask(task, { runId, taskId: idOf(index + 1), worker: facts[index]!.worker, append, keep })
    const launch = { runId, taskId: idOf(index + 1), startedAt: at - 5_000 }
    const id = store.launches.started({ ...launch, what: `worker ${facts[index]!.worker}` })
    store.launches.ended(id, { endedAt: at - 3_000, exitCode: 0, signal: null })
    const check = store.launches.started({ ...launch, what: 'check test', startedAt: at - 2_500 })
    store.launches.ended(check, { endedAt: at - 1_500, exitCode: 0, signal: null })
    store.machines.save({ id: idOf(index + 1), kind: 'task', runId, state: 'integrated', context: {}, seq: 1 })
  })
  if (run.state !== 'working') append({ type: 'run.concluded', runId })
  store.machines.save({ id: runId, kind: 'run', runId, state: run.state, context: {}, seq: store.events.lastSeq() })
  for (const row of run.requests) store.requests.add({ ...requestRow(runId, run.at), ...row })
}

const requestRow = (runId: string, at: number): RequestRow => ({
  runId,
  taskId: null,
  attempt: 1,
  role: 'worker',
  worker: 'claude',
  provider: 'anthropic',
  model: 'claude-opus-5-5',
  status: 200,
  input: 1_000_000,
  cached: 400_000,
  output: 100_000,
  startedAt: at,
  endedAt: at + 2_000,
})

const recordTask = (
  task: RecordedTask,
  {
    runId,
    taskId,
    worker,
    append,
    keep,
  }: {
    runId: string
    taskId: string
    worker: WorkerName
    append: (event: LoopEvent) => void
    keep: (kind: 'findings' | 'verdict' | 'checkResults', text: string) => string
  },
): void => {
  const ids = { runId, taskId }
  const { base, tip, findings } = task
  append({ type: 'attempt.started', ...ids, attempt: 1, worker, resumed: false })
  append({
    type: 'attempt.finished',
    ...ids,
    outcome: 'answered',
    class: null,
    retryInMs: null,
    usage,
    answerContentId: null,
    dropped: 0,
  })
  append({
    type: 'work.harvested',
    ...ids,
    tip,
    base,
    files: 1,
    added: 10,
    deleted: 2,
    uncommitted: false,
    findingsContentId: null,
  })
  const results = [{ name: 'test', status: 'passed', exitCode: 0, durationMs: 900, cached: false }]
  append({
    type: 'checks.finished',
    ...ids,
    tip,
    agent: base,
    tree: hex(3),
    status: 'passed',
    resultsContentId: keep('checkResults', JSON.stringify(results)),
    findingsContentId: null,
    environmentContentId: null,
  })
  const answer = { commit: tip, verdict: 'pass', summary: 'It holds.', examined: [], ran: [], findings }
  append({
    type: 'verdict.given',
    ...ids,
    tip,
    verifier: worker === 'claude' ? 'codex' : 'claude',
    value: 'pass',
    inconclusive: null,
    sameVendor: false,
    verdictContentId: keep('verdict', JSON.stringify(answer)),
    findingsContentId: null,
    class: null,
    retryInMs: null,
    usage,
  })
  append({ type: 'task.integrated', ...ids, commit: hex(4), agent: base, tip, tree: hex(3) })
}

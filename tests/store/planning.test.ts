/** What the store tells of a run's plan: as it stands, its hash, questions, edits; and what finished tasks took. */
import { expect, test } from 'vitest'
import type { LoopEvent, TaskFact } from '../../src/domain/event.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { currentPlan, planHashOf } from '../../src/store/current-plan.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { contentId, request, runId, scratchStore, taskId } from './scratch-store.ts'

type Scratch = ReturnType<typeof scratchStore>

const fact = (number: number, over: Partial<TaskFact> = {}): TaskFact => ({
  taskId: `${runId}-${number}`,
  kind: 'change',
  dependsOn: [],
  worker: 'claude',
  risk: 'low',
  ...over,
})

const planJson = (...facts: TaskFact[]): string =>
  JSON.stringify({
    summary: `${facts.length} tasks`,
    origin: 'model',
    tasks: facts.map(one => {
      const key = `t${one.taskId.slice(9)}`
      return { ...one, key, title: `Title ${key}`, what: 'x', why: '', acceptance: [], paths: [], turnsGreen: [] }
    }),
  })

const words = (store: Scratch, id: string, kind: 'plan' | 'question' | 'reply' | 'goal', text: string): void =>
  store.content.add({ id: contentId(id), runId, taskId: null, lane: 'personal', kind, at: 1, text })

const log = (store: Scratch, events: LoopEvent[]): void =>
  events.forEach((event, index) => void store.events.append(event, (index + 1) * 1_000, 1))

const ready = (planContentId: string, tasks: TaskFact[]): LoopEvent => ({
  type: 'plan.ready',
  runId,
  planContentId,
  forecastContentId: null,
  tasks,
  origin: 'model',
  planner: 'codex',
  passedOver: ['claude'],
  returned: 0,
})

const edited = (planContentId: string, tasks: TaskFact[], dropped: string[]): LoopEvent => ({
  type: 'plan.edited',
  runId,
  commandId: 'c',
  planContentId,
  forecastContentId: null,
  tasks,
  dropped,
})

const requested: LoopEvent = { type: 'run.requested', runId, request }

test('a question and its answer stand in the view, and go with the content', () => {
  const store = scratchStore()
  words(store, '1', 'goal', 'Greet')
  words(store, '4', 'question', 'Which language?')
  words(store, '5', 'reply', 'English.')
  const asked: LoopEvent = { type: 'plan.asked', runId, planner: 'codex', contentId: contentId('4'), returned: 0 }
  log(store, [requested, asked])
  expect(readRunView(store, runId)!.planning.questions).toEqual([{ question: 'Which language?', answer: null }])
  store.events.append({ type: 'operator.answered', runId, commandId: 'c', answerContentId: contentId('5') }, 9_000, 1)
  const view = readRunView(store, runId)!
  expect(view.planning.questions).toEqual([{ question: 'Which language?', answer: 'English.' }])
  expect(renderReceipt(view)).toMatch(/The planner asked:[\s\S]*Which language\?[\s\S]*answered:[\s\S]*English\./)
  store.content.erase(runId)
  expect(readRunView(store, runId)!.planning.questions).toEqual([{ question: null, answer: null }])
})

test('an edited plan is the plan: in its order, with what its tasks have been through, dropped ones last', () => {
  const store = scratchStore()
  words(store, '4', 'plan', planJson(fact(1), fact(2), fact(3)))
  words(store, '5', 'plan', planJson(fact(4), fact(3, { worker: 'codex' }), fact(1)))
  const started: LoopEvent = { type: 'attempt.started', runId, taskId, attempt: 1, worker: 'claude', resumed: false }
  const tasks = [fact(4), fact(3, { worker: 'codex' }), fact(1)]
  log(store, [requested, ready(contentId('4'), [fact(1), fact(2), fact(3)]), started])
  store.events.append(edited(contentId('5'), tasks, [`${runId}-2`]), 9_000, 1)
  const view = readRunView(store, runId)!
  expect(view.tasks.map(({ number, title, worker, attempts }) => [number, title, worker, attempts.length])).toEqual([
    [4, 'Title t4', 'claude', 0],
    [3, 'Title t3', 'codex', 0],
    [1, 'Title t1', 'claude', 1],
    [2, 'Title t2', 'claude', 0],
  ])
  expect(view.planning).toMatchObject({ edits: 1, planner: 'codex', passedOver: ['claude'] })
  expect(renderReceipt(view)).toContain('Made by a planner (codex). claude came first and could not be used.')
})

test('the plan as it stands has the hash of its own text, and is fresh from its making, edit or showing', () => {
  const store = scratchStore()
  const [first, second] = [planJson(fact(1)), planJson(fact(1), fact(2))]
  words(store, '4', 'plan', first)
  words(store, '5', 'plan', second)
  const now = () => currentPlan(store, store.events.ofRun(runId))
  log(store, [requested])
  expect(now()).toBeNull()
  store.events.append(ready(contentId('4'), [fact(1)]), 5_000, 1)
  expect(now()).toMatchObject({ hash: planHashOf(first), freshAt: 5_000 })
  store.events.append({ type: 'plan.renewed', runId, commandId: 'c', hash: planHashOf(first) }, 6_000, 1)
  expect(now()).toMatchObject({ hash: planHashOf(first), freshAt: 6_000 })
  store.events.append(edited(contentId('5'), [fact(1), fact(2)], []), 7_000, 1)
  expect(now()).toMatchObject({ hash: planHashOf(second), freshAt: 7_000 })
  store.content.erase(runId)
  expect(now()).toBeNull()
})

test('a run that waits for approval or an answer is not under way meanwhile', () => {
  const store = scratchStore()
  log(store, [requested, { type: 'run.concluded', runId }])
  store.events.append({ type: 'plan.approved', runId, commandId: 'c', hash: 'h' }, 100_000, 1)
  store.events.append({ type: 'run.concluded', runId }, 103_000, 1)
  expect(store.events.activeMs(runId, 200_000)).toBe(1_000 + 3_000)
})

test('finished tasks are told by their processes and requests, real runs apart from rehearsals', () => {
  const store = scratchStore()
  log(store, [requested])
  const other = 'aaaaaaaa'
  store.events.append({ ...requested, runId: other, request: { ...request, scenarioContentId: null } }, 1, 1)
  const finish = (run: string, state: string, spans: [string, number][]): void => {
    const task = `${run}-1`
    store.machines.save({ id: task, kind: 'task', runId: run, state, context: { fact: fact(1) }, seq: 1 })
    for (const [what, ms] of spans) {
      const id = store.launches.started({ runId: run, taskId: task, what, startedAt: 1_000 })
      store.launches.ended(id, { endedAt: 1_000 + ms, exitCode: 0, signal: null })
    }
    const metered = {
      runId: run,
      taskId: task,
      attempt: 1,
      worker: 'claude',
      provider: 'anthropic',
      model: 'm',
    } as const
    const answered = { status: 200, cached: 0, startedAt: 1, endedAt: 2 }
    store.requests.add({ ...metered, ...answered, role: 'worker', input: 700, output: 20 })
    store.requests.add({ ...metered, ...answered, role: 'worker', input: 900, output: 30 })
    store.requests.add({ ...metered, ...answered, role: 'verifier', input: 400, output: run === other ? null : 5 })
  }
  finish(runId, 'integrated', [
    ['worker claude', 40],
    ['worker claude', 20],
    ['check test', 7],
    ['verifier codex', 9],
  ])
  finish(other, 'integrated', [['worker claude', 5]])
  const common = { worker: 'claude', kind: 'change', risk: 'low', workTokens: 1_650, openingTokens: 700 }
  expect(store.taskHistory(true)).toEqual([{ ...common, workMs: 60, restMs: 16, restTokens: 405 }])
  // One request of its verifier was not measured: its sum is not known.
  expect(store.taskHistory(false)).toEqual([{ ...common, workMs: 5, restMs: 0, restTokens: null }])
  finish(runId, 'awaitingOperator', [])
  expect(store.taskHistory(true)).toEqual([])
})

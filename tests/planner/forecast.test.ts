/** What a plan is expected to gain and cost in parallel: from the graph, from history, or "not measured". */
import { describe, expect, test } from 'vitest'
import { type ForecastInput, forecastOf, type TaskSample } from '../../src/domain/forecast.ts'
import { forecastLines } from '../../src/domain/forecast-text.ts'
import { acceptProposal } from '../../src/planner/accept-proposal.ts'

const tasksOf = (tasks: object[]) => {
  const words = tasks.map(task => ({ title: 'T', what: 'W', worker: 'claude', ...task }))
  const accepted = acceptProposal(
    { tasks: words },
    { runId: 'k3m9q2x7', lane: 'personal' as const, workers: ['claude', 'codex'], checks: [] },
  )
  if (!accepted.ok) throw new Error(accepted.problem)
  return accepted.plan.tasks
}

const minute = 60_000
const sample = (over: Partial<TaskSample> = {}): TaskSample => ({
  worker: 'claude',
  kind: 'change',
  risk: 'low',
  workMs: 10 * minute,
  restMs: 2 * minute,
  workTokens: 50_000,
  restTokens: 10_000,
  openingTokens: 8_000,
  ...over,
})

const forecast = (tasks: object[], over: Partial<ForecastInput> = {}) =>
  forecastOf({ tasks: tasksOf(tasks), places: 3, samples: [], rehearsed: false, ...over })

const three = [
  { key: 'a', paths: ['src/a.ts'] },
  { key: 'b', paths: ['src/b.ts'] },
  { key: 'c', paths: ['docs'] },
]

describe('without history', () => {
  test('gives what follows from the graph, and no figure that was not measured', () => {
    const one = forecast(three)
    expect(one).toMatchObject({ atOnce: 3, rounds: 1, parallelMs: null, oneWorkerTokens: null, samples: 0 })
    expect(one).toMatchObject({ advice: 'parallel', reason: 'notMeasured' })
    const text = forecastLines(one).join('\n')
    expect(text).toContain('not measured (no task has been finished here yet)')
    expect(text).not.toMatch(/\d+ (?:min|tokens)/)
  })

  test.each([
    ['one task', [{ key: 'a' }], { atOnce: 1, rounds: 1, advice: 'oneWorker', reason: 'oneTask' }],
    [
      'a chain',
      [{ key: 'a' }, { key: 'b', dependsOn: ['a'] }, { key: 'c', dependsOn: ['b'] }],
      { atOnce: 1, rounds: 3, advice: 'oneWorker', reason: 'chain' },
    ],
    [
      'five tasks in two places',
      ['a', 'b', 'c', 'd', 'e'].map(key => ({ key, paths: [key] })),
      { atOnce: 2, rounds: 3, advice: 'parallel' },
      2,
    ],
  ])('of %s', (_, tasks, expected, places = 3) => {
    expect(forecast(tasks, { places })).toMatchObject(expected)
  })
})

describe('with history', () => {
  const samples = [sample(), sample({ workMs: 20 * minute }), sample({ workMs: 30 * minute })]

  test('adds up the medians along the longest way, and for one worker all the work', () => {
    const one = forecast(three, { samples })
    expect(one.parallelMs).toBe(22 * minute)
    expect(one.oneWorkerMs).toBe(3 * 20 * minute + 2 * minute)
    expect(one.parallelTokens).toBe(3 * 60_000)
    // One opening and one verification instead of three.
    expect(one.oneWorkerTokens).toBe(3 * 50_000 - 2 * 8_000 + 10_000)
    expect(one).toMatchObject({ advice: 'parallel', reason: 'saves', samples: 3 })
    expect(forecastLines(one).join('\n')).toMatch(/saves 40 min 00 s of 1 h 02 min and costs 36,000 tokens more/)
  })

  test('prefers tasks of the same worker and risk where there are enough', () => {
    const codex = Array.from({ length: 3 }, () => sample({ worker: 'codex', workMs: minute }))
    const risky = Array.from({ length: 3 }, () => sample({ risk: 'high', workMs: 90 * minute }))
    const all = [...samples, ...codex, ...risky]
    const [one] = tasksOf([{ key: 'a', worker: 'codex' }])
    const ms = (task: object) => forecast([task], { samples: all }).parallelMs
    expect(one!.worker).toBe('codex')
    expect(ms({ key: 'a', worker: 'codex' })).toBe(3 * minute)
    expect(ms({ key: 'a', risk: 'high' })).toBe(92 * minute)
    expect(ms({ key: 'a' })).toBe(22 * minute)
  })

  test('measures nothing of a plan with a kind of task that was never finished', () => {
    const one = forecast([...three, { key: 'd', kind: 'research' }], { samples })
    expect(one).toMatchObject({ parallelMs: null, parallelTokens: null })
    expect(forecastLines(one).join('\n')).toContain('no task of one of these kinds')
  })

  test('keeps minutes where only tokens were not measured', () => {
    const one = forecast(three, { samples: samples.map(each => ({ ...each, workTokens: null })) })
    expect(one).toMatchObject({ parallelMs: 22 * minute, parallelTokens: null, oneWorkerTokens: null })
    expect(forecastLines(one).join('\n')).toContain('tokens not measured')
  })

  test('advises one worker where parallel work saves next to nothing', () => {
    const slow = samples.map(each => ({ ...each, workMs: 1_000, restMs: 60 * minute }))
    expect(forecast(three, { samples: slow })).toMatchObject({ advice: 'oneWorker', reason: 'savesLittle' })
  })

  test('says that rehearsals say nothing about real models', () => {
    expect(forecastLines(forecast(three, { samples, rehearsed: true })).join('\n')).toContain('in rehearsals')
  })
})

describe('likely conflicts', () => {
  const conflictsOf = (one: object, other: object) =>
    forecast([
      { key: 'a', ...one },
      { key: 'b', ...other },
      { key: 'z', paths: ['elsewhere'] },
    ]).conflicts.map(found => found.path)

  test.each([
    ['the same file', ['src/a.ts'], ['./src//a.ts'], ['src/a.ts']],
    ['a folder above', ['src'], ['src/deep/a.ts'], ['src/deep/a.ts']],
    ['a folder below', ['src/deep/a.ts'], ['src/'], ['src/deep/a.ts']],
    ['the whole repository', ['.'], ['src/a.ts'], ['src/a.ts', 'elsewhere']],
    ['names that only begin alike', ['src/a'], ['src/ab.ts'], []],
    ['a pattern, which is a name here', ['src/*'], ['src/a.ts'], []],
  ])('%s', (_, one, other, expected) => {
    expect(conflictsOf({ paths: one }, { paths: other })).toEqual(expected)
  })

  test('are none between tasks of which one waits for the other, or of which one changes nothing', () => {
    const paths = ['src/a.ts']
    expect(conflictsOf({ paths }, { paths, dependsOn: ['a'] })).toEqual([])
    expect(conflictsOf({ paths }, { paths, kind: 'research' })).toEqual([])
  })

  test('lead to the advice to order the two', () => {
    const one = forecast([
      { key: 'a', paths: ['x'] },
      { key: 'b', paths: ['x'] },
      { key: 'c', paths: ['y'] },
    ])
    expect(one).toMatchObject({ advice: 'order', reason: 'overlap' })
    expect(forecastLines(one)).toContain('Advice: order a and b (dependsOn), for both expect to change x.')
  })

  test('everywhere lead to one worker', () => {
    const one = forecast(['a', 'b', 'c'].map(key => ({ key, paths: ['x'] })))
    expect(one).toMatchObject({ advice: 'oneWorker', reason: 'samePaths' })
  })

  test('are not measured where no paths are named', () => {
    const text = forecastLines(forecast([{ key: 'a' }, { key: 'b' }])).join('\n')
    expect(text).toContain('Likely conflicts: 2 tasks name no paths: not measured.')
  })
})

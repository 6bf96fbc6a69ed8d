/** What a graph's lines and a critical path come to. */
import { describe, expect, test } from 'vitest'
import { coveredMs, criticalPath } from '../../src/domain/critical-path.ts'
import { graphRows } from '../../src/domain/receipt-html-plan.ts'
import type { TaskView } from '../../src/domain/run-view.ts'
import { task } from '../receipt/views.ts'

const plan = (...after: number[][]): TaskView[] =>
  after.map((needs, index) =>
    task({
      taskId: `k3m9q2x7-${index + 1}`,
      number: index + 1,
      dependsOn: needs.map(number => `k3m9q2x7-${number}`),
    }),
  )

const span = (number: number | null, startedAt: number, endedAt: number | null) => ({
  taskId: number === null ? null : `k3m9q2x7-${number}`,
  what: 'worker claude',
  startedAt,
  endedAt,
  exitCode: 0,
  signal: null,
})

describe('the critical path', () => {
  test('is the longest chain by the time its processes were alive, planning and set-up before it', () => {
    const launches = [
      span(null, 0, 10),
      span(1, 10, 110),
      span(2, 10, 60),
      span(3, 110, 130),
      span(3, 120, 140),
      span(4, 60, 70),
    ]
    const path = criticalPath({ tasks: plan([], [], [1], [2]), launches, endedAt: 140 }, 999)
    expect(path).toEqual({ ms: 10 + 100 + 30, taskIds: ['k3m9q2x7-1', 'k3m9q2x7-3'], workMs: 210 })
  })

  test('counts a process without an end up to now, and ends on a circle', () => {
    const tasks = plan([2], [1])
    expect(criticalPath({ tasks, launches: [span(1, 0, null)], endedAt: null }, 50).ms).toBe(50)
    expect(coveredMs([], 50)).toBe(0)
  })
})

describe('the graph', () => {
  test.each<[string, TaskView[]]>([
    ['a chain', plan([], [1], [2], [3])],
    ['a diamond', plan([], [1], [1], [2, 3])],
    ['a fan in', plan([], [], [], [1, 2, 3])],
    ['written out of order', plan([3], [], [2])],
    ['thirty tasks', plan(...Array.from({ length: 30 }, (_, index) => (index < 3 ? [] : [index - 2, index - 1])))],
  ])('of %s has each task once, after what it needs, and no line through its node', (_, tasks) => {
    const rows = graphRows(tasks)
    expect(rows.map(row => row.task.taskId).sort()).toEqual(tasks.map(one => one.taskId).sort())
    const seen = new Set<string>()
    for (const row of rows) {
      expect(row.task.dependsOn.every(id => seen.has(id))).toBe(true)
      expect(row.from.map(one => one.taskId).sort()).toEqual([...row.task.dependsOn].sort())
      expect(row.through.map(one => one.lane)).not.toContain(row.lane)
      seen.add(row.task.taskId)
    }
  })

  test('of a chain is one lane wide', () => {
    expect(graphRows(plan([], [1], [2])).map(row => row.lane)).toEqual([0, 0, 0])
  })
})

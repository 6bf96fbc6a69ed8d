/** A run's progress as lines. */
import { describe, expect, test } from 'vitest'
import type { Output } from '../../src/cli/call.ts'
import { startLive } from '../../src/cli/live.ts'
import { describeChanges, renderProgress } from '../../src/cli/progress.ts'
import { textWidth } from '../../src/domain/text-width.ts'
import { outputInto } from '../support/call.ts'
import { attemptView, integratedTask, runView, startedAt, taskView } from './views.ts'

const now = startedAt + 125_000

describe('live progress', () => {
  test('has a head and a line per task', () => {
    expect(renderProgress(runView(), 120, now)).toMatchInlineSnapshot(`
      [
        "run k3m9q2x7 · working · 2m 05s · 7 requests · 14.4k tokens · rehearsed",
        " 1 ✓ integrated    claude 1m 30s  14.4k tok +12 −3      pass (codex)       Add a --verbose flag",
        " 2 ▸ working       gemini 2m 00s  ? tok                                    日本語の説明を書く 🚀",
        " 3 · pending       codex                                                   Wait for the others",
      ]
    `)
  })

  test('says what waits, what was not measured and that nothing boxed it', () => {
    const view = runView({
      state: 'awaitingOperator',
      rehearsed: false,
      containment: 'unboxed',
      endedAt: startedAt + 60_000,
      spending: { requests: 1, tokens: 0, unmeasured: 1 },
      tasks: [
        taskView(1, {
          state: 'awaitingOperator',
          waitReason: 'attemptsUsed',
          attempts: [attemptView({ endedAt: startedAt + 20_000 })],
        }),
        taskView(2, { state: 'skipped', skippedBecause: 'k3m9q2x7-1' }),
        { ...integratedTask(3), verdicts: [{ ...integratedTask(3).verdicts[0]!, sameVendor: true }] },
      ],
    })
    expect(renderProgress(view, 120, now)).toMatchInlineSnapshot(`
      [
        "run k3m9q2x7 · waits for you · 1m 00s · 1 request · ? tokens · UNBOXED",
        " 1 ! waits for you claude 15s     ? tok                                    Task number 1",
        " 2 ✗ skipped       claude                                                  Task number 2",
        " 3 ✓ integrated    claude 1m 30s  14.4k tok +12 −3      pass (same vendor) Add a --verbose flag",
      ]
    `)
  })

  test.each([20, 40, 79, 80, 120, 200])('never is wider than %i columns, whatever the title', width => {
    const tasks = [
      '日本語'.repeat(30),
      '🚀'.repeat(60),
      'e\u0301'.repeat(90),
      'plain '.repeat(30),
      '👩‍👩‍👧‍👦'.repeat(20),
    ].map((title, index) => taskView(index + 1, { title }))
    for (const line of renderProgress(runView({ tasks }), width, now))
      expect(textWidth(line)).toBeLessThanOrEqual(width)
  })

  test("shows none of a title's escape sequences or direction marks", () => {
    const tasks = [taskView(1, { title: 'a\u001b[2Jb\u202ec\u0007d\ne' })]
    const text = renderProgress(runView({ tasks }), 120, now).join('')
    expect(text).not.toMatch(/[\u0000-\u001f\u202e]/)
    expect(text).toContain('abcd e')
  })
})

describe('changes, for output that is no terminal', () => {
  test('are one line each and nothing when nothing changed', () => {
    const before = runView({ tasks: [taskView(1), taskView(2)] })
    const after = runView({ tasks: [taskView(1, { state: 'working', attempts: [attemptView()] }), taskView(2)] })
    expect(describeChanges(null, before)).toEqual([
      'run k3m9q2x7 working',
      'k3m9q2x7-1 pending · claude: Task number 1',
      'k3m9q2x7-2 pending · claude: Task number 2',
    ])
    expect(describeChanges(before, after)).toEqual([
      'k3m9q2x7-1 working · claude · attempt 1 · ? tokens: Task number 1',
    ])
    expect(describeChanges(after, structuredClone(after))).toEqual([])
  })
})

describe('the live printer', () => {
  const output = (isTTY: boolean, over: Partial<Output> = {}) => {
    const written: string[] = []
    const sink = outputInto(text => void written.push(text), { isTTY, rows: 5, ...over })
    return { sink, written }
  }

  test('redraws in place on a terminal and counts what has no room', () => {
    const { sink, written } = output(true)
    const live = startLive(sink, { TERM: 'xterm' }, () => now)
    live.show(runView({ tasks: Array.from({ length: 9 }, (_, index) => taskView(index + 1)) }))
    live.show(runView({ state: 'concluding', tasks: [taskView(1)] }))
    live.end()
    expect(written).toHaveLength(2)
    expect(written[0]!.trimEnd().split('\n')).toHaveLength(4)
    expect(written[0]).toContain('… and 7 more tasks')
    expect(written[1]).toMatch(/^\u001b\[4A\r\u001b\[J/)
  })

  test('draws anew, over nothing, once it goes on after a stop', () => {
    let goOn = (): void => undefined
    const { sink, written } = output(true, {
      onReturn: listener => {
        goOn = listener
        return () => undefined
      },
    })
    const live = startLive(sink, { TERM: 'xterm' }, () => now)
    live.show(runView({ tasks: [taskView(1)] }))
    goOn()
    live.end()
    expect(written).toEqual([written[0], written[0]])
  })

  test('keeps to the width where a terminal that knows ASCII only needs longer signs', () => {
    const { sink, written } = output(true, { isAscii: true, columns: 40 })
    const live = startLive(sink, { TERM: 'xterm' }, () => now)
    live.show(runView({ tasks: [taskView(1, { title: '日本語 … → naïve ≥ and more than there is room for' })] }))
    live.end()
    expect(written.join('')).toMatch(/^[\u0000-\u007f]+$/)
    for (const line of written.join('').split('\n')) expect(line.length).toBeLessThan(40)
  })

  test('appends plain lines elsewhere', () => {
    const { sink, written } = output(false)
    const live = startLive(sink, {}, () => now)
    live.show(runView({ tasks: [] }))
    live.show(runView({ tasks: [] }))
    live.end()
    expect(written).toEqual(['run k3m9q2x7 working\n'])
  })
})

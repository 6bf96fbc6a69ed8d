/** What people type and read: ids, goals, colours, widths. */
import { describe, expect, test } from 'vitest'
import { checkGoal } from '../../src/cli/goal.ts'
import { resolveRun, resolveRunOrTask } from '../../src/cli/ids.ts'
import { hasColor } from '../../src/cli/paint.ts'
import { cutToWidth, padToWidth, textWidth } from '../../src/domain/text-width.ts'

describe('ids', () => {
  const runs = ['k3m9q2x7', 'k3zzzzzz', 'b1b1b1b1']
  const tasksOf = (runId: string): string[] => [`${runId}-1`, `${runId}-2`]

  test('may be abbreviated to what only one has', () => {
    expect(resolveRun('k3m', runs)).toBe('k3m9q2x7')
    expect(resolveRun('B1B1B1B1', runs)).toBe('b1b1b1b1')
    expect(resolveRunOrTask('b', runs, tasksOf)).toEqual({ runId: 'b1b1b1b1', taskId: null })
    expect(resolveRunOrTask('b-2', runs, tasksOf)).toEqual({ runId: 'b1b1b1b1', taskId: 'b1b1b1b1-2' })
  })

  test.each<[string, () => unknown, string, RegExp, RegExp]>([
    ['an ambiguous one', () => resolveRun('k3', runs), 'ambiguous-id', /2 runs begin with it/, /k3m9q2x7, k3zzzzzz/],
    ['an unknown one', () => resolveRun('x', runs), 'unknown-id', /no such run/, /b1b1b1b1/],
    ['an empty one', () => resolveRun('', runs), 'unknown-id', /no such run/, /k3m9q2x7/],
    ['any, before the first run', () => resolveRun('x', []), 'unknown-id', /no such run/, /agentlab task/],
    [
      'a task where a run is due',
      () => resolveRun('k3m9q2x7-1', runs),
      'unknown-id',
      /takes a run, not a task/,
      /k3m9q2x7/,
    ],
    [
      'a task the run lacks',
      () => resolveRunOrTask('b-9', runs, tasksOf),
      'unknown-id',
      /has no such task/,
      /b1b1b1b1-1, b1b1b1b1-2/,
    ],
  ])('refuse %s and name the candidates', (_, resolve, code, message, cure) => {
    expect(resolve).toThrow(
      expect.objectContaining({
        code,
        exit: 2,
        message: expect.stringMatching(message),
        cure: expect.stringMatching(cure),
      }),
    )
  })
})

describe('a goal', () => {
  test('is trimmed and keeps its lines', () => {
    expect(checkGoal('  one\r\n\ttwo \n')).toBe('one\n\ttwo')
  })

  test.each<[string, string, string]>([
    ['empty', '', 'goal-empty'],
    ['blank', ' \n\t ', 'goal-empty'],
    ['1 MB', 'x'.repeat(1_048_576), 'goal-too-long'],
    ['an escape sequence', 'a\u001b[31mb', 'goal-control-characters'],
    ['a NUL', 'a\u0000b', 'goal-control-characters'],
    ['a direction override', 'a\u202eb', 'goal-control-characters'],
    ['not UTF-8', 'Gr\ufffd\ufffde', 'goal-not-utf-8'],
  ])('that is %s is refused', (_, text, code) => {
    expect(() => checkGoal(text)).toThrow(expect.objectContaining({ code, exit: 2 }))
  })
})

describe('colour', () => {
  test.each<[Record<string, string>, boolean, boolean]>([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j on a terminal: %s is %s', (env, isTTY, expected) => {
    expect(hasColor(env, isTTY)).toBe(expected)
  })
})

describe('widths', () => {
  test.each<[string, number]>([
    ['abc', 3],
    ['日本', 4],
    ['🚀', 2],
    ['✅', 2],
    ['e\u0301', 1],
    ['✓ ✗ · …', 7],
    ['', 0],
  ])('%s takes %i columns', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })

  test('are cut and filled without splitting a character', () => {
    expect(cutToWidth('日本語', 4)).toBe('日…')
    expect(padToWidth('日本語', 4)).toBe('日… ')
    expect(padToWidth('ab', 4)).toBe('ab  ')
    expect(cutToWidth('abc', 0)).toBe('')
  })
})

import { describe, expect, it } from 'vitest'
import { calm, type Guard, guard, type Step } from '../../src/workers/local/guardrails.ts'

const step = (over: Partial<Step> = {}): Step => ({
  tool: 'read',
  kind: 'reads',
  input: 'a',
  output: 'x',
  ok: true,
  ...over,
})
const look = (input = 'a', output = 'x') => step({ input, output })
const fails = (tool: string, input = 'a', kind: Step['kind'] = 'changes') =>
  step({ tool, kind, input, ok: false, output: 'no' })
const change = step({ tool: 'write', kind: 'changes', input: 'w', output: 'written' })
const command = (input: string, ok: boolean, output = 'out') => step({ tool: 'run', kind: 'runs', input, ok, output })

/** One letter a step: g(o), w(arn), s(top). */
const verdicts = (steps: Step[]): string => {
  let state: Guard = calm
  return steps
    .map(one => {
      const judged = guard(state, one)
      state = judged.guard
      return judged.verdict.kind[0]
    })
    .join('')
}
const times = (count: number, one: Step): Step[] => Array(count).fill(one)
const many = (count: number, of: (n: number) => Step): Step[] => Array.from({ length: count }, (_, n) => of(n))

describe('the guardrails', () => {
  it.each<[string, Step[], string]>([
    ['one failure is nothing', times(1, fails('edit')), 'g'],
    ['the same failing call is warned of at the second, stopped at the fifth', times(5, fails('edit')), 'gwwws'],
    [
      'one tool that only fails is warned of at the third, stopped at the eighth',
      many(8, n => fails('edit', `${n}`)),
      'ggwwwwws',
    ],
    ['different commands that fail are how one finds out', many(12, n => command(`c${n}`, false)), 'g'.repeat(12)],
    ['the same failing command is no progress', times(5, command('npm test', false)), 'gwwws'],
    [
      'a success ends a row of failures of its tool',
      [
        ...many(2, n => fails('edit', `${n}`)),
        look(),
        step({ tool: 'edit', input: '9', kind: 'changes' }),
        ...many(2, n => fails('edit', `${n}`)),
      ],
      'gggggg',
    ],
    [
      'after a change that worked the same command is a new experiment',
      [...times(4, command('t', false)), change, ...times(2, command('t', false))],
      'gwwwggw',
    ],
    ['the same look with the same result is warned of at the third, stopped at the sixth', times(6, look()), 'ggwwws'],
    ['a look that shows something new is progress', many(9, n => look('a', `${n}`)), 'g'.repeat(9)],
    ['looks at different things are progress', many(9, n => look(`${n}`)), 'g'.repeat(9)],
    ['a change that is made again and again is not counted as a look', times(6, change), 'gggggg'],
    ['a command may be run again with the same result', times(6, command('git status', true)), 'gggggg'],
    [
      'a round of two is warned of at the third time, stopped at the fifth',
      many(10, n => command(n % 2 === 0 ? 'a' : 'b', true)),
      'gggggwwwws',
    ],
    ['a round of four is seen', many(20, n => command(`${n % 4}`, true)), `${'g'.repeat(11)}wwwwwwwws`],
    ['a round of five is not looked for', many(30, n => command(`${n % 5}`, true)), 'g'.repeat(30)],
    ['a round with other results is progress', many(12, n => command(`${n % 2}`, true, `${n}`)), 'g'.repeat(12)],
  ])('%s', (_, steps, expected) => {
    expect(verdicts(steps)).toBe(expected)
  })

  it('says what it saw', () => {
    let state = calm
    for (const one of times(4, fails('edit'))) state = guard(state, one).guard
    expect(guard(state, fails('edit')).verdict).toEqual({ kind: 'stop', why: 'this very call has failed 5 times' })
  })
})

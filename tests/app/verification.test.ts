/** Verdicts: what a verifier must show for its word to count, who is asked when it does not, and what is said then. */
import { expect, test } from 'vitest'
import { AgentLabError } from '../../src/domain/errors.ts'
import { inLab, type Lab, looks, onePlan, renderReceipt, shell, write } from './lab.ts'

/** Attempts of the worker, rounds of the verifiers: each `steps`, then `verdict`. */
const script = (attempts: string[], rounds: { steps: string; verdict?: string }[]): string => `
tasks:
  one:
    attempts:
${attempts.map(steps => `      - steps: [${steps}]`).join('\n')}
verify:
  one:
${rounds.map(({ steps, verdict }) => `    - { steps: [${steps}]${verdict === undefined ? '' : `, verdict: ${verdict}`} }`).join('\n')}
`

const wrong = write('one.txt', 'wrong\n')
const right = write('one.txt', 'right\n')
const reproduction = { command: 'cat one.txt', expected: 'right', observed: 'wrong' }
const findings = [{ claim: 'It is wrong.', file: 'one.txt', line: 1, reproduction }]
const found = JSON.stringify({ verdict: 'fail', findings })

/** Of the last integration. */
const trailers = (lab: Lab): string[] => lab.git('log', '--format=%(trailers)', '-1', 'agent').split('\n')

test('a failing verdict with a reproduction sends the work back, and the next tip gets a verdict of its own', () =>
  inLab({}, async lab => {
    const scenarioText = script(
      [wrong, right],
      [
        { steps: looks, verdict: found },
        { steps: looks, verdict: 'pass' },
      ],
    )
    const view = await lab.run({ planText: onePlan(), scenarioText })
    expect(view.outcome).toBe('done')
    const [task] = view.tasks
    expect(task!.attempts.map(({ n, resumed }) => ({ n, resumed }))).toEqual([
      { n: 1, resumed: false },
      { n: 2, resumed: true },
    ])
    expect(task!.verdicts.map(({ value, verifier }) => ({ value, verifier }))).toEqual([
      { value: 'fail', verifier: 'claude' },
      { value: 'pass', verifier: 'claude' },
    ])
    expect(task!.verdicts[0]!.tip).not.toBe(task!.verdicts[1]!.tip)
    expect(lab.git('show', 'agent:one.txt')).toBe('right')
    expect(trailers(lab)).toContain('AgentLab-Verdict: pass')
  }))

const weak: [string, string, { steps: string; verdict?: string }][] = [
  ['did not read the change', 'nothingRead', { steps: shell('test -f README.md'), verdict: 'pass' }],
  ['ran nothing', 'nothingRun', { steps: shell('cat one.txt'), verdict: 'pass' }],
  ['judged another commit', 'otherCommit', { steps: looks, verdict: `{ verdict: pass, commit: ${'a'.repeat(40)} }` }],
  ['answered in prose', 'malformed', { steps: `${looks}, { answer: It looks good to me. }` }],
]

test.each(weak)('a verifier that %s does not count: another vendor is asked', (_, reason, round) =>
  inLab({}, async lab => {
    const planText = onePlan().replace('codex', 'claude')
    const scenarioText = script([right], [round, { steps: looks, verdict: 'pass' }])
    const view = await lab.run({ planText, scenarioText, workers: ['claude', 'codex', 'gemini'] })
    expect(view.outcome).toBe('done')
    expect(
      view.tasks[0]!.verdicts.map(({ verifier, value, inconclusive }) => ({ verifier, value, inconclusive })),
    ).toEqual([
      { verifier: 'codex', value: 'inconclusive', inconclusive: reason },
      { verifier: 'gemini', value: 'pass', inconclusive: null },
    ])
    expect(renderReceipt(view)).toMatch(/did not count \(inconclusive\)/)
  }),
)

test('where nobody is left to ask the operator is, nothing is integrated, and a resumption asks again', () =>
  inLab({}, async lab => {
    const blind = { steps: shell('test -f README.md'), verdict: 'pass' }
    const scenarioText = script([right], [blind, blind, { steps: looks, verdict: 'pass' }])
    const first = await lab.run({ planText: onePlan(), scenarioText })
    expect(first).toMatchObject({ outcome: 'awaitingOperator', tasks: [{ waitReason: 'verdictInconclusive' }] })
    expect(lab.git('rev-parse', 'agent')).toBe(lab.git('rev-parse', 'main'))
    const second = await lab.resume(first.runId)
    expect(second.outcome).toBe('done')
    expect(second.tasks[0]!.attempts).toHaveLength(1)
  }))

test('one vendor alone is refused before anything is spent, and accepted by word is named so', () =>
  inLab({}, async lab => {
    const scenarioText = script([right], [{ steps: looks, verdict: 'pass' }])
    const wish = { planText: onePlan(), scenarioText, workers: ['codex' as const] }
    const refusal = await lab.run(wish).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(AgentLabError)
    expect(refusal).toMatchObject({ code: 'one-vendor', exit: 2, cure: expect.stringContaining('--same-vendor') })
    await lab.open(project => expect(project.store.machines.runs()).toEqual([]))

    const view = await lab.run({ ...wish, sameVendor: true })
    expect(view).toMatchObject({ outcome: 'done', tasks: [{ verdicts: [{ value: 'pass', sameVendor: true }] }] })
    const [verdicts, notProven] = renderReceipt(view).split('## NOT PROVEN')
    expect(verdicts).toMatch(/\*\*pass \(same model\)\*\*/)
    expect(notProven).toMatch(/pass \(same model\)/)
    expect(trailers(lab)).toContain('AgentLab-Verdict: pass (same model)')
  }))

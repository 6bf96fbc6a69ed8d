/** A run's limits: it stops at them, keeps everything, and goes on when the operator grants them once more. */
import { expect, test } from 'vitest'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { startRehearsal } from '../../src/rehearsal/server.ts'
import { inLab, onePlan, renderReceipt, scenario, shell, write, writeFiles } from './lab.ts'

const yaml = (limits: string) => ({ 'agentlab.yaml': `limits: {${limits}}\n` })

/** Talks a lot at its first start, works at the next. */
const talker = (...steps: string[]): string =>
  scenario(
    [
      write('one.txt', 'begun\n'),
      ...steps.map(command => shell(command, ', onLaunch: 1')),
      write('two.txt', '2\n'),
    ].join(),
  )

const words = Array.from({ length: 12 }, (_, n) => `echo ${n}`)

test('a run stops at its requests, keeps the work in its seat, and a resumption grants them once more', () =>
  inLab(yaml('requests: 8'), async lab => {
    const first = await lab.run({ planText: onePlan(), scenarioText: talker(...words) })
    expect(first).toMatchObject({ outcome: 'awaitingOperator', limit: 'requests', spending: { requests: 8 } })
    expect(first.tasks[0]).toMatchObject({ waitReason: 'limitReached', attempts: [{ n: 1, class: 'limit' }] })
    expect(renderReceipt(first)).toMatch(/stopped by: requests/)

    const second = await lab.resume(first.runId)
    expect(second).toMatchObject({ outcome: 'done' })
    expect(second.spending.requests).toBeGreaterThan(8)
    expect(second.spending.requests).toBeLessThanOrEqual(16)
    expect(second.tasks[0]!.attempts.map(({ n, resumed }) => ({ n, resumed }))).toEqual([
      { n: 1, resumed: false },
      { n: 1, resumed: true },
    ])
    expect(lab.git('show', 'agent:one.txt')).toBe('begun')
  }))

test('what was spent still counts after a restart of the supervisor', () =>
  inLab(yaml('requests: 8'), async lab => {
    const scenarioText = talker(...words)
    const cut = await lab.run({ planText: onePlan(), scenarioText }, (view, stop) => {
      if (view.spending.requests >= 4) stop()
    })
    expect(cut.outcome).toBeNull()
    const first = await lab.resume(cut.runId)
    expect(first).toMatchObject({ outcome: 'awaitingOperator', limit: 'requests', spending: { requests: 8 } })
  }))

test('tokens that the first request alone would exceed are never spent', () =>
  inLab(yaml('tokens: 100'), async lab => {
    const first = await lab.run({ planText: onePlan(), scenarioText: talker() })
    expect(first).toMatchObject({ outcome: 'awaitingOperator', limit: 'tokens', spending: { requests: 0, tokens: 0 } })
    const again = await lab.resume(first.runId)
    expect(again).toMatchObject({ outcome: 'awaitingOperator', limit: 'tokens', spending: { requests: 0, tokens: 0 } })
  }))

test('a run stops at its minutes, and a resumption grants them once more', () =>
  inLab(yaml('minutes: 8'), async lab => {
    // The clock is moved, so that how fast this machine is decides nothing.
    const first = await lab.run({ planText: onePlan(), scenarioText: talker(...words) }, view => {
      if (view.spending.requests >= 2) lab.wall = () => Date.now() + 9 * 60_000
    })
    expect(first).toMatchObject({ outcome: 'awaitingOperator', limit: 'minutes' })
    const second = await lab.resume(first.runId)
    expect(second).toMatchObject({ outcome: 'done', limit: null })
    expect(renderReceipt(second)).not.toMatch(/stopped by/)
  }))

test('tasks at work side by side do not overrun the requests together', () =>
  inLab(yaml('requests: 2'), async lab => {
    const tasks = ['a', 'b', 'c'].map(key => `{ key: ${key}, title: ${key}, what: Do it., worker: codex }`)
    const scenarioText = 'defaults: { worker: { steps: [{ hang: true }] } }'
    const view = await lab.run({ planText: `tasks: [${tasks.join()}]`, scenarioText, maxParallel: 3 })
    expect(view).toMatchObject({ outcome: 'awaitingOperator', limit: 'requests', spending: { requests: 2 } })
  }))

test('the request that would pass the limit never reaches the provider', () =>
  inLab(yaml('requests: 3'), async lab => {
    const identity = { role: 'worker' as const, worker: 'codex' as const, task: 'one', attempt: 1, launch: 1 }
    const provider = await startRehearsal(parseScenario(talker(...words), 'it.yaml'), { identity })
    try {
      lab.env.OPENAI_API_KEY = 'sk-of-nobody'
      lab.env.ANTHROPIC_API_KEY = 'sk-ant-of-nobody'
      const [openai, anthropic] = [provider.origin, 'http://127.0.0.1:9']
      const config = { upstreams: { openai, anthropic }, lanes: { personal: { providers: ['openai', 'anthropic'] } } }
      writeFiles(lab.env.HOME!, { '.config/agentlab/config.yaml': JSON.stringify(config) })
      const view = await lab.run({ planText: onePlan() })
      expect(view).toMatchObject({ rehearsed: false, outcome: 'awaitingOperator', limit: 'requests' })
      expect(view.spending.requests).toBe(3)
      expect(provider.requests().filter(request => request.outcome !== 'count')).toHaveLength(3)
    } finally {
      await provider.close()
    }
  }))

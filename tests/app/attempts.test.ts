/** A worker's attempts: what is sent back, to whom, how often, and what costs no attempt. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inLab, onePlan, renderReceipt, scenario, shell, write } from './lab.ts'

/** Green on the base. */
const check = {
  'agentlab.yaml': 'checks: [{ name: good, command: [grep, -q, good, one.txt] }]\n',
  'one.txt': 'good\n',
}
const slowCheck = 'checks: [{ name: good, command: [sh, check.sh] }]\n'
const good = write('one.txt', 'very good\n')
const bad = write('one.txt', 'bad\n')

test('work that fails the checks goes back to the same session with what they printed, and passes the second time', () =>
  inLab(check, async lab => {
    const view = await lab.run({ planText: onePlan(), scenarioText: scenario(bad, good) })
    expect(view.outcome).toBe('done')
    const [task] = view.tasks
    expect(task!.attempts.map(({ n, resumed, outcome }) => ({ n, resumed, outcome }))).toEqual([
      { n: 1, resumed: false, outcome: 'answered' },
      { n: 2, resumed: true, outcome: 'answered' },
    ])
    expect(task!.findings).toMatchObject([{ attempt: 1, source: 'checks', findings: [{ severity: 'blocking' }] }])
    const sessions = (await lab.events(view.runId)).flatMap(event =>
      event.type === 'session.known' ? [event.sessionId] : [],
    )
    expect(new Set(sessions).size).toBe(1)
    expect(task!.checks.map(({ status }) => status)).toEqual(['failed', 'passed'])
  }))

test('a lock that a killed git left in the workspace does not stop the next attempt', () =>
  inLab(check, async lab => {
    const left = shell('touch ../git/index.lock ../git/refs/heads/task-1.lock')
    const view = await lab.run({
      planText: onePlan(),
      scenarioText: scenario([bad, '{ commit: First }', left].join(), [good, '{ commit: Second }'].join()),
    })
    expect(view.outcome).toBe('done')
    // Committed by the worker itself, which a lock would have refused.
    expect(view.tasks[0]!.attempts).toMatchObject([{ n: 1 }, { n: 2, work: 'harvested', uncommitted: false }])
  }))

test('after three attempts the operator is asked, and a resumption grants more', () =>
  inLab(check, async lab => {
    const first = await lab.run({ planText: onePlan(), scenarioText: scenario(bad, bad, bad, good) })
    expect(first.outcome).toBe('awaitingOperator')
    expect(first.tasks[0]).toMatchObject({ waitReason: 'attemptsUsed', state: 'awaitingOperator' })
    expect(first.tasks[0]!.attempts).toHaveLength(3)
    const second = await lab.resume(first.runId)
    expect(second.outcome).toBe('done')
    expect(second.tasks[0]!.attempts.map(({ n }) => n)).toEqual([1, 2, 3, 4])
    expect(lab.git('show', 'agent:one.txt')).toBe('very good')
  }))

test('a claim without work is sent back', () =>
  inLab(check, async lab => {
    const view = await lab.run({ planText: onePlan(), scenarioText: scenario('{ claim: It is all done. }', good) })
    expect(view.outcome).toBe('done')
    expect(view.tasks[0]!.attempts).toMatchObject([{ work: 'empty' }, { work: 'harvested' }])
    expect(renderReceipt(view)).toMatch(/nothing in the repository had changed/)
  }))

test('work that is left uncommitted is committed by AgentLab, which says so', () =>
  inLab(check, async lab => {
    const view = await lab.run({ planText: onePlan(), scenarioText: scenario(good) })
    expect(view.tasks[0]!.attempts).toMatchObject([{ work: 'harvested', uncommitted: true }])
    expect(renderReceipt(view)).toMatch(/harvested, committed by AgentLab/)
  }))

test('a lost session falls back to a fresh one and costs no attempt', () =>
  inLab(
    { 'agentlab.yaml': slowCheck, 'check.sh': 'sleep 1\ngrep -q good one.txt\n', 'one.txt': 'good\n' },
    async lab => {
      let isLost = false
      const view = await lab.run({ planText: onePlan(), scenarioText: scenario(bad, good) }, ({ tasks: [task] }) => {
        if (isLost || task?.state !== 'merging') return
        rmSync(join(lab.dataDir, 'seats', `${task.taskId}.codex`, 'agent', 'sessions'), { recursive: true })
        isLost = true
      })
      expect(view.outcome).toBe('done')
      expect(view.tasks[0]!.attempts.map(({ n, outcome }) => ({ n, outcome }))).toEqual([
        { n: 1, outcome: 'answered' },
        { n: 2, outcome: 'answered' },
      ])
      const sessions = (await lab.events(view.runId)).flatMap(event =>
        event.type === 'session.known' ? [event.sessionId] : [],
      )
      expect(new Set(sessions).size).toBe(2)
    },
  ))

test.each(['codex', 'claude'] as const)(
  'a refused login of %s waits for the operator, and the attempt goes on',
  worker =>
    inLab({}, async lab => {
      const planText = onePlan().replace('codex', worker)
      const refused = ['{ status: { code: 401 }, onLaunch: 1 }', good].join()
      const first = await lab.run({ planText, scenarioText: scenario(refused), workers: ['codex', 'claude'] })
      expect(first.outcome).toBe('awaitingOperator')
      expect(first.tasks[0]).toMatchObject({ waitReason: 'loginNeeded', attempts: [{ n: 1, class: 'auth' }] })
      const second = await lab.resume(first.runId)
      expect(second.outcome).toBe('done')
      expect(second.tasks[0]!.attempts.map(({ n }) => n)).toEqual([1, 1])
    }),
)

test.each(['codex', 'claude'] as const)('a rate limit of %s is waited out and costs no attempt', worker =>
  inLab({}, async lab => {
    const planText = onePlan().replace('codex', worker)
    const limited = ['{ status: { code: 429, retryAfterS: 3 }, onLaunch: 1 }', good].join()
    const view = await lab.run({ planText, scenarioText: scenario(limited), workers: ['codex', 'claude'] })
    expect(view.outcome).toBe('done')
    const { attempts } = view.tasks[0]!
    expect(attempts.map(({ n, class: failure }) => ({ n, failure }))).toEqual([
      { n: 1, failure: 'rateLimit' },
      { n: 1, failure: null },
    ])
    const waited = attempts[1]!.startedAt - attempts[0]!.endedAt!
    expect(waited).toBeGreaterThanOrEqual(2_000)
    expect(waited).toBeLessThan(20_000)
  }),
)

test('a model that declines has used an attempt, and the next one is a new session', () =>
  inLab({}, async lab => {
    const scenarioText = scenario('{ refusal: I will not. }', good)
    const view = await lab.run({ planText: onePlan().replace('codex', 'claude'), scenarioText })
    expect(view.outcome).toBe('done')
    expect(view.tasks[0]!.attempts).toMatchObject([
      { n: 1, class: 'refused', resumed: false },
      { n: 2, outcome: 'answered', resumed: false },
    ])
  }))

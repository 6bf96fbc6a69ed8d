/** What a person does to main, to the integration branch and to branch names while a run is under way: heeded, never overwritten. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { explainWait } from '../../src/domain/outcome.ts'
import { renderSummary } from '../../src/domain/receipt-summary.ts'
import { gateOf, heldBy, inLifeLab, type LifeLab, planOf, writes } from '../support/life-lab.ts'

vi.setConfig({ testTimeout: 60_000 })

const until = async (what: string, look: () => boolean): Promise<void> => {
  for (const since = Date.now(); !look(); await new Promise(done => setTimeout(done, 20)))
    if (Date.now() - since > 30_000) throw new Error(`waited in vain for: ${what}`)
}

const stateOf = (lab: LifeLab, id: string): string | undefined => lab.project.store.machines.get(id)?.state

/** A run held at work, `act` meanwhile, then its rest. */
const whileAtWork = async (
  lab: LifeLab,
  plan: (gate: string) => string,
  number: number,
  act: (runId: string) => void,
) => {
  const gate = gateOf(lab)
  const runId = await lab.begin(plan(gate))
  await until('a worker at work', () => lab.view(runId).tasks[number - 1]?.attempts.at(-1)?.endedAt === null)
  act(runId)
  writeFileSync(gate, '')
  return lab.rest(runId)
}

const held = (gate: string): string => planOf({ key: 'one', script: `${heldBy(gate)}\n${writes('one.txt')}` })

test('main rewritten: the run ends well and says so; the next one waits instead of bringing back what main dropped', () =>
  inLifeLab({}, async lab => {
    const view = await whileAtWork(lab, held, 1, () => lab.git('commit', '-q', '--amend', '-m', 'Rewritten'))
    expect(view).toMatchObject({ outcome: 'done', mainState: 'rewritten' })
    expect(renderSummary(view)).toMatch(/Main was rewritten meanwhile/)
    const agent = lab.git('rev-parse', 'agent')
    const next = await lab.run(planOf({ key: 'two', script: writes('two.txt') }))
    expect(next).toMatchObject({ outcome: 'awaitingOperator', waitReason: 'mainRewritten' })
    expect(explainWait('mainRewritten', next.runId).cure).toContain(`agentlab resume ${next.runId}`)
    expect(lab.git('rev-parse', 'agent')).toBe(agent)
    lab.git('branch', '-f', 'agent', 'main')
    expect(await lab.resume(next.runId)).toMatchObject({ outcome: 'done', mainState: 'held' })
  }))

test('main renamed: the run ends well and says so; the next one waits until the new name is told', () =>
  inLifeLab({}, async lab => {
    const view = await whileAtWork(lab, held, 1, () => lab.git('branch', '-m', 'main', 'trunk'))
    expect(view).toMatchObject({ outcome: 'done', mainState: 'missing' })
    const next = await lab.run(planOf({ key: 'two', script: writes('two.txt') }))
    expect(next).toMatchObject({ outcome: 'awaitingOperator', waitReason: 'mainMissing' })
    writeFileSync(join(lab.root, 'agentlab.yaml'), 'main: trunk\n')
    expect(await lab.resume(next.runId)).toMatchObject({ outcome: 'done', mainState: 'held' })
  }))

test('agent set back by hand: work that was built on what is gone waits, and is not merged to bring it back', () =>
  inLifeLab({}, async lab => {
    const plan = (gate: string): string =>
      planOf(
        { key: 'one', script: writes('one.txt') },
        { key: 'two', script: `${heldBy(gate)}\n${writes('two.txt')}`, after: ['one'] },
      )
    const view = await whileAtWork(lab, plan, 2, () => lab.git('branch', '-f', 'agent', 'main'))
    expect(view).toMatchObject({ outcome: 'awaitingOperator' })
    expect(view.tasks[1]).toMatchObject({ state: 'awaitingOperator', waitReason: 'agentMovedByHand' })
    expect(lab.git('rev-parse', 'agent')).toBe(lab.git('rev-parse', 'main'))
    lab.git('branch', '-f', 'agent', view.tasks[0]!.integrated!.commit)
    expect(await lab.resume(view.runId)).toMatchObject({ outcome: 'done' })
    expect(lab.filesOn('agent')).toEqual(['README.md', 'one.txt', 'two.txt'])
  }))

test("a branch of the operator's that has the name of a task's branch is not touched: the task waits", () =>
  inLifeLab({}, async lab => {
    const view = await whileAtWork(lab, held, 1, runId => lab.git('branch', `task/${runId}-1/claude`, 'main'))
    const [task] = view.tasks
    const branch = `task/${task!.taskId}/claude`
    expect(view).toMatchObject({ outcome: 'awaitingOperator', tasks: [{ waitReason: 'effectFailed' }] })
    expect(view.failures.at(-1)!.text).toContain(`git branch -m ${branch}`)
    expect(lab.git('rev-parse', branch)).toBe(lab.git('rev-parse', 'main'))
    lab.git('branch', '-m', branch, 'mine')
    expect(await lab.resume(view.runId)).toMatchObject({ outcome: 'done' })
  }))

test('rejected below a run at work: its change is carried over, judged anew, and does not bring the rejected work back', () =>
  inLifeLab({}, async lab => {
    const first = await lab.run(planOf({ key: 'gone', script: writes('gone.txt') }))
    const gone = first.tasks[0]!.taskId
    const gate = gateOf(lab)
    const runId = await lab.begin(held(gate))
    await until('a worker at work', () => stateOf(lab, `${runId}-1`) === 'working')
    await until('its attempt', () => lab.view(runId).tasks[0]!.attempts.length === 1)
    expect(await lab.reject(gone)).toMatchObject({ outcome: { type: 'agent.rebuilt' } })
    writeFileSync(gate, '')
    const view = await lab.rest(runId)
    expect(view).toMatchObject({ outcome: 'done', tasks: [{ state: 'integrated' }] })
    expect(lab.filesOn('agent')).toEqual(['README.md', 'one.txt'])
    expect(lab.git('rev-list', 'agent').split('\n')).not.toContain(first.tasks[0]!.tip)
    expect(view.tasks[0]!.verdicts.at(-1)).toMatchObject({ tip: view.tasks[0]!.tip, value: 'pass' })
  }))

test('two runs at once on one branch both land, and each receipt names the other', () =>
  inLifeLab({}, async lab => {
    const gate = gateOf(lab)
    const slow = await lab.begin(held(gate))
    const quick = await lab.run(planOf({ key: 'two', script: writes('two.txt') }))
    writeFileSync(gate, '')
    const view = await lab.rest(slow)
    expect(view).toMatchObject({ outcome: 'done', alongside: [{ taskId: `${quick.runId}-1`, title: 'Do two' }] })
    expect(lab.filesOn('agent')).toEqual(['README.md', 'one.txt', 'two.txt'])
  }))

/** Integration: what happens where the work meets the branch `agent`, the main branch, the checks and the operator's hand. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commitFiles } from '../support/git-repository.ts'
import { inLab, type Lab, looks, onePlan, renderReceipt, scenario, shell, write } from './lab.ts'

const work = scenario(write('one.txt', '1\n'))
const check = (...command: string[]): string => `checks: [{ name: it, command: ${JSON.stringify(command)} }]\n`

/** What AgentLab's merge of a task looks like from outside. */
const mergeOf = (lab: Lab, revision: string) => {
  const [subject, parents] = lab.git('log', '-1', '--format=%s%n%P', revision).split('\n')
  return { subject, parents: parents!.split(' ').length }
}

test('two tasks that change one file: the second gets both sides in a rebuilt workspace and resolves them', () =>
  inLab({ 'list.txt': 'base\n' }, async lab => {
    const task = (key: string, worker: string) => `{ key: ${key}, title: Add ${key}, what: Do it., worker: ${worker} }`
    const resolve = [shell('git status --short; cat list.txt'), write('list.txt', 'base\na\nb\n'), '{ commit: Both }']
    const slow = [shell('sleep 4'), write('list.txt', 'base\nb\n')].join()
    const scenarioText = `
tasks:
  a: { attempts: [{ steps: [${write('list.txt', 'base\na\n')}] }] }
  b: { attempts: [{ steps: [${slow}] }, { steps: [${resolve.join()}] }] }
defaults: { verifier: { steps: [${looks}], verdict: pass } }
`
    const view = await lab.run({ planText: `tasks: [${task('a', 'claude')}, ${task('b', 'codex')}]`, scenarioText })
    expect(view.outcome).toBe('done')
    const b = view.tasks[1]!
    expect(b.findings).toMatchObject([{ source: 'conflict', findings: [{ file: 'list.txt' }] }])
    expect(b.attempts.map(({ n }) => n)).toEqual([1, 2])
    expect(lab.git('show', 'agent:list.txt')).toBe('base\na\nb')
    expect(mergeOf(lab, 'agent')).toEqual({ subject: 'Add b', parents: 2 })
    expect(mergeOf(lab, 'agent^1')).toEqual({ subject: 'Add a', parents: 2 })
    expect(lab.git('rev-parse', 'agent^2^1')).toBe(lab.git('rev-parse', 'agent^1'))
  }))

test('agent checked out in a worktree is never moved: the run waits, and goes on once it is free', () =>
  inLab({}, async lab => {
    lab.git('branch', 'agent')
    const worktree = join(lab.scratch, 'looking')
    lab.git('worktree', 'add', '-q', worktree, 'agent')
    lab.accept()
    const before = lab.git('rev-parse', 'agent')
    const first = await lab.run({ planText: onePlan(), scenarioText: work })
    expect(first).toMatchObject({ outcome: 'awaitingOperator', tasks: [{ waitReason: 'branchCheckedOut' }] })
    expect(renderReceipt(first)).toMatch(/Switch that worktree to another branch/)
    expect(lab.git('rev-parse', 'agent')).toBe(before)
    lab.git('-C', worktree, 'switch', '-q', '--detach')
    const second = await lab.resume(first.runId)
    expect(second.outcome).toBe('done')
    expect(second.tasks[0]!.attempts).toHaveLength(1)
    expect(second.tasks[0]!.verdicts).toHaveLength(1)
  }))

/** Commits a file on a branch without touching the checkout. */
const commitOn = (lab: Lab, branch: string, file: string): string => {
  const worktree = join(lab.scratch, `hand-${branch}`)
  lab.git('worktree', 'add', '-q', '--detach', worktree, branch)
  const commit = commitFiles(worktree, { [file]: 'by hand\n' }, 'By hand')
  lab.git('worktree', 'remove', '--force', worktree)
  lab.git('update-ref', `refs/heads/${branch}`, commit)
  return commit
}

test('an agent that was moved by hand in between is integrated with, never overwritten', () =>
  inLab({}, async lab => {
    let byHand = ''
    const scenarioText = scenario([shell('sleep 3'), write('one.txt', '1\n')].join())
    const view = await lab.run({ planText: onePlan(), scenarioText }, ({ tasks }) => {
      if (byHand === '' && tasks[0]?.state === 'working') byHand = commitOn(lab, 'agent', 'hand.txt')
    })
    expect(view.outcome).toBe('done')
    expect(byHand).not.toBe('')
    expect(lab.git('rev-parse', 'agent^1')).toBe(byHand)
    expect(lab.git('ls-tree', '--name-only', 'agent').split('\n')).toEqual(['README.md', 'hand.txt', 'one.txt'])
  }))

test('an agent that was deleted by hand is not brought back: the run waits', () =>
  inLab({}, async lab => {
    let isDeleted = false
    const scenarioText = scenario([shell('sleep 2'), write('one.txt', '1\n')].join())
    const first = await lab.run({ planText: onePlan(), scenarioText }, ({ tasks }) => {
      if (isDeleted || tasks[0]?.state !== 'working') return
      lab.git('branch', '-D', 'agent')
      isDeleted = true
    })
    expect(first).toMatchObject({ outcome: 'awaitingOperator', tasks: [{ waitReason: 'agentMovedByHand' }] })
    expect(lab.git('branch', '--list', 'agent')).toBe('')
    lab.git('branch', 'agent', 'main')
    expect(await lab.resume(first.runId)).toMatchObject({ outcome: 'done' })
  }))

const mainGoesOn = (lab: Lab, file: string, content: string): string => {
  const commit = commitFiles(lab.root, { [file]: content }, 'On main')
  lab.accept()
  return commit
}

/** `agent` with a commit of its own that main lacks. */
const agentGoesOn = async (lab: Lab, file = 'agent.txt'): Promise<void> => {
  lab.git('branch', 'agent')
  commitOn(lab, 'agent', file)
}

test('new commits of main come into agent first, after the checks', () =>
  inLab({ 'agentlab.yaml': check('test', '-f', 'README.md') }, async lab => {
    await agentGoesOn(lab)
    const main = mainGoesOn(lab, 'main.txt', 'main\n')
    const view = await lab.run({ planText: onePlan(), scenarioText: work })
    expect(view.outcome).toBe('done')
    expect(await lab.events(view.runId)).toContainEqual(expect.objectContaining({ type: 'base.ready', sync: 'merge' }))
    expect(lab.git('rev-parse', 'agent^1^2')).toBe(main)
    expect(view.launches.filter(({ what }) => what === 'check it')).not.toEqual([])
    const names = lab.git('ls-tree', '--name-only', 'agent').split('\n')
    expect(names).toEqual(['README.md', 'agent.txt', 'agentlab.yaml', 'main.txt', 'one.txt'])
  }))

test('a main whose commits turn the checks red is not brought in: the run waits', () =>
  inLab({ 'agentlab.yaml': check('test', '!', '-f', 'broken.txt') }, async lab => {
    await agentGoesOn(lab)
    mainGoesOn(lab, 'broken.txt', 'main\n')
    const agent = lab.git('rev-parse', 'agent')
    const view = await lab.run({ planText: onePlan(), scenarioText: work })
    expect(view).toMatchObject({ outcome: 'awaitingOperator', waitReason: 'mainChecksFailed', tasks: [] })
    expect(view.spending.requests).toBe(0)
    expect(lab.git('rev-parse', 'agent')).toBe(agent)
  }))

test('a main that conflicts with agent is for the operator', () =>
  inLab({}, async lab => {
    await agentGoesOn(lab, 'both.txt')
    mainGoesOn(lab, 'both.txt', 'otherwise\n')
    const agent = lab.git('rev-parse', 'agent')
    const view = await lab.run({ planText: onePlan(), scenarioText: work })
    expect(view).toMatchObject({ outcome: 'awaitingOperator', waitReason: 'mainConflict' })
    expect(view.waitDetail).toContain('both.txt')
    expect(lab.git('rev-parse', 'agent')).toBe(agent)
  }))

test('a check that was red before does not block, and is not proven', () =>
  inLab({ 'agentlab.yaml': check('test', '-f', 'never.txt') }, async lab => {
    const view = await lab.run({ planText: onePlan(), scenarioText: work })
    expect(view).toMatchObject({ outcome: 'done', tasks: [{ checks: [{ status: 'failedOnBaseToo' }] }] })
    expect(renderReceipt(view).split('## NOT PROVEN')[1]).toMatch(/were red on the base before \(it\)/)
  }))

test('a check the plan wants to turn green must turn green', () =>
  inLab({ 'agentlab.yaml': check('test', '-f', 'two.txt') }, async lab => {
    const scenarioText = scenario(write('one.txt', '1\n'), write('two.txt', '2\n'))
    const view = await lab.run({ planText: onePlan(', turnsGreen: [it]'), scenarioText })
    expect(view.outcome).toBe('done')
    expect(view.tasks[0]!.checks.map(({ status }) => status)).toEqual(['failed', 'passed'])
    expect(view.tasks[0]!.attempts).toHaveLength(2)
  }))

test('where the set-up fails the checks are not run, and that is said', () =>
  inLab({ 'agentlab.yaml': `setup: { command: ['false'] }\n${check('true')}` }, async lab => {
    const view = await lab.run({ planText: onePlan(), scenarioText: work })
    expect(view).toMatchObject({ outcome: 'done', tasks: [{ checks: [{ status: 'notRun' }] }] })
    expect(view.launches.filter(({ what }) => what === 'check it')).toEqual([])
    expect(renderReceipt(view).split('## NOT PROVEN')[1]).toMatch(/checks did not run \(it\)/)
  }))

test("a branch of the operator's that has a worker's name keeps its commits", () =>
  inLab({}, async lab => {
    lab.git('branch', 'codex')
    const own = commitOn(lab, 'codex', 'mine.txt')
    const view = await lab.run({ planText: onePlan(), scenarioText: work })
    expect(view.outcome).toBe('done')
    expect(lab.git('rev-parse', 'codex')).toBe(own)
  }))

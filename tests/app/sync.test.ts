/** Main and the integration branch while both go on: brought together with checks, by an agent where they conflict, or not at all. */
import { expect, test, vi } from 'vitest'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { renderSummary } from '../../src/domain/receipt-summary.ts'
import { integrationsBetween } from '../../src/git/integrate.ts'
import { commitFiles } from '../support/git-repository.ts'
import { inLifeLab, type LifeLab, planOf, withCheck, writes } from '../support/life-lab.ts'

vi.setConfig({ testTimeout: 60_000 })

const sync = (lab: LifeLab) => lab.run('', { purpose: 'sync', planText: null })

const oneTask = planOf({ key: 'one', script: writes('one.txt') })

test('a sync does nothing, moves forward, or merges with checks, and says which', () =>
  inLifeLab(withCheck, async lab => {
    lab.git('branch', 'agent')
    expect(renderSummary(await sync(lab))).toContain('Nothing to do')
    const forward = commitFiles(lab.root, { 'main.txt': 'm\n' }, 'On main')
    expect(renderSummary(await sync(lab))).toContain('had nothing of its own')
    expect(lab.git('rev-parse', 'agent')).toBe(forward)
    await lab.run(oneTask)
    const main = commitFiles(lab.root, { 'more.txt': 'm\n' }, 'More on main')
    const merged = await sync(lab)
    expect(merged).toMatchObject({ outcome: 'done', tasks: [], sync: { kind: 'merge', checks: { status: 'passed' } } })
    expect(renderSummary(merged)).toContain('checks: ok passed')
    expect(lab.git('rev-parse', 'agent^2')).toBe(main)
    expect(merged.spending.requests).toBe(0)
  }))

test('a main whose commits turn a check red is not brought in, and what the check printed is said', () =>
  inLifeLab(withCheck, async lab => {
    await lab.run(oneTask)
    commitFiles(lab.root, { 'broken.txt': 'm\n' }, 'Broken')
    const agent = lab.git('rev-parse', 'agent')
    const view = await sync(lab)
    expect(view).toMatchObject({ outcome: 'awaitingOperator', waitReason: 'mainChecksFailed' })
    expect(view.waitDetail).toMatch(/"ok" fails[\s\S]*exit code 1/)
    expect(lab.git('rev-parse', 'agent')).toBe(agent)
  }))

test('a conflict waits with its files; an agent resolves it as a task, and the result holds main and can be promoted', () =>
  inLifeLab(withCheck, async lab => {
    await lab.run(planOf({ key: 'one', script: writes('both.txt', 'agent') }))
    const main = commitFiles(lab.root, { 'both.txt': 'main\n', 'more.txt': 'm\n' }, 'On main')
    const waiting = await sync(lab)
    expect(waiting).toMatchObject({ outcome: 'awaitingOperator', waitReason: 'mainConflict', waitDetail: 'both.txt' })
    expect(renderReceipt(waiting)).toMatch(/agentlab sync --resolve/)
    const script = `grep -q '<<<<' both.txt || exit 1\n${writes('both.txt', 'agent and main')}`
    const view = await lab.run(planOf({ key: 'resolve', script }), { purpose: 'resolve' })
    expect(view).toMatchObject({ outcome: 'done', sync: { kind: 'conflict' }, tasks: [{ state: 'integrated' }] })
    expect(view.tasks[0]!.verdicts).toMatchObject([{ value: 'pass' }])
    expect(lab.git('show', 'agent:both.txt')).toBe('agent and main')
    expect(lab.git('merge-base', 'main', 'agent')).toBe(main)
    const entries = await integrationsBetween(lab.project.repository, main, lab.git('rev-parse', 'agent'))
    expect(entries.map(entry => entry.kind)).toEqual(['integration', 'integration'])
    const again = await lab.resume(waiting.runId)
    expect(again).toMatchObject({ outcome: 'done', sync: { kind: 'none' } })
  }))

test('asked to resolve where nothing conflicts, it merges and asks no agent', () =>
  inLifeLab({}, async lab => {
    await lab.run(oneTask)
    commitFiles(lab.root, { 'main.txt': 'm\n' }, 'On main')
    const view = await lab.run(oneTask, { purpose: 'resolve' })
    expect(view).toMatchObject({ outcome: 'done', sync: { kind: 'merge' }, tasks: [] })
  }))

/** The operator's no after integration: the branch is made anew without the work, in one step, or stays as it is. */
import { existsSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { integrationsBetween } from '../../src/git/integrate.ts'
import { inLifeLab, planOf, withCheck, writes } from '../support/life-lab.ts'

vi.setConfig({ testTimeout: 60_000 })

test('a rejected task is off the branch, others stay, promote still knows each, and its own branch is kept', () =>
  inLifeLab(withCheck, async lab => {
    const view = await lab.run(
      planOf(
        { key: 'one', script: writes('one.txt') },
        { key: 'two', script: writes('two.txt'), after: ['one'] },
        { key: 'three', script: writes('three.txt'), after: [] },
      ),
    )
    const other = await lab.run(planOf({ key: 'later', script: writes('later.txt') }))
    const [one, two] = view.tasks.map(task => task.taskId)
    const before = lab.git('rev-parse', 'agent')
    const refused = await lab.reject(one!)
    expect(refused).toMatchObject({ outcome: null, answer: { accepted: false } })
    expect(refused.answer.text).toContain(two)
    expect(lab.git('rev-parse', 'agent')).toBe(before)

    const { outcome } = await lab.reject(one!, { withDependents: true, why: 'It breaks the build.' })
    expect(outcome).toMatchObject({ type: 'agent.rebuilt', tasks: [one, two], from: before })
    expect(lab.filesOn('agent')).toEqual(['README.md', 'agentlab.yaml', 'later.txt', 'three.txt'])
    const after = await lab.rest(view.runId)
    expect(after).toMatchObject({ outcome: 'done', state: 'done' })
    expect(after.tasks.map(task => task.state)).toEqual(['rejected', 'rejected', 'integrated'])
    expect(lab.git('rev-parse', `task/${one}/claude`)).toBe(view.tasks[0]!.tip)
    expect(lab.git('rev-parse', `refs/agentlab/before/${one}`)).toBe(before)
    // What promote asks: each integration on the branch is one the log knows, with the tip it has there.
    const entries = await integrationsBetween(
      lab.project.repository,
      lab.git('rev-parse', 'main'),
      lab.git('rev-parse', 'agent'),
    )
    const known = [after, lab.view(other.runId)]
      .flatMap(run => run.tasks)
      .flatMap(task =>
        task.integrated === null
          ? []
          : [{ taskId: task.taskId, commit: task.integrated.commit, taskTip: task.integrated.rebuiltTip ?? task.tip }],
      )
    expect(entries.map(entry => entry.kind)).toEqual(['integration', 'integration'])
    for (const entry of entries) expect(known).toContainEqual(expect.objectContaining({ commit: entry.commit }))
    const later = renderReceipt(lab.view(other.runId))
    expect(later).toMatch(/verdict was given on the change as it was before/)
    expect(renderReceipt(after)).toMatch(
      /taken out of the integration branch by the operator[\s\S]*It breaks the build\./,
    )
    expect(lab.project.store.checks.ofTree(lab.git('rev-parse', 'agent^{tree}'))).toMatchObject([{ status: 'passed' }])
  }))

test('given back, it is revised on the work as it was, with the reason, and integrated again', () =>
  inLifeLab({}, async lab => {
    // The second attempt finds its first work there, and the reason among what it is told.
    const script = `if [ -e one.txt ]; then echo again >>one.txt; else echo first >one.txt; fi\ngit add -A\ngit commit -q -m Work`
    const view = await lab.run(planOf({ key: 'one', script }))
    const [task] = view.tasks
    expect(existsSync(`${lab.project.paths.seats}/${task!.taskId}.claude`)).toBe(false)
    const { outcome } = await lab.reject(task!.taskId, { back: true, why: 'Say it twice.' })
    expect(outcome).toMatchObject({ type: 'agent.rebuilt', back: task!.taskId })
    const after = await lab.rest(view.runId)
    expect(after).toMatchObject({ outcome: 'done', tasks: [{ state: 'integrated' }] })
    expect(after.tasks[0]!.attempts.map(({ n }) => n)).toEqual([1, 2])
    expect(after.tasks[0]!.verdicts).toHaveLength(2)
    expect(lab.git('show', 'agent:one.txt')).toBe('first\nagain')
    expect(lab.git('rev-parse', 'claude')).toBe(after.tasks[0]!.tip)
  }))

test('where a later task is built on it, nothing moves and what stands in the way is named', () =>
  inLifeLab(withCheck, async lab => {
    const view = await lab.run(
      planOf(
        { key: 'one', script: writes('one.txt', 'one') },
        { key: 'two', script: `${writes('one.txt', 'one and two')}`, after: ['one'] },
      ),
    )
    const next = await lab.run(planOf({ key: 'three', script: writes('one.txt', 'all three') }))
    const before = lab.git('rev-parse', 'agent')
    const { outcome } = await lab.reject(view.tasks[1]!.taskId)
    expect(outcome).toMatchObject({ type: 'rebuild.refused', reason: 'conflict' })
    const text = lab.project.store.content.text((outcome as { contentId: string }).contentId)!
    expect(text).toContain(next.tasks[0]!.taskId)
    expect(text).toContain('one.txt')
    expect(lab.git('rev-parse', 'agent')).toBe(before)
    expect(await lab.rest(view.runId)).toMatchObject({
      outcome: 'done',
      tasks: [{ state: 'integrated' }, { state: 'integrated' }],
    })
  }))

/** The operator's hand on a run's plan, through the commands themselves: reviewed, edited, approved, edited at work. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sendPlanEdit } from '../../src/app.ts'
import { approve } from '../../src/cli/commands/approve.ts'
import { editPlanOf } from '../../src/cli/commands/edit-plan.ts'
import { resume } from '../../src/cli/commands/resume.ts'
import type { AgentLabError } from '../../src/domain/errors.ts'
import { openDatabase } from '../../src/store/database.ts'
import { callWith } from '../support/call.ts'
import { gateOf, heldBy, inLifeLab, type LifeLab, planOf, writes } from '../support/life-lab.ts'
import { until } from './lab.ts'

const two = planOf({ key: 'one', script: writes('one.txt') }, { key: 'two', script: writes('two.txt'), after: ['one'] })

const callIn = (lab: LifeLab, over: { json?: boolean } = {}) => callWith({ cwd: lab.root, env: lab.env, ...over }).call
const printed = async (lab: LifeLab, runId: string): Promise<string> =>
  `${(await editPlanOf(callIn(lab), runId, { print: true })).text}\n`
const hashShown = async (lab: LifeLab, runId: string): Promise<string> => {
  const { json } = await approve(callIn(lab, { json: true }), runId, {})
  return (json as { hash: string }).hash
}
const refusalOf = (work: Promise<unknown>): Promise<AgentLabError> =>
  work.then(
    () => expect.fail('it was not refused'),
    (error: AgentLabError) => error,
  )
const hand = async (lab: LifeLab, runId: string, text: string): Promise<string> => {
  const file = join(lab.scratch, 'plan.yaml')
  writeFileSync(file, text)
  return (await editPlanOf(callIn(lab), runId, { file })).text
}

test('a plan under review begins when exactly the plan that was shown is approved', () =>
  inLifeLab({}, async lab => {
    const { runId, waitReason } = await lab.run(two, { reviewPlan: true })
    expect(waitReason).toBe('planReview')
    expect(await refusalOf(resume(callIn(lab), runId, {}))).toMatchObject({
      code: 'command-refused',
      message: expect.stringContaining(`agentlab approve ${runId}`),
    })
    const shownHash = await hashShown(lab, runId)
    const shown = await approve(callIn(lab), runId, {})
    expect(shown).toMatchObject({ exit: 3, text: expect.stringContaining('key: two') })
    const [, stale] = /--hash ([0-9a-f]{12})$/.exec(shown.remarks!.find(line => line.includes('--hash'))!)!

    const text = await printed(lab, runId)
    expect(await hand(lab, runId, text.slice(0, text.indexOf(`  - id: ${runId}-2`)))).toContain('1 task (1 dropped)')
    const behind = await sendPlanEdit(
      lab.project,
      lab.view(runId),
      { text, fromHash: shownHash },
      { startSupervisor: false },
    )
    expect(behind).toMatchObject({ accepted: false, text: expect.stringContaining('edited from elsewhere meanwhile') })
    expect(await refusalOf(approve(callIn(lab), runId, { hash: stale! }))).toMatchObject({
      message: expect.stringContaining('not the one you were shown'),
    })
    expect(lab.view(runId).tasks.flatMap(task => task.attempts)).toEqual([])

    const hash = await hashShown(lab, runId)
    expect(await approve(callIn(lab), runId, { hash })).toMatchObject({ exit: 0 })
    expect(lab.filesOn('agent')).toEqual(['README.md', 'one.txt'])
    expect(lab.view(runId).tasks.map(task => task.state)).toEqual(['integrated', 'dropped'])
    const approvals = lab.project.store.events.ofRun(runId).filter(({ event }) => event.type === 'plan.approved')
    expect(approvals.map(({ event }) => event)).toEqual([expect.objectContaining({ hash })])
    expect(await refusalOf(approve(callIn(lab), runId, {}))).toMatchObject({ code: 'nothing-to-approve' })
    expect(await refusalOf(hand(lab, runId, text.replace('Do two', 'Do 2')))).toMatchObject({ code: 'run-ended' })
  }))

test('an approval comes too late once the time has passed, and showing the plan begins the time anew', () =>
  inLifeLab({}, async lab => {
    const { runId } = await lab.run(two, { reviewPlan: true })
    const hash = await hashShown(lab, runId)
    // As if the plan had been made two days ago.
    const db = openDatabase(lab.project.paths.store)
    db.prepare('UPDATE events SET at = at - ? WHERE run_id = ?').run(48 * 3_600_000, runId)
    db.close()
    expect(await refusalOf(approve(callIn(lab), runId, { hash, detach: true }))).toMatchObject({
      message: expect.stringMatching(/The time to approve this plan ended at .*agentlab approve/),
    })
    expect(await hashShown(lab, runId)).toBe(hash)
    const types = lab.project.store.events.ofRun(runId).map(({ event }) => event.type)
    expect(types.at(-1)).toBe('plan.renewed')
    await approve(callIn(lab), runId, { hash, detach: true })
    expect(await lab.rest(runId)).toMatchObject({ outcome: 'done' })
  }))

test('an edit of a run at work changes what has not begun, refuses to touch what has, and loses no text', () =>
  inLifeLab({}, async lab => {
    const gate = gateOf(lab)
    const runId = await lab.begin(
      planOf(
        { key: 'one', script: `${heldBy(gate)}\n${writes('one.txt')}` },
        { key: 'two', script: writes('two.txt'), after: ['one'] },
      ),
    )
    await until('the first task at work', () => lab.view(runId).tasks[0]?.attempts.length === 1)
    const text = await printed(lab, runId)
    expect(text).toMatch(new RegExp(`# has begun \\(working\\): it stays as it is\\n +- id: ${runId}-1`))

    const file = join(lab.scratch, 'plan.yaml')
    expect(await refusalOf(hand(lab, runId, text.replace('title: Do one', 'title: Do 1')))).toMatchObject({
      message: expect.stringMatching(/task 1 \("one"\) has begun \(working\) and can't be changed \(title\)/),
      cure: expect.stringContaining(file),
    })
    expect(readFileSync(file, 'utf8')).toContain('title: Do 1')
    expect(await refusalOf(hand(lab, runId, text.replace('key: two', 'kye: two')))).toMatchObject({
      message: expect.stringMatching(/plan\.yaml:\d+: tasks\[1\]\.kye.*did you mean "key"/),
    })

    const three = 'three.txt'
    const added = JSON.stringify({
      key: 'three',
      title: 'Do three',
      what: `Run this:\n${writes(three)}\nThat is all.`,
      dependsOn: ['two'],
    })
    const edited = text.replaceAll('two.txt', 'second.txt')
    expect(await hand(lab, runId, `${edited}  - ${added}\n`)).toContain('3 tasks (1 added)')
    writeFileSync(gate, '')
    expect(await lab.rest(runId)).toMatchObject({ outcome: 'done', planning: { edits: 1 } })
    expect(lab.filesOn('agent')).toEqual(['README.md', 'one.txt', 'second.txt', three])
    expect(readdirSync(lab.project.dataDir)).not.toContain('edits')
  }))

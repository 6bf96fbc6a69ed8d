/** The operator's hand on a run: cancelling, interrupting, killing, going on; and that no way out leaves anything alive. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { followRun, openProject, requestRun, sendCommand, withForegroundSupervisor } from '../../src/app.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import type { RunView } from '../../src/domain/run-view.ts'
import { isLockHeld, lockHolder } from '../../src/store/lock.ts'
import { processesBelow } from '../support/seat-processes.ts'
import { defaults, inLab, type Lab, onePlan, scenario, shell, until, write } from './lab.ts'

/** Works, then stays in a tool for long; its second start is quick. */
const slow = scenario(
  [write('one.txt', 'begun\n'), shell('sleep 300', ', onLaunch: 1'), write('two.txt', '2\n')].join(),
)
const never = new AbortController().signal
const quick = scenario(write('one.txt', '1\n'))

const task = (lab: Lab, text: string): string[] => [
  ...['task', '--plan', lab.file('plan.yaml', onePlan()), '--rehearse', lab.file('scenario.yaml', text)],
  ...['--agents', 'codex,claude'],
]

const detached = async (lab: Lab, text: string): Promise<string> => {
  const { exit, stdout, stderr } = await lab.cli(...task(lab, text), '--detach')
  expect(exit, stderr).toBe(0)
  expect(stdout).toMatch(/^[a-z0-9]{8}\n$/)
  return stdout.trim()
}

const seatOf = (lab: Lab, runId: string): string => join(lab.dataDir, 'seats', `${runId}-1.codex`, 'workspace')

/** The tool call that lasts has begun. */
const inTheTool = (lab: Lab, runId: string): Promise<unknown> =>
  until('the worker at work', () => processesBelow(lab.dataDir).some(line => line.includes('sleep\x00300'))).then(() =>
    expect(existsSync(join(seatOf(lab, runId), 'one.txt'))).toBe(true),
  )

const restOf = (lab: Lab, runId: string): Promise<RunView> =>
  until('the rest of the run', async () => {
    const view = await lab.view(runId)
    return view.outcome === null ? null : view
  })

test('a run that is cancelled while its worker runs leaves no process and keeps the work in its seat', () =>
  inLab({}, async lab => {
    const runId = await detached(lab, slow)
    await inTheTool(lab, runId)
    const cancelled = await lab.cli('cancel', runId)
    expect(cancelled, cancelled.stderr).toMatchObject({ exit: 0 })
    const view = await restOf(lab, runId)
    expect(processesBelow(lab.dataDir)).toEqual([])
    expect(view).toMatchObject({ outcome: 'cancelled', tasks: [{ state: 'cancelled' }] })
    expect(renderReceipt(view)).toMatch(/failed: interrupted/)
    expect(existsSync(join(seatOf(lab, runId), 'one.txt'))).toBe(true)

    const again = await lab.cli('cancel', runId)
    expect(again).toMatchObject({ exit: 1, stdout: '' })
    expect(again.stderr).toMatch(/has ended already \(cancelled\)[\s\S]*→ .*agentlab show/)
    expect(await lab.cli('resume', runId)).toMatchObject({ exit: 1 })
  }))

test('a run whose supervisor was killed goes on where it stood', () =>
  inLab({}, async lab => {
    const runId = await detached(lab, slow)
    await inTheTool(lab, runId)
    process.kill(lockHolder(join(lab.dataDir, 'supervisor.lock'))!.pid, 'SIGKILL')
    await until('the end of the worker', () => processesBelow(lab.dataDir).length === 0)
    expect((await lab.view(runId)).outcome).toBeNull()

    const resumed = lab.start('resume', runId, '--detach')
    expect(await resumed.ended).toMatchObject({ exit: 0 })
    await inTheTool(lab, runId)
    expect(await lab.cli('cancel', runId)).toMatchObject({ exit: 0 })
    await restOf(lab, runId)
  }))

test('SIGINT in the foreground ends everything with 130, and a resumption finishes', () =>
  inLab({}, async lab => {
    // Touches a file of the seat once, so that the second start of the same attempt does not stay.
    const once = shell('if [ -e ../out/seen ]; then true; else touch ../out/seen; sleep 300; fi')
    const text = scenario([write('one.txt', 'begun\n'), once, write('two.txt', '2\n')].join())
    const started = lab.start(...task(lab, text), '--foreground')
    await until('the worker at work', () => processesBelow(lab.dataDir).some(line => line.includes('sleep\x00300')))
    started.child.kill('SIGINT')
    const { exit, stderr } = await started.ended
    expect(exit, stderr).toBe(130)
    expect(processesBelow(lab.dataDir)).toEqual([])
    expect(isLockHeld(join(lab.dataDir, 'supervisor.lock'))).toBe(false)
    const [, runId] = /agentlab resume ([a-z0-9]{8})/.exec(stderr)!
    const resumed = await lab.cli('resume', runId!)
    expect(resumed, resumed.stderr).toMatchObject({ exit: 0 })
    expect(lab.git('ls-tree', '--name-only', 'agent').split('\n')).toEqual(['README.md', 'one.txt', 'two.txt'])
  }))

test('a run that waits for the operator ends its command with 3 and the line to type', () =>
  inLab({ 'agentlab.yaml': 'limits: { requests: 1 }\n' }, async lab => {
    const { exit, stdout, stderr } = await lab.cli(...task(lab, quick), '--foreground')
    expect(exit, stderr).toBe(3)
    expect(stdout).toMatch(/a limit of the run was reached/)
    expect(stdout).toMatch(/agentlab resume [a-z0-9]{8}/)
  }))

test('two runs at once share one supervisor and both get through', () =>
  inLab({}, async lab => {
    const both = await Promise.all([detached(lab, quick), detached(lab, quick)])
    const views = await Promise.all(both.map(runId => restOf(lab, runId)))
    expect(views.map(view => view.outcome)).toEqual(['done', 'done'])
    expect(new Set(await lab.open(({ store }) => store.events.all().map(logged => logged.epoch))).size).toBe(1)
  }))

test('a set-up that is called off with its run does not fail another run that waited for it', () =>
  inLab({ 'agentlab.yaml': 'setup: { command: [sleep, "2"] }\n' }, lab =>
    lab.open(project =>
      withForegroundSupervisor(project, { signal: never }, async () => {
        const asked = { startSupervisor: false }
        const wish = { ...defaults, planText: onePlan(), scenarioText: quick }
        const first = await requestRun(project, wish, asked)
        await until('the set-up', () => project.store.launches.ofRun(first.runId).some(({ what }) => what === 'setup'))
        const second = await requestRun(project, wish, asked)
        await until('the second seat', () => existsSync(dirname(seatOf(lab, second.runId))))
        await sendCommand(project, { kind: 'cancel', runId: first.runId }, asked)
        const view = await followRun(project, second.runId, () => {}, never, asked)
        expect(view).toMatchObject({ outcome: 'done', failures: [] })
        expect(view.launches.filter(({ what }) => what === 'setup')).toHaveLength(1)
      }),
    ),
  ))

const holder = resolve('tests/fixtures/store/hold-lock.ts')

/** Somebody who holds the supervisor's lock and does nothing. */
const holdLock = async (lab: Lab): Promise<ChildProcess> => {
  ;(await openProject({ cwd: lab.root, env: lab.env })).close()
  const child = spawn(process.execPath, [holder, join(lab.dataDir, 'supervisor.lock')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(done => child.stdout!.once('data', done))
  return child
}

/** Longer than a supervisor tries for the lock. */
const pastItsPatienceMs = 1_500

const endOf = (child: ChildProcess): Promise<unknown> => {
  const ended = new Promise(done => child.once('close', done))
  child.kill('SIGKILL')
  return ended
}

test('a command that nobody answers is withdrawn, and says who holds the lock', () =>
  inLab({}, async lab => {
    const other = await holdLock(lab)
    const runId = 'testrun1'
    const asked = lab.open(project =>
      sendCommand(project, { kind: 'cancel', runId }, { startSupervisor: true, patienceMs: 300 }),
    )
    await expect(asked).rejects.toMatchObject({
      code: 'supervisor-silent',
      message: expect.stringContaining(`process ${other.pid}`),
      cure: expect.stringContaining('withdrawn'),
    })
    await lab.open(project => expect(project.store.commands.unanswered()).toEqual([]))
    await endOf(other)
  }))

test('a foreground supervisor takes over when the one that served ends', () =>
  inLab({}, async lab => {
    const other = await holdLock(lab)
    const run = lab.run({ planText: onePlan(), scenarioText: quick })
    await until('the request', () => lab.open(({ store }) => store.commands.unanswered().length > 0))
    await new Promise(done => setTimeout(done, pastItsPatienceMs))
    await endOf(other)
    expect(await run).toMatchObject({ outcome: 'done' })
  }))

/** A train: verified tips checked as a stack, in real boxes, from a queue that a supervisor finds when it starts. */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runTrain } from '../../src/app/effects/train.ts'
import { loopStoreOf } from '../../src/app/loop-store.ts'
import { openHost } from '../../src/app/open-host.ts'
import { openProject, type Project } from '../../src/app/project.ts'
import { superviseProject } from '../../src/app/supervisor.ts'
import type { EffectOf } from '../../src/domain/effect.ts'
import type { LoopEvent, LoopEventOf } from '../../src/domain/event.ts'
import { taskIdOf } from '../../src/domain/ids.ts'
import { renderReceipt } from '../../src/domain/receipt.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { nextTrain } from '../../src/supervisor/train.ts'
import { makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { adds, makeQueuedRun, type QueuedRun, type QueuedTask, quarrel, runId } from '../support/queued-run.ts'

let dir: string
let run: QueuedRun
let project: Project

beforeEach(() => {
  dir = makeScratch('train')
})
afterEach(() => {
  project.close()
  removeScratch(dir)
})

const queue = async (...tasks: QueuedTask[]): Promise<void> => {
  run = await makeQueuedRun(dir, { ...quarrel, tasks })
  project = await openProject({ cwd: run.root, env: run.env })
}

const git = (...args: string[]): string => shellGit(run.root, args)
const id = (number: number): string => taskIdOf(runId, number)
const events = (): LoopEvent[] => project.store.events.ofRun(runId).map(({ event }) => event)
const of = <T extends LoopEvent['type']>(list: readonly LoopEvent[], type: T): LoopEventOf<T>[] =>
  list.filter((event): event is LoopEventOf<T> => event.type === type)
const checkLaunches = (): number => project.store.launches.ofRun(runId).filter(one => one.what === 'check it').length

/** Carries the run to its rest under a supervisor of this process. */
const supervise = async (): Promise<void> => {
  const stop = new AbortController()
  const { signal } = stop
  const onCommit = (event: LoopEvent): void => {
    if (event.type === 'run.concluded') stop.abort()
  }
  expect(await superviseProject(project, { idleMs: null, log: () => {}, signal, onCommit })).toBe(true)
}

/** Performs the effect of the next train without a loop: what it answers is told to nobody. */
const ride = async (): Promise<LoopEvent[]> => {
  const { host, close } = await openHost(project, { log: () => {}, onLimit: () => {}, onFatal: () => {} })
  try {
    const train = nextTrain(loopStoreOf(project.store, 0).statesOf(runId).tasks)!
    const effect: EffectOf<'train.run'> = { name: 'train.run', key: 'k', runId, ...train }
    return await runTrain(host, effect, new AbortController().signal)
  } finally {
    await close()
  }
}

test('of three that are green alone, the third red with the first, two land; the third lands once it is mended', async () => {
  await queue(adds('a'), adds('b'), adds('c'))
  await supervise()
  const log = events()
  const [formed] = of(log, 'train.formed')
  expect(formed!.members.map(member => member.taskId)).toEqual([id(1), id(2), id(3)])
  const [red] = of(log, 'checks.finished').filter(event => event.status === 'failed')
  expect(red).toMatchObject({ taskId: id(3), tip: run.tips[2], stack: [id(1), id(2)] })
  expect(log.flatMap(event => (event.type === 'task.integrated' ? [event.taskId] : []))).toEqual([id(1), id(2), id(3)])
  const before = log.slice(
    0,
    log.findIndex(
      event => event.type === 'task.scheduled' && event.taskId === id(3) && log.indexOf(event) > log.indexOf(red!),
    ),
  )
  expect(of(before, 'task.integrated').map(event => event.taskId)).toEqual([id(1), id(2)])

  const view = readRunView(project.store, runId)!
  expect(view.outcome).toBe('done')
  const { claim, reproduction } = view.tasks[2]!.findings[0]!.findings![0]!
  expect(claim).toContain(`“Add a” (${id(1)})`)
  expect(claim).toContain(`“Add b” (${id(2)})`)
  expect(reproduction!.observed).toContain('a and c quarrel')
  const receipt = renderReceipt(view)
  expect(receipt).toContain('Train: 1 of 2 that landed in one train, with task 2; checked as a stack, on tree')
  expect(receipt).toContain(`red together with ${id(1)}, ${id(2)}, not without it`)
  expect(git('ls-tree', '--name-only', 'agent').split('\n')).toEqual([
    'README.md',
    'a',
    'agentlab.yaml',
    'b',
    'c',
    'peace',
  ])
  expect(of(log, 'train.checked').map(event => [event.taskIds.length, event.status])).toEqual([
    [3, 'failed'],
    [2, 'passed'],
  ])
  // Two parts of the stack, the base to see that it was green, and the mended work on top of what had landed.
  expect(checkLaunches()).toBe(4)
  expect(of(log, 'train.ended').map(event => event.checkRuns)).toEqual([2, 0])
})

describe('a train', () => {
  const landed = (answer: readonly LoopEvent[]) =>
    of(answer, 'task.integrated').map(({ taskId, stack }) => [taskId, `${stack!.place} of ${stack!.size}`])

  test('moves agent once, to a tree that was checked; every commit says which tree that is', async () => {
    await queue(adds('a'), adds('b'), adds('d'))
    const answer = await ride()
    const top = git('rev-parse', 'agent^{tree}')
    expect(landed(answer)).toEqual([
      [id(1), '1 of 3'],
      [id(2), '2 of 3'],
      [id(3), '3 of 3'],
    ])
    expect(of(answer, 'train.checked')).toMatchObject([{ taskIds: [id(1), id(2), id(3)], tree: top, status: 'passed' }])
    expect(git('reflog', 'show', '--format=%H', 'agent').split('\n')).toHaveLength(2)
    const trailers = git(
      'log',
      '--first-parent',
      '--format=%(trailers:key=AgentLab-Train,key=AgentLab-Checked-Tree,valueonly)',
      `${run.base}..agent`,
    )
    expect(trailers.split('\n').filter(Boolean)).toEqual([
      `3 of 3 in ${runId}/1`,
      top,
      `2 of 3 in ${runId}/1`,
      top,
      `1 of 3 in ${runId}/1`,
      top,
    ])
    expect(
      git('log', '--first-parent', '--format=%P', `${run.base}..agent`)
        .split('\n')
        .map(line => line.split(' ')[1]),
    ).toEqual(run.tips.toReversed())
  })

  test('that had moved agent before it could say so comes to the same end and moves nothing again', async () => {
    await queue(adds('a'), adds('b'), adds('c'), adds('d'))
    const words = /"(?:results|findings)ContentId":"[^"]*"|"checkRuns":\d+/g
    const facts = (answer: readonly LoopEvent[]): string => JSON.stringify(answer).replace(words, '')
    const first = await ride()
    const moved = git('rev-parse', 'agent')
    const again = await ride()
    expect(landed(first)).toHaveLength(2)
    expect(facts(again)).toBe(facts(first))
    expect(of(again, 'train.ended')).toMatchObject([{ checkRuns: 0 }])
    expect(git('rev-parse', 'agent')).toBe(moved)
  })

  test('of which a lower tree was checked as a part of the stack only has that under NOT PROVEN', async () => {
    await queue(adds('a'), adds('b'), adds('d'))
    await supervise()
    const open = renderReceipt(readRunView(project.store, runId)!).split('## NOT PROVEN')[1]!
    expect(open).toMatch(/Task 2 \(Add b\): its checks ran on it together with those that landed on top of it/)
    expect(open).not.toMatch(/Task [13] .*together with those/)
  })

  test('of one whose tree was checked needs no check', async () => {
    await queue(adds('a'))
    const answer = await ride()
    expect(answer.map(event => event.type)).toEqual(['task.integrated', 'train.ended'])
    expect(checkLaunches()).toBe(0)
  })

  test('leaves out, without a check, a tip that does not merge onto those before it', async () => {
    await queue(adds('a'), { ...adds('a'), files: { a: 'otherwise\n' } }, adds('b'))
    const answer = await ride()
    expect(landed(answer).map(([taskId]) => taskId)).toEqual([id(1), id(3)])
    expect(of(answer, 'merge.conflicted')).toMatchObject([
      { taskId: id(2), agent: git('rev-parse', 'agent'), files: 1 },
    ])
    expect(of(answer, 'train.checked').map(event => event.taskIds)).toEqual([[id(1), id(3)]])
  })

  test('lands on an agent that somebody moved on, after checks on top of that', async () => {
    await queue(adds('a'))
    const byHand = git('commit-tree', '-p', 'agent', '-m', 'By hand', 'agent^{tree}')
    git('update-ref', 'refs/heads/agent', byHand)
    const answer = await ride()
    expect(landed(answer)).toHaveLength(1)
    expect(of(answer, 'train.checked')).toHaveLength(1)
    expect(git('rev-parse', 'agent^1')).toBe(byHand)
  })

  test('brings nothing back to an agent that no longer holds what its tips were checked on', async () => {
    await queue(adds('a'), adds('b'))
    const elsewhere = git('commit-tree', '-m', 'Another root', 'agent^{tree}')
    git('update-ref', 'refs/heads/agent', elsewhere)
    expect((await ride()).map(event => event.type)).toEqual(['agent.moved', 'agent.moved', 'train.ended'])
    expect(git('rev-parse', 'agent')).toBe(elsewhere)
  })

  test('waits for the operator where agent is checked out, or gone', async () => {
    await queue(adds('a'), adds('b'))
    git('worktree', 'add', '-q', join(dir, 'looking'), 'agent')
    const refused = [id(1), id(2)].map(taskId => ({ type: 'integration.refused', taskId, reason: 'branchCheckedOut' }))
    expect((await ride()).slice(1)).toMatchObject([...refused, { type: 'train.ended' }])
    git('worktree', 'remove', join(dir, 'looking'))
    git('branch', '-D', 'agent')
    const gone = refused.map(event => ({ ...event, reason: 'agentMovedByHand' }))
    expect(await ride()).toMatchObject([...gone, { type: 'train.ended' }])
  })

  test('that moved agent in the moment in which its run was cancelled is told by the end of the run', async () => {
    await queue(adds('a'), adds('b'))
    await ride()
    project.store.commands.append('c1', { kind: 'cancel', runId }, Date.now())
    await supervise()
    const view = readRunView(project.store, runId)!
    expect(view).toMatchObject({ outcome: 'cancelled', tasks: [{ state: 'integrated' }, { state: 'integrated' }] })
    expect(view.tasks[1]!.integrated).toMatchObject({ commit: git('rev-parse', 'agent'), stack: { place: 2, size: 2 } })
  })
})

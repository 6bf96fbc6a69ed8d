/** What the brain decides, event by event: each failure class and its recovery, limits, cancelling, going on. */
import { describe, expect, test } from 'vitest'
import { FailureClass } from '../../src/domain/attempt.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { WaitReason } from '../../src/domain/reasons.ts'
import { react } from '../../src/supervisor/brain.ts'
import * as say from './facts.ts'

const working = say.begun()
const harvesting = [...working, say.finished()]
const merging = [...harvesting, say.harvested(2)]
const verifying = [...merging, say.checked()]
const integrating = [...verifying, say.verdict()]

const backOff = { state: 'backingOff', attempt: 1, reason: null }
const newAttempt = { state: 'working', attempt: 2, reason: null }
const ask = (reason: WaitReason) => ({ state: 'awaitingOperator', attempt: 1, reason })

describe('a worker that fails', () => {
  const recovery: Record<FailureClass, { state: string; attempt: number; reason: WaitReason | null }> = {
    auth: ask('loginNeeded'),
    limit: ask('limitReached'),
    rateLimit: backOff,
    overloaded: backOff,
    network: backOff,
    refused: newAttempt,
    outOfTurns: newAttempt,
    stalled: newAttempt,
    timedOut: newAttempt,
    crashed: newAttempt,
    malformed: newAttempt,
    denied: newAttempt,
    sessionLost: newAttempt,
    interrupted: newAttempt,
    disk: ask('limitReached'),
    memory: ask('limitReached'),
    processes: ask('limitReached'),
    noSpace: ask('diskFull'),
  }

  test.each(FailureClass.options)('recovers from %s', failure => {
    const { task } = say.play([...working, say.attemptFailed(failure)])
    const { state, attempt, reason } = recovery[failure]
    expect(task).toMatchObject({ state, context: { attempt, waitReason: reason } })
  })

  test('starts the same attempt again after a wait, and counts no new one', () => {
    const { task, actions } = say.play([
      ...working,
      say.attemptFailed('overloaded'),
      say.timerFired(`${say.taskId(1)}/wait`, say.taskId(1)),
    ])
    expect(task).toMatchObject({ state: 'working', context: { attempt: 1, launch: 2 } })
    expect(actions).toContainEqual(expect.objectContaining({ name: 'attempt.run', attempt: 1, launch: 2 }))
  })

  test('waits as long as the provider asks for', () => {
    const { actions } = say.play([...working, say.attemptFailed('rateLimit', 90_000)])
    expect(actions).toContainEqual(expect.objectContaining({ name: 'timer.set', dueInMs: 90_000 }))
  })

  test('asks the operator once every wait was in vain', () => {
    const tries = Array.from({ length: 8 }, () => [
      say.attemptFailed('network'),
      say.timerFired(`${say.taskId(1)}/wait`, say.taskId(1)),
    ]).flat()
    expect(say.play([...working, ...tries]).task).toMatchObject({ state: 'working', context: { attempt: 1 } })
    const { task } = say.play([...working, ...tries, say.attemptFailed('network')])
    expect(task).toMatchObject({ state: 'awaitingOperator', context: { attempt: 1, waitReason: 'providerDown' } })
  })

  test('asks the operator when its attempts are used', () => {
    const { task, run } = say.play([...working, ...Array.from({ length: 3 }, () => say.attemptFailed('crashed'))])
    expect(task).toMatchObject({ state: 'awaitingOperator', context: { attempt: 3, waitReason: 'attemptsUsed' } })
    expect(run).toMatchObject({ state: 'concluding', context: { outcome: 'awaitingOperator' } })
  })

  test('starts a new conversation after a crash', () => {
    const { actions } = say.play([
      ...working,
      { type: 'session.known', runId: say.runId, taskId: say.taskId(1), sessionId: 's' },
      say.attemptFailed('crashed'),
    ])
    expect(actions).toContainEqual(expect.objectContaining({ name: 'attempt.run', attempt: 2, sessionId: null }))
  })
})

describe('work sent back', () => {
  const session: LoopEvent = { type: 'session.known', runId: say.runId, taskId: say.taskId(1), sessionId: 's' }
  const sentBack: [string, LoopEvent[]][] = [
    ['nothing had changed', [say.finished(), say.workEmpty()]],
    ['the checks fail', [say.finished(), say.harvested(2), say.checked('failed')]],
    [
      'the verifier shows a mistake',
      [
        say.finished(),
        say.harvested(2),
        say.checked(),
        say.verdict({ value: 'fail', findingsContentId: say.contentId(23) }),
      ],
    ],
  ]

  test.each(sentBack)('goes to the same conversation with what was found when %s', (_, events) => {
    const { task, actions } = say.play([...working, session, ...events])
    expect(task).toMatchObject({ state: 'working', context: { attempt: 2, mode: 'revise' } })
    const findings = 'findingsContentId' in events.at(-1)! ? (events.at(-1) as { findingsContentId: string }) : null
    expect(actions).toContainEqual(
      expect.objectContaining({
        name: 'attempt.run',
        mode: 'revise',
        sessionId: 's',
        findingsContentId: findings!.findingsContentId,
      }),
    )
  })

  test.each(sentBack)('waits for the operator with the findings kept when %s for the last time', (_, events) => {
    const { task } = say.play([...say.begun([say.fact(1)], { maxAttempts: 1 }), ...events])
    expect(task).toMatchObject({ state: 'awaitingOperator', context: { attempt: 1, waitReason: 'attemptsUsed' } })
    expect(task!.context.findingsContentId).not.toBeNull()
  })

  test('gets the same number of attempts again each time the operator says so, not more', () => {
    const used = Array.from({ length: 3 }, () => say.attemptFailed('crashed'))
    const events = [...working, ...used, concluded, say.resumed]
    expect(say.play(events).task!.context).toMatchObject({ attempt: 4, maxAttempts: 6 })
    expect(say.play([...events, ...used, concluded, say.resumed]).task!.context).toMatchObject({
      attempt: 7,
      maxAttempts: 9,
    })
  })

  test('does not block where the checks were red on the base as well, or could not run', () => {
    for (const status of ['failedOnBaseToo', 'notRun', 'none'] as const) {
      expect(say.play([...merging, say.checked(status)]).task!.state).toBe('verifying')
    }
  })
})

const concluded: LoopEvent = { type: 'run.concluded', runId: say.runId }

describe('a conflict', () => {
  test('gives the worker both sides and costs none of its attempts', () => {
    const { task, actions } = say.play([...merging, say.conflicted()])
    expect(task).toMatchObject({ state: 'working', context: { attempt: 2, maxAttempts: 4, mode: 'conflict' } })
    expect(actions).toContainEqual(
      expect.objectContaining({ name: 'attempt.run', mode: 'conflict', agent: say.oid(7), tip: say.oid(2) }),
    )
  })

  test('needs a new verdict, for the tip is a new one', () => {
    const solved = [say.conflicted(), say.finished(), say.harvested(3), say.checked('passed', 3)]
    const { task, actions } = say.play([...integrating, ...solved])
    expect(task!.state).toBe('verifying')
    expect(actions).toContainEqual(expect.objectContaining({ name: 'verdict.seek', tip: say.oid(3) }))
  })

  test('is the operator’s after three', () => {
    const round = [say.conflicted(), say.finished(), say.harvested(2)]
    const { task } = say.play([...merging, ...round, ...round, ...round, say.conflicted()])
    expect(task).toMatchObject({ state: 'awaitingOperator', context: { waitReason: 'conflictUnresolved' } })
  })
})

describe('a verifier', () => {
  const inconclusive = (verifier: 'codex' | 'gemini'): LoopEvent =>
    say.verdict({ verifier, value: 'inconclusive', inconclusive: 'nothingRead' })

  test('that is inconclusive is followed by another one, then by a question to the operator', () => {
    const second = say.play([...verifying, inconclusive('codex')])
    expect(second.task!.state).toBe('verifying')
    expect(second.actions).toContainEqual(expect.objectContaining({ name: 'verdict.seek', round: 2, avoid: ['codex'] }))
    const third = say.play([...verifying, inconclusive('codex'), inconclusive('gemini')])
    expect(third.task).toMatchObject({ state: 'awaitingOperator', context: { waitReason: 'verdictInconclusive' } })
  })

  test('that never answers is never a pass', () => {
    for (const failure of FailureClass.options) {
      const { task } = say.play([
        ...verifying,
        say.verdict({ value: 'inconclusive', inconclusive: 'attemptFailed', class: failure }),
      ])
      expect(['verifying', 'verifierBackingOff', 'awaitingOperator'], failure).toContain(task!.state)
      expect(task!.context.verdictTip).toBeNull()
    }
  })

  test('that is rate-limited is asked again after a wait', () => {
    const failed = say.verdict({ value: 'inconclusive', inconclusive: 'attemptFailed', class: 'rateLimit' })
    const waits = say.play([...verifying, failed])
    expect(waits.task!.state).toBe('verifierBackingOff')
    const again = say.play([...verifying, failed, say.timerFired(`${say.taskId(1)}/wait`, say.taskId(1))])
    expect(again.task).toMatchObject({ state: 'verifying', context: { attempt: 1, round: 1 } })
  })

  test('is not asked again when agent has moved and the same tip still merges', () => {
    const { task, actions } = say.play([...integrating, say.agentMoved(), say.checked()])
    expect(task!.state).toBe('integrating')
    expect(actions).toMatchObject([{ name: 'train.run', train: 2, members: [{ taskId: say.taskId(1) }] }])
  })

  test('starts anew with each tip', () => {
    const { task } = say.play([
      ...verifying,
      inconclusive('codex'),
      say.verdict({ verifier: 'gemini', value: 'fail' }),
      say.finished(),
      say.harvested(5),
    ])
    expect(task!.context).toMatchObject({ round: 1, avoid: [], tip: say.oid(5) })
  })
})

const stages: [string, LoopEvent[]][] = [
  ['preparing', working.slice(0, 1)],
  ['planning', working.slice(0, 2)],
  [
    'planBackingOff',
    [
      ...working.slice(0, 2),
      { type: 'plan.failed', runId: say.runId, class: 'overloaded', retryInMs: null, contentId: null },
    ],
  ],
  ['working', working],
  ['backingOff', [...working, say.attemptFailed('network')]],
  ['harvesting', harvesting],
  ['merging', merging],
  ['verifying', verifying],
  [
    'verifierBackingOff',
    [...verifying, say.verdict({ value: 'inconclusive', inconclusive: 'attemptFailed', class: 'network' })],
  ],
  ['integrating', integrating],
]

const at = (played: ReturnType<typeof say.play>): string => played.task?.state ?? played.run!.state

describe('cancelling', () => {
  test.each(stages)('while %s voids what is under way and ends the run', (stage, events) => {
    expect(at(say.play(events))).toBe(stage)
    const { run, task, actions } = say.play([...events, say.cancelled])
    expect(actions.map(action => action.name)).toContain('effects.void')
    expect(actions.at(-1)).toMatchObject({ name: 'run.conclude', outcome: 'cancelled' })
    expect(task?.state ?? 'cancelled').toBe('cancelled')
    expect(run).toMatchObject({ state: 'concluding' })
    expect(say.play([...events, say.cancelled, concluded]).run!.state).toBe('cancelled')
  })

  test('a run that waits for the operator ends it, whatever stage it waits at', () => {
    for (const [stage, events] of stages) {
      const { run } = say.play([...events, say.limitReached, concluded, say.cancelled, concluded])
      expect(run!.state, stage).toBe('cancelled')
    }
  })

  test('while the run comes to rest is not forgotten', () => {
    const { run, actions } = say.play([...working, say.limitReached, say.cancelled])
    expect(run).toMatchObject({ state: 'concluding', context: { outcome: 'cancelled' } })
    expect(actions.map(action => action.name)).toContain('effects.void')
    expect(say.play([...working, say.limitReached, say.cancelled, concluded]).run!.state).toBe('cancelled')
  })

  test('leaves what is integrated integrated', () => {
    const tasks = [say.fact(1), say.fact(2, { dependsOn: [say.taskId(1)] })]
    const first = [say.finished(), say.harvested(2), say.checked(), say.verdict(), say.integrated()]
    const { states, run } = say.play([...say.begun(tasks), ...first, say.cancelled])
    expect(states.tasks.map(task => task.state)).toEqual(['integrated', 'cancelled'])
    expect(run!.context.outcome).toBe('cancelled')
  })
})

describe('a limit', () => {
  test.each(stages)('reached while %s stops it, and going on takes it up where it stood', (stage, events) => {
    const stopped = [...events, say.limitReached]
    const { actions } = say.play(stopped)
    expect(actions.map(action => action.name)).toContain('effects.void')
    expect(say.play([...stopped, concluded]).run).toMatchObject({ state: 'awaitingOperator' })
    const { waitReason } = say.play(stopped).task?.context ?? say.play(stopped).run!.context
    expect(waitReason).toBe('limitReached')
    const again = say.play([...stopped, concluded, { ...say.resumed, extra: true } as LoopEvent])
    const place: Record<string, string> = {
      planBackingOff: 'planning',
      backingOff: 'working',
      verifierBackingOff: 'verifying',
      integrating: 'merging',
    }
    expect(at(again)).toBe(place[stage] ?? stage)
    expect(again.run!.context.grants).toBe(1)
    if (again.task !== undefined) expect(again.task.context.attempt).toBe(1)
  })
})

describe('an effect that failed', () => {
  const withEffects = stages.filter(([stage]) => !/backingOff/i.test(stage))

  test.each(withEffects)('while %s keeps everything and asks the operator', (stage, events) => {
    const ofTask = say.play(events).task === undefined ? null : say.taskId(1)
    const stopped = say.play([...events, say.effectFailed(ofTask, 'any')])
    expect(stopped.run!.context.outcome).toBe('awaitingOperator')
    const again = say.play([...events, say.effectFailed(ofTask, 'any'), concluded, say.resumed])
    expect(at(again)).toBe(stage === 'integrating' ? 'merging' : stage)
    if (again.task !== undefined) expect(again.task.context.attempt).toBe(1)
  })

  test('at tidying up leaves a waiting run waiting', () => {
    const { run } = say.play([...working, say.limitReached, say.effectFailed(null, 'run.conclude')])
    expect(run!.state).toBe('awaitingOperator')
  })
})

describe('going on', () => {
  const refused = (reason: WaitReason): LoopEvent => ({
    type: 'integration.refused',
    runId: say.runId,
    taskId: say.taskId(1),
    reason,
  })
  const baseRefused = (reason: WaitReason): LoopEvent => ({
    type: 'base.refused',
    runId: say.runId,
    reason,
    contentId: null,
  })
  const inconclusive = say.verdict({ value: 'inconclusive', inconclusive: 'nothingRun' })
  const conflictRound = [say.conflicted(), say.finished(), say.harvested(2)]
  // These two are let go on by an approval and an answer alone: tests/supervisor/plan-in-hand.test.ts.
  const ways = WaitReason.exclude(['planReview', 'plannerAsks'])
  const waits: Record<(typeof ways.options)[number], { events: LoopEvent[]; to: string }> = {
    limitReached: { events: [...verifying, say.limitReached], to: 'verifying' },
    diskFull: { events: [...working, say.attemptFailed('noSpace')], to: 'working' },
    attemptsUsed: {
      events: [...working, ...Array.from({ length: 3 }, () => say.attemptFailed('stalled'))],
      to: 'working',
    },
    loginNeeded: { events: [...working, say.attemptFailed('auth')], to: 'working' },
    providerDown: {
      events: [
        ...verifying,
        ...Array.from({ length: 8 }, () => [
          say.verdict({ value: 'inconclusive', class: 'network' }),
          say.timerFired(`${say.taskId(1)}/wait`, say.taskId(1)),
        ]).flat(),
        say.verdict({ value: 'inconclusive', class: 'network' }),
      ],
      to: 'verifying',
    },
    verdictInconclusive: { events: [...verifying, inconclusive, inconclusive], to: 'verifying' },
    branchCheckedOut: { events: [...integrating, refused('branchCheckedOut')], to: 'merging' },
    agentMovedByHand: { events: [...integrating, refused('agentMovedByHand')], to: 'merging' },
    mainConflict: { events: [...working.slice(0, 1), baseRefused('mainConflict')], to: 'preparing' },
    mainRewritten: { events: [...working.slice(0, 1), baseRefused('mainRewritten')], to: 'preparing' },
    mainMissing: { events: [...working.slice(0, 1), baseRefused('mainMissing')], to: 'preparing' },
    mainChecksFailed: { events: [...working.slice(0, 1), baseRefused('mainChecksFailed')], to: 'preparing' },
    repositoryUnfit: { events: [...working.slice(0, 1), baseRefused('repositoryUnfit')], to: 'preparing' },
    stricterLane: { events: [...working.slice(0, 1), baseRefused('stricterLane')], to: 'preparing' },
    conflictUnresolved: {
      events: [...merging, ...conflictRound, ...conflictRound, ...conflictRound, say.conflicted()],
      to: 'merging',
    },
    effectFailed: { events: [...harvesting, say.effectFailed(say.taskId(1), 'work.harvest')], to: 'harvesting' },
  }

  test.each(ways.options)('after %s takes the work up where it waited', reason => {
    const { events, to } = waits[reason]
    const waiting = say.play([...events, concluded])
    expect(waiting.run!.state).toBe('awaitingOperator')
    expect(waiting.task?.context.waitReason ?? waiting.run!.context.waitReason).toBe(reason)
    const again = say.play([...events, concluded, say.resumed])
    expect(at(again)).toBe(to)
    expect(again.task?.context.waitReason ?? null).toBeNull()
    expect(again.actions.some(action => 'key' in action && action.name !== 'timer.clear')).toBe(true)
  })

  test('keeps within the run’s places: what waited takes its turn again', () => {
    const tasks = [1, 2, 3].map(number => say.fact(number))
    const all = say.play([...say.begun(tasks), say.limitReached, concluded, say.resumed])
    expect(all.states.tasks.map(task => task.state)).toEqual(['working', 'working', 'working'])
    const one = say.play([...say.begun(tasks, { maxParallel: 1 }), say.limitReached, concluded, say.resumed])
    expect(one.states.tasks.map(task => task.state)).toEqual(['working', 'pending', 'pending'])
  })
})

describe('a plan', () => {
  test('that comes twice makes its tasks once', () => {
    const { states } = say.play([...working, say.planReady([say.fact(1), say.fact(2)])])
    expect(states.tasks).toHaveLength(1)
  })

  test('that comes after the run was cancelled makes none', () => {
    const { states } = say.play([...working.slice(0, 2), say.cancelled, say.planReady([say.fact(1)])])
    expect(states.tasks).toEqual([])
  })

  test('is asked for three times, then it is the operator’s', () => {
    const failed: LoopEvent = {
      type: 'plan.failed',
      runId: say.runId,
      class: 'crashed',
      retryInMs: null,
      contentId: null,
    }
    expect(say.play([...working.slice(0, 2), failed, failed]).run).toMatchObject({
      state: 'planning',
      context: { tries: 3 },
    })
    const { run } = say.play([...working.slice(0, 2), failed, failed, failed])
    expect(run).toMatchObject({ state: 'concluding', context: { waitReason: 'effectFailed' } })
  })
})

test('a research task is done with its answer, and an answer without words is a failed try', () => {
  const research = say.begun([say.fact(1, { kind: 'research' })])
  expect(say.play([...research, say.finished()])).toMatchObject({
    task: { state: 'recorded' },
    run: { context: { outcome: 'done' } },
  })
  expect(say.play([...research, say.finished({ answerContentId: null })]).task).toMatchObject({
    state: 'working',
    context: { attempt: 2 },
  })
})

test('an event that answers nothing changes nothing and asks for nothing', () => {
  const { states } = say.play(integrating)
  for (const event of [
    say.finished(),
    say.harvested(9),
    say.verdict({ value: 'fail' }),
    say.planReady([say.fact(2)]),
  ]) {
    expect(react(states, event)).toMatchObject({ states, changed: [], actions: [], told: null })
  }
})

test('an event of an unknown run changes nothing', () => {
  expect(react({ run: null, tasks: [] }, say.cancelled)).toEqual({
    states: { run: null, tasks: [] },
    changed: [],
    actions: [],
    told: null,
  })
})

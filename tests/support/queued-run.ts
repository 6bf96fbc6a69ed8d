/** A run whose tasks are all verified and wait for one train: real git and a real store, as a supervisor that was killed leaves them. */

import { configContent } from '../../src/app/host.ts'
import { loopStoreOf } from '../../src/app/loop-store.ts'
import { openProject } from '../../src/app/project.ts'
import { unmeasured } from '../../src/domain/attempt.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { newContentId, taskIdOf } from '../../src/domain/ids.ts'
import { planFromFile } from '../../src/planner/plan-file.ts'
import type { ContentKind } from '../../src/store/content.ts'
import { type RunStates, react } from '../../src/supervisor/brain.ts'
import { fakeEnvironment, scenarioText } from './fake-crew.ts'
import { commitFiles, type Files, makeRepository, shellGit } from './git-repository.ts'

export const runId = 'k3m9q2x7'

export interface QueuedTask {
  title: string
  /** The statement; instant-claude runs the lines between `Run this:` and `That is all.` should the task come back. */
  what: string
  /** What its commit changes. */
  files: Files
}

export interface QueuedRun {
  root: string
  env: Record<string, string>
  /** Where `agent` stands, and what all tips are based on. */
  base: string
  tips: string[]
}

/** Red where `a` and `c` are there without what reconciles them. */
const check = 'test ! -e a || test ! -e c || test -e peace || { echo a and c quarrel; exit 1; }'
const checks = `checks: [{ name: it, command: ${JSON.stringify(['sh', '-c', check])} }]\n`

/** Adds files; sent back, it makes peace where `a` is there. */
export const adds = (...names: string[]): QueuedTask => ({
  title: `Add ${names[0]}`,
  what: `Run this:\nif test -e a; then touch peace; fi\necho again >>${names[0]}\ngit add -A\ngit commit -q -m Again\nThat is all.`,
  files: Object.fromEntries(names.map(name => [name, `${name}\n`])),
})

/** Three that are green alone, the third red together with the first. */
export const quarrel = { files: { 'README.md': 'Hello\n' }, checks, tasks: [adds('a'), adds('b'), adds('c')] }

/** `checks`: the configuration's text. Each tip is said to have passed checks and verdict alone on `agent`. */
export const makeQueuedRun = async (
  dir: string,
  { tasks, ...input }: { files: Files; checks: string; tasks: readonly QueuedTask[]; maxAttempts?: number },
): Promise<QueuedRun> => {
  const root = makeRepository(dir, { ...input.files, 'agentlab.yaml': input.checks })
  const env = fakeEnvironment(dir, 'instant-claude')
  shellGit(root, ['branch', 'agent'])
  const base = shellGit(root, ['rev-parse', 'agent'])
  const tips = tasks.map(({ files }, index) => {
    shellGit(root, ['checkout', '-q', '-b', `task/${taskIdOf(runId, index + 1)}/claude`, base])
    return commitFiles(root, files, `Task ${index + 1}`)
  })
  shellGit(root, ['checkout', '-q', 'main'])
  const project = await openProject({ cwd: root, env })
  try {
    const keep = (kind: ContentKind, text: string): string => {
      const id = newContentId(Math.random)
      project.store.content.add({ id, runId, taskId: null, lane: 'personal', kind, at: Date.now(), text })
      return id
    }
    const planText = JSON.stringify({
      tasks: tasks.map(({ title, what }, index) => ({ key: `t${index + 1}`, title, what, worker: 'claude' })),
    })
    const checks = project.config.effective.checks.map(check => check.name)
    const plan = planFromFile(planText, 'the plan', { runId, lane: 'personal', workers: ['claude'], checks })
    const asked = requested(keep, configContent(project.config), planText, input.maxAttempts ?? 3)
    const facts = plan.tasks.map(({ taskId, kind, dependsOn, worker, risk }) => ({
      taskId,
      kind,
      dependsOn,
      worker,
      risk,
    }))
    const planned: LoopEvent = {
      type: 'plan.ready',
      runId,
      planContentId: keep('plan', JSON.stringify(plan)),
      origin: 'file',
      planner: null,
      passedOver: [],
      forecastContentId: null,
      returned: 0,
      tasks: facts,
    }
    const prepared: LoopEvent = { type: 'base.ready', runId, base, main: base, sync: 'none' }
    const worked = tips.flatMap((tip, index) =>
      worksUntilVerified(
        taskIdOf(runId, index + 1),
        { tip, base, tree: treeOf(root, tip) },
        keep('checkResults', '[]'),
      ),
    )
    play(project.store, [asked, prepared, planned, ...worked])
  } finally {
    project.close()
  }
  return { root, env, base, tips }
}

const treeOf = (root: string, commit: string): string => shellGit(root, ['rev-parse', `${commit}^{tree}`])

type Keep = (kind: ContentKind, text: string) => string

const requested = (keep: Keep, config: string, planText: string, maxAttempts: number): LoopEvent => ({
  type: 'run.requested',
  runId,
  request: {
    lane: 'personal',
    goalContentId: keep('goal', 'Anything at all.'),
    configContentId: keep('config', config),
    configHash: 'x',
    planContentId: keep('planFile', planText),
    scenarioContentId: keep('scenario', scenarioText),
    containment: 'boxed',
    network: 'gate',
    setupHosts: null,
    workers: ['claude'],
    maxParallel: 8,
    maxAttempts,
    independence: 'session',
    limits: { requests: 99, tokens: 1e6, minutes: 60, attemptWallMs: 6e5, modelSilenceMs: 6e5, toolSilenceMs: 6e5 },
    purpose: 'work',
    reviewPlan: false,
  },
})

const worksUntilVerified = (
  taskId: string,
  { tip, base, tree }: { tip: string; base: string; tree: string },
  resultsContentId: string,
): LoopEvent[] => {
  const ids = { runId, taskId }
  const nothing = { findingsContentId: null, class: null, retryInMs: null, usage: unmeasured }
  return [
    { type: 'attempt.started', ...ids, attempt: 1, worker: 'claude', resumed: false },
    {
      type: 'attempt.finished',
      ...ids,
      outcome: 'answered',
      class: null,
      retryInMs: null,
      usage: unmeasured,
      answerContentId: null,
      dropped: 0,
    },
    {
      type: 'work.harvested',
      ...ids,
      tip,
      base,
      files: 1,
      added: 1,
      deleted: 0,
      uncommitted: false,
      findingsContentId: null,
    },
    {
      type: 'checks.finished',
      ...ids,
      tip,
      agent: base,
      tree,
      status: 'passed',
      resultsContentId,
      findingsContentId: null,
      environmentContentId: null,
    },
    {
      type: 'verdict.given',
      ...ids,
      ...nothing,
      tip,
      verifier: 'claude',
      value: 'pass',
      inconclusive: null,
      sameVendor: true,
      verdictContentId: null,
    },
  ]
}

/** Handles the events and what they call for, up to the first train: that one is left for the next supervisor to form. */
const play = (store: Awaited<ReturnType<typeof openProject>>['store'], events: readonly LoopEvent[]): void => {
  const loopStore = loopStoreOf(store, store.nextEpoch())
  let states: RunStates = { run: null, tasks: [] }
  let seq = 0
  loopStore.write(() => {
    for (const event of events) {
      for (let next: LoopEvent | null = event; next !== null && next.type !== 'train.formed'; ) {
        seq = loopStore.append(next, Date.now())
        const reaction = react(states, next)
        states = reaction.states
        next = reaction.told
      }
    }
    for (const machine of [states.run!, ...states.tasks])
      loopStore.saveState(machine === states.run ? 'run' : 'task', runId, machine, seq)
  })
}

/**
 * Eight verified tips that wait for `agent` at once: check runs of trains beside those of landing them one by one, with
 * none and with one that does not go with the first. Counted from what the effects say; checks run in real boxes.
 */

import { runTrain } from '../src/app/effects/train.ts'
import { loopStoreOf } from '../src/app/loop-store.ts'
import { openHost } from '../src/app/open-host.ts'
import { openProject, type Project } from '../src/app/project.ts'
import { superviseProject } from '../src/app/supervisor.ts'
import type { LoopEvent } from '../src/domain/event.ts'
import { nextTrain } from '../src/supervisor/train.ts'
import { shellGit } from '../tests/support/git-repository.ts'
import { adds, makeQueuedRun, type QueuedTask, quarrel, runId } from '../tests/support/queued-run.ts'
import { type Figure, timed } from './figure.ts'
import { inScratch } from './scratch.ts'

const size = 8

interface Case {
  name: string
  /** The fifth does not go with the first: no place costs more. */
  hasBad: boolean
  /** `agent` has moved since the tips' own checks, as it has when they queued behind another train. */
  hasMoved: boolean
  atMost: number
}

const log2 = Math.ceil(Math.log2(size))

const cases: Case[] = [
  { name: 'all go together', hasBad: false, hasMoved: false, atMost: log2 },
  { name: 'one does not', hasBad: true, hasMoved: false, atMost: log2 + 1 },
  { name: 'agent has moved, all go together', hasBad: false, hasMoved: true, atMost: log2 },
  // One above ⌈log2 n⌉ + k: of tips none of which is known on this agent, no order of checks promises less.
  { name: 'agent has moved, one does not', hasBad: true, hasMoved: true, atMost: log2 + 2 },
]

export const trainFigures = async (): Promise<Figure[]> => {
  const figures: Figure[] = []
  for (const one of cases) {
    const train = await measured(one, byTrains)
    const single = await measured(one, oneByOne)
    figures.push({
      name: `check runs for ${size} verified tips: ${one.name}`,
      unit: 'count',
      measured: train.checkRuns,
      baseline: { what: 'one by one', value: single.checkRuns },
      bound: { atMost: one.atMost },
      stages: [
        ['in trains', train.ms],
        ['one by one', single.ms],
      ],
    })
  }
  return figures
}

const tasksOf = ({ hasBad }: Case): QueuedTask[] =>
  Array.from({ length: size }, (_, index) => adds(index === 0 ? 'a' : hasBad && index === 4 ? 'c' : `file-${index}`))

type Land = (project: Project) => Promise<LoopEvent[]>

const measured = (one: Case, land: Land): Promise<{ checkRuns: number; ms: number }> =>
  inScratch(async dir => {
    const { root, env } = await makeQueuedRun(dir, { ...quarrel, tasks: tasksOf(one), maxAttempts: 1 })
    if (one.hasMoved)
      shellGit(root, [
        'update-ref',
        'refs/heads/agent',
        shellGit(root, ['commit-tree', '-p', 'agent', '-m', 'Moved', 'agent^{tree}']),
      ])
    const project = await openProject({ cwd: root, env })
    try {
      let events: LoopEvent[] = []
      const ms = await timed(async () => {
        events = await land(project)
      })
      const landed = events.filter(event => event.type === 'task.integrated').length
      if (landed !== size - (one.hasBad ? 1 : 0)) throw new Error(`${landed} of ${size} landed: ${one.name}`)
      const checkRuns = events.reduce((sum, event) => sum + (event.type === 'train.ended' ? event.checkRuns : 0), 0)
      return { checkRuns, ms }
    } finally {
      project.close()
    }
  })

/** Until the run rests: with its one attempt used, the tip that was sent back waits for the operator. */
const byTrains: Land = async project => {
  const stop = new AbortController()
  const onCommit = (event: LoopEvent): void => {
    if (event.type === 'run.concluded') stop.abort()
  }
  await superviseProject(project, { idleMs: null, log: () => {}, signal: stop.signal, onCommit })
  return project.store.events.ofRun(runId).map(({ event }) => event)
}

/** Each verified tip in a train of its own, as if none waited for another. */
const oneByOne: Land = async project => {
  const { host, close } = await openHost(project, { log: () => {}, onLimit: () => {}, onFatal: () => {} })
  try {
    const { members } = nextTrain(loopStoreOf(project.store, 0).statesOf(runId).tasks)!
    const events: LoopEvent[] = []
    for (const [index, member] of members.entries()) {
      const effect = { name: 'train.run' as const, key: `${index}`, runId, train: index + 1, members: [member] }
      events.push(...(await runTrain(host, effect, new AbortController().signal)))
    }
    return events
  } finally {
    await close()
  }
}

/**
 * Twenty tasks one after another in boxes, with workers that take no time: what AgentLab itself costs per task, and what
 * an integration of a checked, verified tip costs. Both are read from the log of the same runs.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { followRun, openProject, type Project, requestRun, withForegroundSupervisor } from '../src/app.ts'
import type { LoggedEvent } from '../src/domain/event.ts'
import { fakeAgentPath, fakeWish, makeFakeProject } from '../tests/support/fake-crew.ts'
import { type Figure, median, rounds, timed } from './figure.ts'
import { inScratch } from './scratch.ts'

const tasks = 20

const planText = [
  'tasks:',
  ...Array.from({ length: tasks }, (_, index) => {
    const needs = index === 0 ? '' : `, dependsOn: [t${index}]`
    return `  - { key: t${index + 1}, title: Add ${index + 1}, what: "Add the file file-${index + 1}.txt"${needs} }`
  }),
].join('\n')

interface Round {
  perTaskMs: number
  integrationMs: number
  bareMs: number
  bareGitMs: number
  stages: Map<string, number>
}

/** From one event of a task to another: each stage of a task's life, in order. */
const stageNames: [string, LoggedEvent['event']['type'], LoggedEvent['event']['type']][] = [
  ['workspace made, environment placed', 'task.scheduled', 'attempt.started'],
  ['the worker, boxed', 'attempt.started', 'attempt.finished'],
  ['harvest', 'attempt.finished', 'work.harvested'],
  ['merge and checks', 'work.harvested', 'checks.finished'],
  ['the verifier, boxed, its workspace', 'checks.finished', 'verdict.given'],
  ['integration', 'verdict.given', 'task.integrated'],
]

const medianBetween = (events: LoggedEvent[], from: string, to: string): number => {
  const began = new Map<string, number>()
  const times: number[] = []
  for (const { at, event } of events) {
    if (!('taskId' in event) || event.taskId === null) continue
    if (event.type === from) began.set(event.taskId, at)
    if (event.type === to) times.push(at - began.get(event.taskId)!)
  }
  return median(times)
}

/** The worker and the verifier of one task, started by nobody but us: no box, no stream read, no workspace made. */
const bareAgents = async (dir: string, root: string): Promise<number> => {
  const place = join(dir, 'bare')
  mkdirSync(place)
  execFileSync('git', ['clone', '-q', root, place])
  const agent = fakeAgentPath('instant-claude')
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: place, encoding: 'utf8' }).trim()
  const identity = {
    GIT_AUTHOR_NAME: 'B',
    GIT_AUTHOR_EMAIL: 'b@x',
    GIT_COMMITTER_NAME: 'B',
    GIT_COMMITTER_EMAIL: 'b@x',
  }
  const options = { cwd: place, env: { ...process.env, ...identity } }
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    times.push(
      await timed(() => {
        execFileSync(agent, [], { ...options, input: `Add the file bare-${round}.txt` })
        execFileSync(agent, [], { ...options, input: `AGENTLAB-COMMIT: ${commit}\nThe whole diff: /dev/null` })
      }),
    )
  }
  return median(times)
}

/** What git alone needs for an integration: write the merge commit, move the branch. */
const bareIntegration = async (root: string): Promise<number> => {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const times: number[] = []
  for (let round = 0; round < 10; round++) {
    const old = git('rev-parse', 'agent')
    times.push(
      await timed(() => {
        const merge = git(
          '-c',
          'user.name=B',
          '-c',
          'user.email=b@x',
          'commit-tree',
          `${old}^{tree}`,
          '-p',
          old,
          '-m',
          `${round}`,
        )
        git('-c', 'core.fsync=committed,reference', 'update-ref', 'refs/heads/bench', merge)
      }),
    )
  }
  return median(times)
}

const playRound = async (project: Project, dir: string, root: string): Promise<Round> => {
  const runId = await withForegroundSupervisor(project, { signal: new AbortController().signal }, async () => {
    const asked = await requestRun(project, fakeWish(planText), { startSupervisor: false })
    const view = await followRun(project, asked.runId, () => {}, new AbortController().signal, {
      startSupervisor: false,
    })
    if (view.state !== 'done') throw new Error(`the run of the bench ended as ${view.state}`)
    return asked.runId
  })
  const events = project.store.events.ofRun(runId)
  const at = (type: string): number => events.find(({ event }) => event.type === type)!.at
  const bareMs = await bareAgents(dir, root)
  return {
    perTaskMs: (at('tasks.settled') - at('task.scheduled')) / tasks,
    integrationMs: medianBetween(events, 'verdict.given', 'task.integrated'),
    bareMs,
    bareGitMs: await bareIntegration(root),
    stages: new Map(stageNames.map(([name, from, to]) => [name, medianBetween(events, from, to)])),
  }
}

export const taskFigures = async (): Promise<Figure[]> => {
  const played: Round[] = []
  for (let round = 0; round < rounds; round++) {
    played.push(
      await inScratch(async dir => {
        const { root, env } = makeFakeProject(dir, 'instant-claude')
        const project = await openProject({ cwd: root, env })
        try {
          return await playRound(project, dir, root)
        } finally {
          project.close()
        }
      }),
    )
  }
  const of = (pick: (round: Round) => number): number => median(played.map(pick))
  const stages = stageNames.map(([name]): [string, number] => [name, of(round => round.stages.get(name)!)])
  return [
    {
      name: 'integrating a checked, verified tip',
      unit: 'ms',
      measured: of(round => round.integrationMs),
      baseline: { what: '`commit-tree` and `update-ref`', value: of(round => round.bareGitMs) },
      bound: { atMost: 20 },
      stages: [['median of 20 in each round', of(round => round.integrationMs)]],
    },
    {
      name: `overhead per task, boxed, ${tasks} tasks`,
      unit: 'ms',
      measured: of(round => round.perTaskMs - round.bareMs),
      baseline: { what: 'the same worker and verifier, bare', value: of(round => round.bareMs) },
      bound: { atMost: 400 },
      stages,
    },
  ]
}

/**
 * Kill -9 of the supervisor at a few points of the demo's own run, with the real agent CLIs; the operator types resume
 * each time, and it comes to the same end as a run that was left alone.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openProject, type Project } from '../../src/app.ts'
import { demoScenarioPath, prepareSample } from '../../src/demo/prepare-sample.ts'
import type { LoopEventType } from '../../src/domain/event.ts'
import { lockHolder } from '../../src/store/lock.ts'
import { compiled } from '../support/compiled.ts'
import { makeScratch, removeScratch, shellGit } from '../support/git-repository.ts'
import { processesBelow } from '../support/seat-processes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'bin/agentlab.js')
const patienceMs = 170_000
let scratch: string
beforeAll(() => {
  scratch = makeScratch('demo-crash')
})
afterAll(() => removeScratch(scratch))

interface Run {
  project: Project
  runId: string
  agentlab: (...args: string[]) => Promise<string>
}

const begin = async (name: string): Promise<Run> => {
  const repository = join(scratch, name, 'repo')
  await prepareSample(repository)
  const env = {
    PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
    HOME: process.env.HOME,
    XDG_STATE_HOME: join(scratch, name, 'state'),
    XDG_CONFIG_HOME: join(scratch, name, 'config'),
    ...compiled,
  }
  const agentlab = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, [program, '--repo', repository, ...args], { env })).stdout.trim()
  const runId = await agentlab('task', '--rehearse', demoScenarioPath(), '--detach', 'Make worklog fit for invoices.')
  return { project: await openProject({ cwd: repository, env }), runId, agentlab }
}

const until = (isReached: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(isReached()).toBe(true), { timeout: patienceMs, interval: 20 })

const stateOf = ({ project, runId }: Run): string => project.store.machines.get(runId)?.state ?? 'none'

/** What is the same however the run went; ids, times and the order of integrations aside. */
const endOf = (run: Run) => ({
  state: stateOf(run),
  tasks: run.project.store.machines.ofRun(run.runId).map(machine => machine.state),
  tree: shellGit(run.project.repository.root, ['rev-parse', 'agent^{tree}']),
  main: shellGit(run.project.repository.root, ['rev-parse', 'main']),
  status: shellGit(run.project.repository.root, ['status', '--porcelain']),
})

const points: [LoopEventType, number][] = [
  ['attempt.started', 2],
  ['verdict.given', 1],
  ['merge.conflicted', 1],
  ['task.integrated', 3],
]

test('the demo’s run, killed four times and resumed, ends as one that was left alone', {
  timeout: 600_000,
}, async () => {
  const calm = await begin('calm')
  await until(() => stateOf(calm) === 'done')
  const killed = await begin('killed')
  for (const [type, count] of points) {
    const seen = (): number =>
      killed.project.store.events.ofRun(killed.runId).filter(({ event }) => event.type === type).length
    await until(() => seen() >= count)
    process.kill(lockHolder(killed.project.paths.lock)!.pid, 'SIGKILL')
    await vi.waitFor(() => expect(processesBelow(killed.project.dataDir)).toEqual([]), 10_000)
    await killed.agentlab('resume', '--detach', killed.runId)
  }
  await until(() => stateOf(killed) === 'done')
  expect(endOf(killed)).toEqual(endOf(calm))
  expect(endOf(calm).tasks).not.toContain('awaitingOperator')
})

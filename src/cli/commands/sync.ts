/** `agentlab sync`: brings main's new commits into the integration branch, with checks; a conflict can go to an agent. */
import { type RunWish, requestRun } from '../../app.ts'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import { noteWords } from '../../domain/repository-note.ts'
import type { Answer, Call } from '../call.ts'
import { openFor } from '../project.ts'
import { chosenLane, chosenWorkers, scenarioNamed } from '../run-wish.ts'
import { settleLane } from '../settle-lane.ts'
import { startNotices } from '../start-notices.ts'
import { watchRun } from '../watch-run.ts'
import { limitsLine } from './task.ts'

export interface SyncOptions {
  resolve?: boolean
  lane?: string
  loosen?: boolean
  agents?: string
  rehearse?: string
  unboxed?: boolean
  sameVendor?: boolean
  detach?: boolean
}

const onlyWithResolve = ['agents', 'rehearse', 'sameVendor'] as const

export const sync = async (call: Call, options: SyncOptions): Promise<Answer> => {
  const resolves = options.resolve === true
  const stray = onlyWithResolve.find(name => options[name] !== undefined && !resolves)
  if (stray !== undefined)
    throw new AgentLabError(`sync failed on its options: without --resolve no agent is asked`, {
      code: 'wrong-use',
      cure: 'Leave it away, or let an agent resolve a conflict: agentlab sync --resolve',
      exit: exitCode.wrongUse,
    })
  const lane = options.lane === undefined ? null : chosenLane('sync', options.lane)
  const workers = options.agents === undefined ? null : chosenWorkers(options.agents)
  const scenarioText = options.rehearse === undefined ? null : await scenarioNamed(call, options.rehearse)
  const project = await openFor(call, true)
  const asked: RunWish = {
    goal: resolves
      ? 'Resolve the conflicts between main and the integration branch'
      : 'Bring main into the integration branch',
    planText: resolves ? resolvePlan : null,
    scenarioText,
    lane,
    workers,
    maxParallel: null,
    unboxed: options.unboxed === true,
    sameVendor: options.sameVendor === true,
    purpose: resolves ? 'resolve' : 'sync',
  }
  const wish = await settleLane(call, project, asked, options.loosen === true)
  if (resolves) call.talk.write(`${limitsLine(project.config.effective)}\n`)
  for (const notice of await startNotices(project, wish)) call.talk.write(`${notice}\n`)
  const { runId, answer, notes } = await requestRun(project, wish)
  if (!answer.accepted)
    throw new AgentLabError(`sync failed on its request: ${answer.text}`, {
      code: 'request-refused',
      cure: 'Ask again.',
    })
  for (const note of notes) call.talk.write(`Repository: ${noteWords(note).operator}.\n`)
  call.talk.write(`${answer.text}\n`)
  if (options.detach !== true) return watchRun(call, project, runId, false)
  return { text: runId, json: { runId, answer }, remarks: ['It goes on in the background. Watch it: agentlab runs -f'] }
}

/** The one task of a run that resolves a conflict. Which files, its workspace says. */
const resolvePlan = `
summary: Main's new commits are merged into the integration branch; where both changed the same lines, an agent resolves it.
tasks:
  - key: resolve
    title: Bring main into the integration branch
    what: >-
      The main branch and the integration branch have both gone on, and merging them conflicts. Resolve every conflict so
      that both sides keep what they meant, remove all markers, and run the checks. Change nothing besides.
    acceptance:
      - Nothing that either side added is lost without a reason.
      - No conflict marker is left.
    risk: medium
`

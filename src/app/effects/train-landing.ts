/** Puts a checked stack on `agent`: a merge commit for each tip, and one move of the branch to the last of them. */

import type { Answerer } from '../../domain/answerer.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEventOf } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import { passWords } from '../../domain/verdict-words.ts'
import { integrationCommit } from '../../git/integrate.ts'
import { moveBranch } from '../../git/ref-write.ts'
import { isAncestor } from '../../git/refs.ts'
import { trainTrailers } from '../../git/train-trailers.ts'
import { type Host, loggedAt, type RunScope, taskOf } from '../host.ts'
import { eventsOf } from '../run-memory.ts'
import type { Stacked } from './train-checks.ts'

export type Landing =
  /** `tip`: where `agent` stands now. */
  | { status: 'landed'; tip: Oid; events: LoopEventOf<'task.integrated'>[] }
  /** Somebody else moved `agent` first; nothing was changed. */
  | { status: 'moved' }
  | { status: 'checkedOut' }

export interface LandingWish {
  effect: EffectOf<'train.run'>
  branch: string
  agent: Oid
  /** From the bottom; the last one's tree was checked. */
  stack: readonly Stacked[]
  /** Where `agent` stands, when this very train had moved it in an earlier life; null otherwise. */
  now: Oid | null
}

export const landStack = async (host: Host, scope: RunScope, wish: LandingWish): Promise<Landing> => {
  const { repository } = host.project
  const events = await writeStack(host, scope, wish)
  const tip = events.at(-1)?.commit ?? wish.agent
  const landed = { status: 'landed' as const, tip, events }
  if (wish.now !== null) return (await isAncestor(repository, tip, wish.now)) ? landed : { status: 'moved' }
  if (events.length === 0) return landed
  const moved = await moveBranch(repository, { branch: wish.branch, to: tip, expectedOld: wish.agent })
  if (moved.status === 'moved') return landed
  return { status: moved.status === 'raced' ? 'moved' : 'checkedOut' }
}

/** The same stack gives the same commits, however often it is written. */
const writeStack = async (
  host: Host,
  scope: RunScope,
  { effect, agent, stack }: LandingWish,
): Promise<LoopEventOf<'task.integrated'>[]> => {
  const events: LoopEventOf<'task.integrated'>[] = []
  for (const [index, { member, tree }] of stack.entries()) {
    const below = events.at(-1)?.commit ?? agent
    const place = { train: effect.train, place: index + 1, size: stack.length, tree: stack.at(-1)!.tree }
    const { taskId, tip } = member
    const commit = await integrationCommit(host.project.repository, {
      agentTip: below,
      taskTip: tip,
      tree,
      taskId,
      title: taskOf(host, taskId).title,
      trailers: { ...trailersOf(host, scope, member), ...trainTrailers({ runId: effect.runId, ...place }) },
      when: loggedAt(host, effect.runId, event => event.type === 'checks.finished' && event.taskId === taskId),
    })
    events.push({ type: 'task.integrated', runId: effect.runId, taskId, commit, agent: below, tip, tree, stack: place })
  }
  return events
}

const trailersOf = (
  host: Host,
  scope: RunScope,
  { taskId, worker, tip }: Stacked['member'],
): Record<string, string> => {
  const verdict = verdictOn(host, scope.runId, taskId, tip)
  // In a rehearsal no model of any name has answered.
  const model = (answerer: Answerer | undefined, name: string): Record<string, string> =>
    scope.rehearsed || !answerer?.model ? {} : { [name]: `${answerer.provider}/${answerer.model}` }
  return {
    Run: scope.runId,
    Worker: worker,
    ...model(authorOf(host, scope.runId, taskId), 'Model'),
    Lane: scope.lane,
    ...(verdict === null
      ? {}
      : {
          Verifier: verdict.verifier ?? 'none',
          ...model(verdict.answerer, 'Verifier-Model'),
          Verdict: passWords(verdict),
        }),
    ...(scope.rehearsed ? { Rehearsed: 'yes' } : {}),
  }
}

/** Who answered the attempt that the work came of. */
const authorOf = (host: Host, runId: string, taskId: string): Answerer | undefined => {
  const started = eventsOf(host.project.store, runId)
    .map(({ event }) => event)
    .findLast(event => event.type === 'attempt.started' && event.taskId === taskId)
  return started?.type === 'attempt.started' ? started.answerer : undefined
}

const verdictOn = (host: Host, runId: string, taskId: string, tip: Oid): LoopEventOf<'verdict.given'> | null => {
  const found = eventsOf(host.project.store, runId)
    .map(({ event }) => event)
    .findLast(event => event.type === 'verdict.given' && event.taskId === taskId && event.tip === tip)
  return found?.type === 'verdict.given' && found.value === 'pass' ? found : null
}

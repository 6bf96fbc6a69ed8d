/** Takes integrated tasks out of the integration branch: rebuilt on paper with checks, then moved in one step. */
import { branchNames } from '../../config/branches.ts'
import { loadConfig } from '../../config/load.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent, LoopEventOf } from '../../domain/event.ts'
import { type Oid, runIdOf } from '../../domain/ids.ts'
import { short } from '../../domain/measures.ts'
import type { RebuildRefusal } from '../../domain/reasons.ts'
import { cleanLine } from '../../domain/text.ts'
import { type Obstacle, type Reintegration, rebuildWithout } from '../../git/rebuild.ts'
import { keepCommit, moveBranch } from '../../git/ref-write.ts'
import { branchRef, isAncestor, readRef } from '../../git/refs.ts'
import { checkTree, type TreeChecks } from '../checks.ts'
import { type Host, keep, loggedAt, type RunScope, scopeOf } from '../host.ts'
import { mainTip } from '../main-tip.ts'

/**
 * The new branch is a function of the old one, so a repetition after a crash comes to the same commits and sees whether
 * it had moved already. What others' tasks became is told before the answer, each to its own run.
 */
export const rebuildAgent = async (
  host: Host,
  effect: EffectOf<'agent.rebuild'>,
  signal: AbortSignal,
  tell: (event: LoopEvent) => void,
): Promise<LoopEvent> => {
  const scope = await scopeOfToday(host, effect.runId)
  const { repository } = host.project
  const branch = branchNames(scope.config.branches).agent
  const main = await mainTip(host)
  if (main === null) return refused(host, scope, effect, 'notThere', 'The main branch is gone.')
  // Moved already, or raced: what the checks said then has been heeded.
  const isUnmoved = (await readRef(repository, branchRef(branch))) === effect.agent
  const checked = new Map<Oid, TreeChecks>()
  const check = async (tree: Oid, baseTree: Oid): Promise<string | null> => {
    const checks = await checkTree(host, scope, { tree, baseTree, mustTurnGreen: [], taskId: null }, signal)
    checked.set(tree, checks)
    return isUnmoved && checks.status === 'failed' ? failureOf(checks) : null
  }
  const rebuilt = await rebuildWithout({
    repository,
    mainBranch: main.branch,
    main: main.commit,
    agent: effect.agent,
    without: effect.tasks,
    when: loggedAt(host, effect.runId, event => event.type === 'operator.rejected'),
    check,
  })
  signal.throwIfAborted()
  if (rebuilt.status === 'refused')
    return refused(host, scope, effect, rebuilt.obstacle.reason, wordsOf(rebuilt.obstacle))
  const moved = await moveTo(host, effect, branch, rebuilt.to)
  if (moved !== null) return typeof moved === 'string' ? refused(host, scope, effect, moved, branch) : moved
  for (const one of rebuilt.reintegrated) tell(reintegrated(host, one, checked.get(one.tree)!))
  const { runId, tasks, back, findingsContentId } = effect
  return { type: 'agent.rebuilt', runId, tasks, back, from: effect.agent, to: rebuilt.to, findingsContentId }
}

/** In the words and the lane of the run the task is of. */
const reintegrated = (host: Host, { taskId, ...facts }: Reintegration, checks: TreeChecks): LoopEvent => {
  const runId = runIdOf(taskId)
  const requested = host.project.store.events.first(runId)?.event
  const lane = requested?.type === 'run.requested' ? requested.request.lane : 'private'
  const resultsContentId = keep(host, { runId, lane }, taskId, 'checkResults', JSON.stringify(checks.results))
  return { type: 'task.reintegrated', runId, taskId, ...facts, status: checks.status, resultsContentId }
}

/** Null once the branch is there (or beyond, by a hand since); where it was before is kept from being collected. */
const moveTo = async (
  host: Host,
  { runId, tasks, agent }: EffectOf<'agent.rebuild'>,
  branch: string,
  to: Oid,
): Promise<LoopEventOf<'rebuild.raced'> | RebuildRefusal | null> => {
  const { repository } = host.project
  const now = await readRef(repository, branchRef(branch))
  if (now === null) return 'notThere'
  if (now !== agent)
    return (await isAncestor(repository, to, now)) && !(await isAncestor(repository, agent, now))
      ? null
      : { type: 'rebuild.raced', runId, tasks, agent: now }
  await keepCommit(repository, `before/${tasks[0]}`, agent)
  const moved = await moveBranch(repository, { branch, to, expectedOld: agent })
  if (moved.status === 'moved') return null
  if (moved.status === 'checkedOut') return 'branchCheckedOut'
  return moved.actual === null ? 'notThere' : { type: 'rebuild.raced', runId, tasks, agent: moved.actual }
}

/** The run may be old: what is rebuilt now is held against the checks as they are now. */
const scopeOfToday = async (host: Host, runId: string): Promise<RunScope> => {
  const { effective } = await loadConfig({ repoRoot: host.project.repository.root, env: host.project.env })
  // A run whose words were erased can still be taken out: no word of it is needed for that.
  const scope = scopeOf(host, runId, effective)
  return { ...scope, config: { ...scope.config, checks: effective.checks, setup: effective.setup } }
}

const failureOf = ({ findings }: TreeChecks): string =>
  findings.map(({ claim, reproduction }) => `${claim}\n${reproduction?.observed ?? ''}`).join('\n')

const wordsOf = ({ reason, entry, detail }: Obstacle): string => {
  if (entry === null) return detail
  const who = entry.kind === 'integration' ? `task ${entry.taskId}` : `commit ${short(entry.commit)}`
  const what = `${who} (${cleanLine(entry.title, 80)})`
  if (reason === 'conflict') return `${what} needs what would be taken out; it conflicts in:\n${detail}`
  if (reason === 'checksFailed') return `The checks fail once ${what} stands without it:\n${detail}`
  return `${what}: ${detail}`
}

const refused = (
  host: Host,
  scope: RunScope,
  { runId, tasks }: EffectOf<'agent.rebuild'>,
  reason: RebuildRefusal,
  text: string,
): LoopEvent => ({
  type: 'rebuild.refused',
  runId,
  tasks,
  reason,
  contentId: keep(host, scope, null, 'error', text),
})

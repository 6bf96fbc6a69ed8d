/** Merges a task's tip into `agent` on paper and runs the checks on exactly that tree. Moves nothing. */
import { branchNames } from '../../config/branches.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent } from '../../domain/event.ts'
import type { ContentId, Oid } from '../../domain/ids.ts'
import { mergeTree } from '../../git/merge.ts'
import { branchRef, readRef, treeOf } from '../../git/refs.ts'
import { checkTree, type TreeChecks } from '../checks.ts'
import { type Host, keep, keepFindings, type RunScope, scopeOf, taskOf } from '../host.ts'
import { refuseStricterFiles } from '../lane-of-run.ts'
import { settleMovedBase } from './moved-base.ts'

export const checkMerge = async (
  host: Host,
  effect: EffectOf<'merge.check'>,
  signal: AbortSignal,
): Promise<LoopEvent> => {
  const scope = scopeOf(host, effect.runId)
  const task = taskOf(host, effect.taskId)
  const { repository } = host.project
  const ids = { runId: effect.runId, taskId: effect.taskId }
  const agent = (await readRef(repository, branchRef(branchNames(scope.config.branches).agent))) ?? scope.base!
  const elsewhere = await settleMovedBase(host, scope, effect, agent)
  if (elsewhere !== null) return elsewhere
  const merge = await mergeTree(repository, agent, effect.tip)
  if (merge.status === 'conflict') return conflictOf(host, scope, effect.taskId, agent, merge.files)
  // What the checks print goes to a verifier, and back to the worker.
  await refuseStricterFiles(host, scope, merge.tree)
  const baseTree = await treeOf(repository, agent)
  const checks = await checkTree(
    host,
    scope,
    { tree: merge.tree, baseTree, mustTurnGreen: task.turnsGreen, taskId: effect.taskId },
    signal,
  )
  return {
    type: 'checks.finished',
    ...ids,
    tip: effect.tip,
    agent,
    tree: merge.tree,
    status: checks.status,
    resultsContentId: keep(host, scope, effect.taskId, 'checkResults', JSON.stringify(checks.results)),
    ...keepNotes(host, scope, effect.taskId, checks),
  }
}

/** A task's tip does not merge into `agent`: one finding a file, for its worker. */
export const conflictOf = (
  host: Host,
  scope: RunScope,
  taskId: string,
  agent: Oid,
  files: readonly string[],
): LoopEvent => {
  const findings = files.map(file => ({
    claim: 'This file was changed on the integration branch meanwhile; both sides must be kept.',
    severity: 'blocking' as const,
    file: file.slice(0, 1_000),
  }))
  return {
    type: 'merge.conflicted',
    runId: scope.runId,
    taskId,
    agent,
    files: files.length,
    findingsContentId: keepFindings(host, scope, taskId, findings.slice(0, 100)),
  }
}

/** What checks found, and what their environment leaves open; where work goes back, its worker gets both. */
export const keepNotes = (
  host: Host,
  scope: RunScope,
  taskId: string,
  { findings, environment }: Pick<TreeChecks, 'findings' | 'environment'>,
): { findingsContentId: ContentId | null; environmentContentId: ContentId | null } => ({
  findingsContentId: findings.length === 0 ? null : keepFindings(host, scope, taskId, [...findings, ...environment]),
  environmentContentId: environment.length === 0 ? null : keepFindings(host, scope, taskId, environment),
})

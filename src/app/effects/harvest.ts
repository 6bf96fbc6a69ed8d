/** Takes a worker's result out of its workspace as data, and sets the task's branch when nothing speaks against it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { branchNames } from '../../config/branches.ts'
import type { EffectOf } from '../../domain/effect.ts'
import { AgentLabError } from '../../domain/errors.ts'
import type { LoopEvent } from '../../domain/event.ts'
import type { Oid } from '../../domain/ids.ts'
import { exportCommand } from '../../git/export-work.ts'
import { harvestWork } from '../../git/harvest.ts'
import { defaultLimits } from '../../git/harvest-policy.ts'
import { runInBox } from '../box-command.ts'
import { type Host, keepFindings, loggedAt, scopeOf, taskOf } from '../host.ts'
import { closedPath } from '../lane-of-run.ts'
import { eventsOf } from '../run-memory.ts'
import { readReady } from '../seats.ts'
import { workSeat } from './attempt.ts'
import { workspaceBranch } from './attempt-workspace.ts'

export const harvest = async (
  host: Host,
  effect: EffectOf<'work.harvest'>,
  signal: AbortSignal,
): Promise<LoopEvent> => {
  const scope = scopeOf(host, effect.runId)
  const task = taskOf(host, effect.taskId)
  const seat = workSeat(host, effect.taskId, effect.worker)
  const ready = await readReady(seat)
  if (ready === null)
    throw new AgentLabError(`harvest failed on ${effect.taskId}: its workspace is gone`, { code: 'seat-missing' })
  const ids = { runId: effect.runId, taskId: effect.taskId }
  const exported = exportCommand({
    dirs: seat.dirs,
    base: ready.base,
    branch: workspaceBranch(task),
    identity: host.identity,
  })
  const { stdoutPath } = await runInBox(
    host,
    scope,
    {
      seat,
      taskId: effect.taskId,
      what: 'harvest',
      name: 'export',
      ...exported,
      readable: [],
      isOurs: true,
      limits: { wallMs: 10 * 60_000, outputBytes: defaultLimits.totalBytes + 64 * 1024 },
    },
    signal,
  )
  const scratchDir = join(host.project.dataDir, 'incoming')
  await mkdir(scratchDir, { recursive: true, mode: 0o700 })
  const model = scope.config.agent[effect.worker].model
  const branch = branchNames(scope.config.branches).task(effect.taskId, effect.worker)
  const result = await harvestWork({
    repository: host.project.repository,
    exportPath: stdoutPath,
    scratchDir,
    base: ready.base,
    handedIn: ready.handedIn,
    closed: path => closedPath(scope, path),
    branch,
    replaces: tipsOf(host, effect.taskId),
    alsoMerges: scope.mergesMain === null ? [] : [scope.mergesMain],
    title: task.title,
    trailers: {
      Run: effect.runId,
      Task: effect.taskId,
      Worker: effect.worker,
      ...(model === null ? {} : { Model: model }),
      Lane: scope.lane,
    },
    author: host.identity,
    when: loggedAt(host, effect.runId, event => event.type === 'attempt.finished' && event.taskId === effect.taskId),
  })
  switch (result.status) {
    case 'harvested':
      return {
        type: 'work.harvested',
        ...ids,
        tip: result.tip,
        base: ready.base,
        files: result.files,
        added: result.added,
        deleted: result.deleted,
        uncommitted: result.byUs,
        findingsContentId: result.notes.length === 0 ? null : keepFindings(host, scope, effect.taskId, result.notes),
      }
    case 'empty': {
      const claim = 'The work was reported as done, but nothing in the repository had changed.'
      const findingsContentId = keepFindings(host, scope, effect.taskId, [
        { claim, severity: 'blocking' },
        ...result.notes,
      ])
      return { type: 'work.empty', ...ids, findingsContentId }
    }
    case 'refused':
      return {
        type: 'work.refused',
        ...ids,
        findingsContentId: keepFindings(host, scope, effect.taskId, result.findings),
      }
    case 'blocked':
      if (result.move.status === 'checkedOut')
        return { type: 'integration.refused', ...ids, reason: 'branchCheckedOut' }
      throw new AgentLabError(
        `harvest failed on ${effect.taskId}: a branch of yours has the name of its branch, ${branch}, and is not touched`,
        {
          code: 'branch-taken',
          cure: `Rename yours: git branch -m ${branch} <other>, then: agentlab resume ${effect.runId}`,
        },
      )
  }
}

/** Where the task's branch was put by us. */
const tipsOf = (host: Host, taskId: string): Oid[] =>
  eventsOf(host.project.store, taskId.slice(0, 8)).flatMap(({ event }) =>
    (event.type === 'work.harvested' || event.type === 'work.rebased') && event.taskId === taskId ? [event.tip] : [],
  )

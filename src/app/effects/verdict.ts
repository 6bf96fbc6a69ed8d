/** Has another vendor's agent judge a task's tip, in a seat of its own, from files; then judges the judge's stream. */
import { join } from 'node:path'
import { unmeasured } from '../../domain/attempt.ts'
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent } from '../../domain/event.ts'
import type { WorkerName } from '../../domain/lane.ts'
import { laned } from '../../domain/laned.ts'
import type { WorkerEvent } from '../../domain/worker-event.ts'
import { rawChanges } from '../../git/changes.ts'
import { diffText } from '../../git/diff.ts'
import { treeOf } from '../../git/refs.ts'
import { createWorkspace } from '../../git/workspace.ts'
import { isTransient } from '../../supervisor/backoff.ts'
import { chooseVerifier } from '../../verifier/choose-verifier.ts'
import { judge } from '../../verifier/judge.ts'
import { verdictJsonSchema, verifierPrompt } from '../../verifier/verifier-prompt.ts'
import { statementText } from '../../workers/prompt.ts'
import { runAgent } from '../agent-run.ts'
import { environmentOf } from '../environment/environment.ts'
import { type Host, keep, keepFindings, type RunScope, scopeOf, taskOf } from '../host.ts'
import { writeWords } from '../laned-file.ts'
import { answererKept } from '../local-choice.ts'
import { eventsOf } from '../run-memory.ts'
import { emptySeat, type Seat, seatAt } from '../seats.ts'
import { instructionsAt } from '../task-material.ts'
import { furnish } from '../workspace.ts'

export const seekVerdict = async (
  host: Host,
  effect: EffectOf<'verdict.seek'>,
  signal: AbortSignal,
): Promise<LoopEvent | null> => {
  const scope = scopeOf(host, effect.runId)
  const task = taskOf(host, effect.taskId)
  const { repository } = host.project
  const event = {
    type: 'verdict.given' as const,
    runId: effect.runId,
    taskId: effect.taskId,
    tip: effect.tip,
    class: null,
    retryInMs: null,
    usage: unmeasured,
    verdictContentId: null,
    findingsContentId: null,
  }
  const candidate = (worker: WorkerName) => ({ worker, answerer: answererKept(worker, scope.lane, scope.config) })
  const chosen = chooseVerifier({
    author: candidate(effect.author),
    available: scope.request.workers.map(candidate),
    avoid: effect.avoid,
    independence: scope.request.independence,
  })
  if (chosen === null)
    return { ...event, verifier: null, value: 'inconclusive', inconclusive: 'noVerifier', sameVendor: false }

  const seat = seatAt(host.project.paths.seats, `${effect.taskId}.${chosen.worker}.verify`)
  try {
    const changedFiles = (await rawChanges(repository, effect.base, effect.tip)).map(change => change.path)
    const material = await prepareSeat(host, scope, effect, seat, signal)
    const { round, launch } = roundOf(host, effect.taskId)
    const events: WorkerEvent[] = []
    const { end } = await runAgent(
      host,
      scope,
      {
        role: 'verifier',
        worker: chosen.worker,
        seat,
        taskId: effect.taskId,
        taskKey: task.key,
        attempt: round,
        launch,
        prompt: verifierPrompt({
          task,
          goal: scope.goal,
          lane: scope.lane,
          tip: effect.tip,
          base: effect.base,
          ...material,
          changedFiles,
          instructions: await instructionsAt(host, effect.base),
        }),
        schema: verdictJsonSchema,
        resume: null,
        onEvent: event => events.push(event),
      },
      signal,
    )
    if (signal.aborted) return null
    const judged = judge({ end, events, tip: effect.tip, changedFiles, materialPaths: { diff: material.diffPath } })
    const kept =
      judged.answer ?? (end.outcome === 'failed' ? { error: `${end.class}: ${end.detail}` } : { text: end.text })
    return {
      ...event,
      verifier: chosen.worker,
      value: judged.value,
      inconclusive: judged.inconclusive,
      sameVendor: chosen.nearness !== null,
      sameModel: chosen.nearness === 'same model',
      answerer: chosen.answerer,
      verdictContentId: keep(host, scope, effect.taskId, 'verdict', JSON.stringify(kept)),
      findingsContentId:
        judged.findings.length === 0 ? null : keepFindings(host, scope, effect.taskId, judged.findings),
      class: end.outcome === 'failed' ? end.class : null,
      retryInMs: end.outcome === 'failed' && end.retryAt !== null ? Math.max(0, end.retryAt - host.now()) : null,
      usage: end.usage,
    }
  } finally {
    // Its workspace serves the next round; what it was told and said does not outlive it.
    await emptySeat(seat)
  }
}

/** Workspace at the exact tip, and the material as files beside it. */
const prepareSeat = async (
  host: Host,
  scope: RunScope,
  effect: EffectOf<'verdict.seek'>,
  seat: Seat,
  signal: AbortSignal,
): Promise<{ diffPath: string; checksPath: string; statementPath: string }> => {
  const { repository, store } = host.project
  await emptySeat(seat)
  const tree = await treeOf(repository, effect.tip)
  const wish = { repository, dirs: seat.dirs, commit: effect.tip, branch: 'verify', identity: host.identity }
  await furnish(host, scope, seat, {
    tree,
    environment: await environmentOf(host, scope, tree, signal),
    checkOut: kept => createWorkspace({ ...wish, ...kept }),
  })
  const paths = {
    diffPath: join(seat.io, 'change.diff'),
    checksPath: join(seat.io, 'checks.json'),
    statementPath: join(seat.io, 'statement.md'),
  }
  const diff = await diffText(repository, effect.base, effect.tip)
  await writeWords(scope, paths.diffPath, laned(diff, scope))
  await writeWords(scope, paths.checksPath, store.content.laned(effect.resultsContentId) ?? laned('[]', scope))
  await writeWords(scope, paths.statementPath, statementText(scope, taskOf(host, effect.taskId)))
  return paths
}

/** Verdicts that came to an end count as rounds; those that broke off for now are further launches of the same round. */
const roundOf = (host: Host, taskId: string): { round: number; launch: number } => {
  const given = eventsOf(host.project.store, taskId.slice(0, 8)).flatMap(({ event }) =>
    event.type === 'verdict.given' && event.taskId === taskId ? [event] : [],
  )
  const finished = given.filter(event => !isTransient(event.class))
  const lastFinished = given.findLastIndex(event => !isTransient(event.class))
  return { round: finished.length + 1, launch: given.length - lastFinished }
}

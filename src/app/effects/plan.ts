/** Gets the run's plan: from the operator's file, or from a planner's model through the gateway. */
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent } from '../../domain/event.ts'
import { vendorOf, type WorkerName } from '../../domain/lane.ts'
import type { Plan } from '../../domain/plan.ts'
import { listTree } from '../../git/blobs.ts'
import { treeOf } from '../../git/refs.ts'
import { createWorkspace } from '../../git/workspace.ts'
import { type AskPlanner, makePlan, type PlannerReply } from '../../planner/make-plan.ts'
import { planFromFile } from '../../planner/plan-file.ts'
import { planJsonSchema } from '../../planner/planner-prompt.ts'
import { runAgent } from '../agent-run.ts'
import { credentialOf } from '../agents.ts'
import { type Host, keep, type RunScope, scopeOf } from '../host.ts'
import { makeSeat, removeSeat, seatAt } from '../seats.ts'
import { instructionsAt } from '../task-material.ts'

export const makePlanEffect = async (
  host: Host,
  effect: EffectOf<'plan.make'>,
  signal: AbortSignal,
): Promise<LoopEvent> => {
  const scope = scopeOf(host, effect.runId)
  const context = {
    runId: scope.runId,
    workers: scope.request.workers,
    checks: scope.config.checks.map(check => check.name),
  }
  const { planContentId } = scope.request
  if (planContentId !== null) {
    const text = host.project.store.content.text(planContentId) ?? ''
    return ready(host, scope, planFromFile(text, 'the plan file', context), 0)
  }
  const { repository } = host.project
  const made = await makePlan({
    ...context,
    ask: await backEnd(host, scope, signal),
    material: {
      goal: scope.goal,
      lane: scope.lane,
      workers: scope.request.workers.map(name => ({ name, vendor: vendorOf[name] })),
      checks: context.checks,
      instructions: await instructionsAt(host, scope.base!),
      tree: (await listTree(repository, await treeOf(repository, scope.base!))).map(entry => entry.path),
    },
  })
  signal.throwIfAborted()
  if ('plan' in made) return ready(host, scope, made.plan, made.returned)
  return {
    type: 'plan.failed',
    runId: scope.runId,
    class: made.failed,
    retryInMs: made.retryAt === null ? null : Math.max(0, made.retryAt - host.now()),
    contentId: keep(host, scope, null, 'error', made.detail),
  }
}

const ready = (host: Host, scope: RunScope, plan: Plan, returned: number): LoopEvent => ({
  type: 'plan.ready',
  runId: scope.runId,
  planContentId: keep(host, scope, null, 'plan', JSON.stringify(plan)),
  forecastContentId: null,
  origin: plan.origin,
  planner: null,
  passedOver: [],
  returned,
  tasks: plan.tasks.map(({ taskId, kind, dependsOn, worker, risk }) => ({ taskId, kind, dependsOn, worker, risk })),
})

/**
 * The planner that can be asked, by the operator's order of preference: the API with a key, or the claude CLI in a seat
 * of its own. A subscription login serves the vendor's own CLI only, never our client.
 */
const backEnd = async (host: Host, scope: RunScope, signal: AbortSignal): Promise<AskPlanner> => {
  const hasClaude = scope.request.workers.includes('claude')
  const credential = await credentialOf('claude', scope.config, host.project.env)
  const preferred = scope.config.planner.prefer.find(name =>
    name === 'api' ? hasClaude && credential.kind === 'key' && !scope.rehearsed : scope.request.workers.includes(name),
  )
  if (preferred === 'api') return askThroughApi(host, scope, signal)
  return askThroughCli(host, scope, preferred ?? scope.request.workers[0]!, signal)
}

const apiModel = 'claude-sonnet-5-5'

const askThroughApi = async (host: Host, scope: RunScope, signal: AbortSignal): Promise<AskPlanner> => {
  const credential = await credentialOf('claude', scope.config, host.project.env)
  // Loaded when it is needed: it is the heaviest library, and a heavier supervisor starts every process more slowly.
  const { askAnthropic } = await import('../../planner/anthropic-client.ts')
  return async prompt => {
    const token = host.gateway.issueToken({
      runId: scope.runId,
      taskId: null,
      attempt: 1,
      role: 'planner',
      worker: null,
      lane: scope.lane,
      provider: 'anthropic',
      upstream: scope.config.upstreams.anthropic,
      credential,
    })
    try {
      return await askAnthropic({
        baseUrl: `${host.gateway.origin}/anthropic`,
        token,
        model: scope.config.agent.claude.model ?? apiModel,
        prompt,
        schema: planJsonSchema,
        timeoutMs: scope.request.limits.modelSilenceMs,
        maxTokens: 16_000,
        signal,
      })
    } finally {
      host.gateway.revokeToken(token)
    }
  }
}

/** Each question is a session of its own in a seat that goes when the answer is there. */
const askThroughCli = (host: Host, scope: RunScope, worker: WorkerName, signal: AbortSignal): AskPlanner => {
  let attempt = 0
  return async prompt => {
    attempt += 1
    const seat = seatAt(host.project.paths.seats, `${scope.runId}.${worker}.plan`)
    await removeSeat(seat)
    await makeSeat(seat)
    try {
      await createWorkspace({
        repository: host.project.repository,
        dirs: seat.dirs,
        commit: scope.base!,
        branch: 'plan',
        identity: host.identity,
      })
      const errand = { role: 'planner' as const, worker, seat, taskId: null, taskKey: null, attempt, launch: 1, prompt }
      const { end } = await runAgent(host, scope, { ...errand, schema: planJsonSchema, resume: null }, signal)
      signal.throwIfAborted()
      return replyOf(end)
    } finally {
      await removeSeat(seat)
    }
  }
}

const replyOf = (end: Awaited<ReturnType<typeof runAgent>>['end']): PlannerReply =>
  end.outcome === 'failed'
    ? { failed: end.class, retryAt: end.retryAt, detail: end.detail }
    : { answer: end.structured ?? end.text }

/** The planners a run can ask, best first: the API with a key, or an agent's CLI in a seat of its own. */
import type { EffectiveConfig } from '../config/effective.ts'
import { AgentLabError } from '../domain/errors.ts'
import type { Lane, WorkerName } from '../domain/lane.ts'
import { wordsFor } from '../domain/laned.ts'
import type { PlannerName } from '../domain/plan.ts'
import { createWorkspace } from '../git/workspace.ts'
import { answererOf } from '../lanes/answerer.ts'
import type { AskPlanner, PlannerReply } from '../planner/make-plan.ts'
import { planJsonSchema } from '../planner/planner-prompt.ts'
import { runAgent, upstreamOf } from './agent-run.ts'
import { credentialOf } from './agents.ts'
import type { Host, RunScope } from './host.ts'
import { makeSeat, removeSeat, seatAt } from './seats.ts'

export interface BackEnd {
  name: PlannerName
  ask: AskPlanner
}

/**
 * In the operator's order of preference, those this run's crew has (each allowed in the lane, installed, logged in);
 * then the rest of the crew. A subscription login serves the vendor's own CLI only, never our client; a rehearsal
 * scripts CLIs only. `attemptsBefore` counts the planner's answers in this run so far.
 */
export const backEnds = async (
  host: Host,
  scope: RunScope,
  attemptsBefore: number,
  signal: AbortSignal,
): Promise<BackEnd[]> => {
  const { workers } = scope.request
  const hasApi = !scope.rehearsed && (await hasApiKey(workers, scope.lane, scope.config, host.project.env))
  return plannersOf(scope.config.planner.prefer, workers, hasApi).map(name => ({
    name,
    ask: name === 'api' ? askThroughApi(host, scope, signal) : askThroughCli(host, scope, name, attemptsBefore, signal),
  }))
}

/** Whether Anthropic's API may be asked with a key: as claude may, and never where claude asks somebody else. */
export const hasApiKey = async (
  crew: readonly WorkerName[],
  lane: Lane,
  config: EffectiveConfig,
  env: NodeJS.ProcessEnv,
): Promise<boolean> => {
  if (!crew.includes('claude') || answererOf('claude', lane, config).provider !== 'anthropic') return false
  return (await credentialOf('anthropic', config, env)).kind === 'key'
}

/** Who plans, best first. `hasApi`: the API may be asked with a key. */
export const plannersOf = (
  preferred: readonly PlannerName[],
  workers: readonly WorkerName[],
  hasApi: boolean,
): PlannerName[] => {
  const isUsable = (name: PlannerName): boolean => (name === 'api' ? hasApi : workers.includes(name))
  return [...new Set([...preferred, ...workers])].filter(isUsable)
}

const apiModel = 'claude-sonnet-5-5'

const askThroughApi =
  (host: Host, scope: RunScope, signal: AbortSignal): AskPlanner =>
  async prompt => {
    // Loaded when it is needed: it is the heaviest library, and a heavier supervisor starts every process more slowly.
    const { askAnthropic } = await import('../planner/anthropic-client.ts')
    const token = host.gateway.issueToken({
      runId: scope.runId,
      taskId: null,
      attempt: 1,
      role: 'planner',
      worker: null,
      lane: scope.lane,
      provider: 'anthropic',
      ...upstreamOf(scope, 'anthropic'),
      credential: await credentialOf('anthropic', scope.config, host.project.env),
    })
    try {
      return await askAnthropic({
        baseUrl: `${host.gateway.origin}/anthropic`,
        token,
        model: answererOf('claude', scope.lane, scope.config).model ?? apiModel,
        prompt: wordsFor(scope, prompt),
        schema: planJsonSchema,
        timeoutMs: scope.request.limits.modelSilenceMs,
        maxTokens: 16_000,
        signal,
      })
    } finally {
      host.gateway.revokeToken(token)
    }
  }

/** Each question is a session of its own in a seat that goes when the answer is there. */
const askThroughCli = (
  host: Host,
  scope: RunScope,
  worker: WorkerName,
  attemptsBefore: number,
  signal: AbortSignal,
): AskPlanner => {
  let attempt = attemptsBefore
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
    } catch (error) {
      // Another planner may be there: whether one is, is the asker's to know.
      if (error instanceof AgentLabError && error.code === 'agent-missing')
        return { failed: 'auth', retryAt: null, detail: error.message }
      throw error
    } finally {
      await removeSeat(seat)
    }
  }
}

const replyOf = (end: Awaited<ReturnType<typeof runAgent>>['end']): PlannerReply =>
  end.outcome === 'failed'
    ? { failed: end.class, retryAt: end.retryAt, detail: end.detail }
    : { answer: end.structured ?? end.text }

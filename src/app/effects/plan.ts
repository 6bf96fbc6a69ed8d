/** Gets the run's plan: from the operator's file, or from a planner's model through the gateway. */
import type { EffectOf } from '../../domain/effect.ts'
import type { LoopEvent } from '../../domain/event.ts'
import type { Plan, PlannerName } from '../../domain/plan.ts'
import { listTree } from '../../git/blobs.ts'
import { treeOf } from '../../git/refs.ts'
import { answererOf } from '../../lanes/answerer.ts'
import type { AcceptContext } from '../../planner/accept-proposal.ts'
import { type MadePlan, makePlan } from '../../planner/make-plan.ts'
import { planFromFile } from '../../planner/plan-file.ts'
import type { PlannerMaterial } from '../../planner/planner-prompt.ts'
import { type Host, keep, loggable, type RunScope, scopeOf } from '../host.ts'
import { stricterPlan } from '../lane-of-run.ts'
import { askedSoFar, recordPlan } from '../plan-record.ts'
import { type BackEnd, backEnds } from '../planner-back-ends.ts'
import { instructionsAt } from '../task-material.ts'

export const makePlanEffect = async (
  host: Host,
  effect: EffectOf<'plan.make'>,
  signal: AbortSignal,
): Promise<LoopEvent> => {
  const scope = scopeOf(host, effect.runId)
  const { runId } = scope
  const context = {
    runId,
    lane: scope.lane,
    workers: scope.request.workers,
    checks: scope.config.checks.map(check => check.name),
  }
  const { planContentId } = scope.request
  if (planContentId !== null) {
    const text = host.project.store.content.text(planContentId) ?? ''
    const plan = planFromFile(text, 'the plan file', context)
    const file = { origin: plan.origin, planner: null, passedOver: [], returned: 0 }
    return refusedPlan(host, scope, plan) ?? { type: 'plan.ready', runId, ...recordPlan(host, scope, plan), ...file }
  }
  const asked = askedSoFar(host, runId)
  const material = { ...(await materialFor(host, scope, context.checks)), answered: asked.answered }
  const ends = await backEnds(host, scope, asked.attempts, signal)
  const passOver = (name: PlannerName, why: string): void =>
    host.log(`planner ${name} is passed over: ${loggable(host, scope.lane, why)}`)
  const { made, planner, passedOver } = await askInTurn(passOver, ends, context, material)
  signal.throwIfAborted()
  const { returned } = made
  if ('plan' in made) {
    const { origin } = made.plan
    const refused = refusedPlan(host, scope, made.plan)
    if (refused !== null) return refused
    return { type: 'plan.ready', runId, ...recordPlan(host, scope, made.plan), origin, planner, passedOver, returned }
  }
  if ('question' in made) {
    return {
      type: 'plan.asked',
      runId,
      planner,
      contentId: keep(host, scope, null, 'question', made.question),
      returned,
    }
  }
  return {
    type: 'plan.failed',
    runId,
    class: made.failed,
    retryInMs: made.retryAt === null ? null : Math.max(0, made.retryAt - host.now()),
    contentId: keep(host, scope, null, 'error', `${planner}: ${made.detail}`),
  }
}

/**
 * A plan that names a path of a stricter lane stops the run. No file there exists yet (the base was looked through), so the
 * planner has seen nothing of it; a worker would make it.
 */
const refusedPlan = (host: Host, scope: RunScope, plan: Plan): LoopEvent | null => {
  const demand = stricterPlan(scope, plan)
  if (demand === null) return null
  const { runId } = scope
  return { type: 'plan.refused', runId, reason: 'stricterLane', contentId: keep(host, scope, null, 'error', demand) }
}

const materialFor = async (host: Host, scope: RunScope, checks: string[]): Promise<PlannerMaterial> => {
  const { repository } = host.project
  return {
    goal: scope.goal,
    lane: scope.lane,
    workers: scope.request.workers.map(name => ({
      name,
      vendor: answererOf(name, scope.lane, scope.config).provider,
    })),
    checks,
    instructions: await instructionsAt(host, scope.base!),
    tree: (await listTree(repository, await treeOf(repository, scope.base!))).map(entry => entry.path),
  }
}

interface Planned {
  made: MadePlan
  planner: PlannerName
  passedOver: PlannerName[]
}

/** One whose login or program is missing is passed over as long as there is another. */
const askInTurn = async (
  tell: (name: PlannerName, why: string) => void,
  ends: readonly BackEnd[],
  context: AcceptContext,
  material: PlannerMaterial,
): Promise<Planned> => {
  const passedOver: PlannerName[] = []
  for (const [index, { name, ask }] of ends.entries()) {
    const made = await makePlan({ ...context, ask, material })
    const isOut = 'failed' in made && made.failed === 'auth'
    if (!isOut || index === ends.length - 1) return { made, planner: name, passedOver }
    tell(name, made.detail)
    passedOver.push(name)
  }
  throw new Error('a run has at least one worker, and so one planner')
}

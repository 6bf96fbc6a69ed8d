/** What a run's machine asks for: named actions with JSON parameters, each effect under a key of its own. */
import type { Action, Effect } from '../domain/effect.ts'
import type { Ctx, RunContext } from './run-context.ts'

const keyOf = (context: RunContext, name: string): string =>
  `${context.runId}/${name}/${context.grants}.${context.tries}.${context.waits}`

export const basePrepare = {
  type: 'base.prepare' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'base.prepare',
    key: keyOf(context, 'base.prepare'),
    runId: context.runId,
  }),
}

export const planMake = {
  type: 'plan.make' as const,
  params: ({ context }: Ctx): Effect => ({ name: 'plan.make', key: keyOf(context, 'plan.make'), runId: context.runId }),
}

export const agentRebuild = {
  type: 'agent.rebuild' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'agent.rebuild',
    key: `${context.runId}/agent.rebuild/${context.rejection!.findingsContentId}.${context.rejection!.agent}`,
    runId: context.runId,
    ...context.rejection!,
  }),
}

export const runConclude = {
  type: 'run.conclude' as const,
  params: ({ context }: Ctx): Effect => ({
    name: 'run.conclude',
    key: keyOf(context, 'run.conclude'),
    runId: context.runId,
    outcome: context.outcome ?? 'failed',
  }),
}

export const voidEffects = {
  type: 'effects.void' as const,
  params: ({ context }: Ctx): Action => ({ name: 'effects.void', runId: context.runId, taskId: null }),
}

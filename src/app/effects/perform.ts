/** One name, one effect: the table from what the brain asks for to the function that does it. */
import type { Effect } from '../../domain/effect.ts'
import type { LoopEvent } from '../../domain/event.ts'
import type { Host } from '../host.ts'
import { forgetRun } from '../run-memory.ts'
import { runAttempt } from './attempt.ts'
import { prepareBase } from './base.ts'
import { conclude } from './conclude.ts'
import { harvest } from './harvest.ts'
import { checkMerge } from './merge.ts'
import { makePlanEffect } from './plan.ts'
import { rebuildAgent } from './rebuild.ts'
import { runTrain } from './train.ts'
import { seekVerdict } from './verdict.ts'

export const perform = async (
  host: Host,
  effect: Effect,
  signal: AbortSignal,
  tell: (event: LoopEvent) => void,
): Promise<LoopEvent | LoopEvent[] | null> => {
  switch (effect.name) {
    case 'base.prepare':
      return prepareBase(host, effect, signal)
    case 'plan.make':
      return makePlanEffect(host, effect, signal)
    case 'run.conclude':
      return conclude(host, effect).finally(() => forgetRun(host.project.store, effect.runId))
    case 'agent.rebuild':
      return rebuildAgent(host, effect, signal, tell)
    case 'attempt.run':
      return runAttempt(host, effect, signal, tell)
    case 'work.harvest':
      return harvest(host, effect, signal)
    case 'merge.check':
      return checkMerge(host, effect, signal)
    case 'verdict.seek':
      return seekVerdict(host, effect, signal)
    case 'train.run':
      return runTrain(host, effect, signal)
  }
}

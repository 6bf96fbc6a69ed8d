/** Closed reasons and outcomes that events carry; their sentences stand in domain/outcome.ts. */
import { z } from 'zod'

/** Why a task or run waits for the operator. Each has its own sentence and cure in domain/outcome.ts. */
export const WaitReason = z.enum([
  'limitReached',
  'diskFull',
  'attemptsUsed',
  'loginNeeded',
  'providerDown',
  'verdictInconclusive',
  'branchCheckedOut',
  'mainConflict',
  'mainChecksFailed',
  'mainRewritten',
  'mainMissing',
  'agentMovedByHand',
  'repositoryUnfit',
  'stricterLane',
  'conflictUnresolved',
  'effectFailed',
  'planReview',
  'plannerAsks',
])
export type WaitReason = z.infer<typeof WaitReason>

export const RunOutcome = z.enum(['done', 'failed', 'awaitingOperator', 'cancelled'])
export type RunOutcome = z.infer<typeof RunOutcome>

/**
 * Main as seen from the integration branch: `held` by it, `ahead` with commits it lacks, `rewritten` so that commits it
 * was built on are gone from main, or `missing`.
 */
export const MainState = z.enum(['held', 'ahead', 'rewritten', 'missing'])
export type MainState = z.infer<typeof MainState>

/** Why the integration branch could not be rebuilt without a task. Each has its sentence and cure in domain/outcome.ts. */
export const RebuildRefusal = z.enum(['conflict', 'checksFailed', 'foreignMerge', 'notThere', 'branchCheckedOut'])
export type RebuildRefusal = z.infer<typeof RebuildRefusal>

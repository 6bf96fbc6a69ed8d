/** Names and ids: what may stand in a ref, a path or an argument. All ids are made here, never by a model. */
import { z } from 'zod'

/** Git object id: SHA-1 (40 hex digits) or SHA-256 (64). */
export const Oid = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'must be a full object id')
export type Oid = z.infer<typeof Oid>

/** `k3m9q2x7`: eight letters and digits, drawn from an alphabet without look-alikes. */
export const RunId = z.string().regex(/^[a-z0-9]{8}$/, 'must be a run id such as k3m9q2x7')
export type RunId = z.infer<typeof RunId>

/** `k3m9q2x7-2`: a run id and the task's number in its plan, from 1. */
export const TaskId = z.string().regex(/^[a-z0-9]{8}-[1-9][0-9]?$/, 'must be a task id such as k3m9q2x7-2')
export type TaskId = z.infer<typeof TaskId>

/** `c-` and 16 letters: where text that people or models wrote is kept apart from facts. */
export const ContentId = z.string().regex(/^c-[a-z0-9]{16}$/)
export type ContentId = z.infer<typeof ContentId>

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** Randomness comes in from outside so that a run can be simulated from a seed: returns a number in [0, 1). */
export type Random = () => number

const draw = (random: Random, length: number): string =>
  Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('')

export const newRunId = (random: Random): RunId => draw(random, 8)
export const newContentId = (random: Random): ContentId => `c-${draw(random, 16)}`
export const taskIdOf = (runId: RunId, number: number): TaskId => `${runId}-${number}`
export const runIdOf = (taskId: TaskId): RunId => taskId.slice(0, 8)
/** The task's number in its plan, from 1. */
export const taskNumberOf = (taskId: TaskId): number => Number(taskId.slice(9))

const branchName = /^[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)*$/i

/**
 * Whether a branch name may be used by us: stricter than git's own rule, which lets `-x`, `HEAD` and `refs/heads/x`
 * through (facts: git check-ref-format 2.39).
 */
export const isSafeBranchName = (name: string): boolean =>
  name.length <= 100 &&
  branchName.test(name) &&
  !name.split('/').some(part => part.endsWith('.lock') || part.endsWith('.') || part.includes('..')) &&
  !['head', 'fetch_head', 'orig_head', 'refs'].includes(name.split('/')[0]!.toLowerCase())

/** A branch name that is safe to give to git in any position. */
export const BranchName = z
  .string()
  .refine(isSafeBranchName, 'must be a plain branch name: letters, digits, . _ - and /')

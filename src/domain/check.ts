/** The repository's own checks: commands run on a tree in a box of their own. */
import { z } from 'zod'

/** `notRun`: the set-up failed or the box could not start it, so nothing is known. */
export const CheckStatus = z.enum(['passed', 'failed', 'notRun'])
export type CheckStatus = z.infer<typeof CheckStatus>

export const CheckResult = z.object({
  name: z.string(),
  status: CheckStatus,
  /** null where the command did not end by itself. */
  exitCode: z.number().int().nullable(),
  durationMs: z.number().int().nonnegative(),
  /** Taken from the cache: same tree, command and environment had run before. */
  cached: z.boolean(),
  /** It could make user namespaces in its box (`box.userns`): more of the kernel was within its reach. */
  userNamespaces: z.literal(true).optional(),
})
export type CheckResult = z.infer<typeof CheckResult>

/**
 * All checks of one tree together. `none`: no checks are configured. `failedOnBaseToo`: red, but every red check is red
 * on the base as well, so it does not block (and is not proven).
 */
export const ChecksStatus = z.enum(['passed', 'failed', 'failedOnBaseToo', 'notRun', 'none'])
export type ChecksStatus = z.infer<typeof ChecksStatus>

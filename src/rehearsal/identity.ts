/** Who is asking: the gateway tells the rehearsal in a header, because a token means nothing to it. */
import { z } from 'zod'
import { Role } from '../domain/lane.ts'

export const identityHeader = 'x-agentlab-rehearsal'

export const Identity = z.strictObject({
  role: Role,
  /** The worker's name; null for AgentLab's own client (the SDK planner). */
  worker: z.string().nullable().default(null),
  /** The task's key in the scenario, or its number in the plan from 1; null for the planner. */
  task: z.union([z.string(), z.int().positive()]).nullable().default(null),
  /** From 1: the attempt of a worker, researcher or planner; the round of a verifier. */
  attempt: z.int().positive().default(1),
  /** From 1: how often this attempt has been started. A fault `onLaunch: 1` is gone on the second. */
  launch: z.int().positive().default(1),
})
export type Identity = z.output<typeof Identity>

/** Header to put into a grant: `{ 'x-agentlab-rehearsal': <base64url JSON> }`. */
export const identityHeaders = (identity: z.input<typeof Identity>): Record<string, string> => ({
  [identityHeader]: Buffer.from(JSON.stringify(Identity.parse(identity))).toString('base64url'),
})

/** The identity a header holds, or null when it holds none. */
export const readIdentity = (header: string | string[] | undefined): Identity | null => {
  if (typeof header !== 'string') return null
  try {
    const result = Identity.safeParse(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')))
    return result.success ? result.data : null
  } catch {
    return null
  }
}

/** For messages: `worker of task parser, attempt 2`. */
export const describeIdentity = ({ role, task, attempt, launch }: Identity): string =>
  `${role}${task === null ? '' : ` of task ${task}`}, attempt ${attempt}, launch ${launch}`

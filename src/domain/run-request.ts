/** What the operator asked for, in facts: kept with the run's first event and read again for as long as the run lives. */
import { z } from 'zod'
import { ContentId } from './ids.ts'
import { Lane, WorkerName } from './lane.ts'

/**
 * What a run may cost before it stops and asks. All per run, except the three per attempt and the two of a seat, which
 * older runs do not name. Milliseconds, bytes and counts.
 */
export const RunLimits = z.object({
  requests: z.number().int().positive(),
  tokens: z.number().int().positive(),
  minutes: z.number().positive(),
  attemptWallMs: z.number().int().positive(),
  modelSilenceMs: z.number().int().positive(),
  toolSilenceMs: z.number().int().positive(),
  diskBytes: z.number().int().positive().optional(),
  memoryBytes: z.number().int().positive().optional(),
})
export type RunLimits = z.infer<typeof RunLimits>

/**
 * What a run is for: a goal carried out; a plan made and nothing more; main's new commits brought into the integration
 * branch; or, where those conflict, the same as a task for a worker; or a question answered, which moves no branch.
 */
export const RunPurpose = z.enum(['work', 'plan', 'sync', 'resolve', 'ask'])
export type RunPurpose = z.infer<typeof RunPurpose>

/** What the operator asked for, in facts; the goal's text is content. */
export const RunRequest = z.object({
  /** At least as strict as the repository's default and all its paths, unless it was loosened. */
  lane: Lane,
  /** The operator's act at a terminal: the run needed lane `from` and was let into its own, which is looser. */
  loosened: z.object({ from: Lane }).optional(),
  goalContentId: ContentId,
  configContentId: ContentId,
  /** sha256 of the configuration's text, repository's and operator's together. */
  configHash: z.string(),
  /** A plan given as a file, or null: a planner makes one. */
  planContentId: ContentId.nullable(),
  /** A scenario given with --rehearse, or null: real models. */
  scenarioContentId: ContentId.nullable(),
  /** A log handed in beside the repository, and how much of its middle was left out; left out: none. */
  log: z.object({ contentId: ContentId, leftOutBytes: z.number().int().nonnegative() }).optional(),
  containment: z.enum(['boxed', 'unboxed']),
  /** Root asked for it: behind a wall that broke stands the whole machine. */
  asRoot: z.literal(true).optional(),
  /** So many of the operator's tool folders were in no box, for they may not be opened or are not there. */
  shutTools: z.number().int().positive().optional(),
  /** `gate`: boxed agents reach the models through their gate and nothing else. Older runs shared the machine's network. */
  network: z.enum(['gate', 'host']).default('host'),
  /**
   * Hosts a boxed set-up may reach, as the operator lists them; empty: it has no network. Null: there is no set-up or no
   * box, or the run is older, and its set-up had the machine's network outside lane private.
   */
  setupHosts: z.array(z.string()).nullable().default(null),
  workers: z.array(WorkerName).min(1),
  maxParallel: z.number().int().positive(),
  maxAttempts: z.number().int().positive(),
  independence: z.enum(['vendor', 'session']),
  limits: RunLimits,
  purpose: RunPurpose.default('work'),
  /** The plan waits for the operator's approval before anything is worked on. */
  reviewPlan: z.boolean().default(false),
})
export type RunRequest = z.infer<typeof RunRequest>

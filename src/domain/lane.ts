/** Lanes, providers and workers: who may see which data. */
import { z } from 'zod'

/** From the loosest to the strictest: personal < enterprise < private is *not* an order of providers; see src/lanes. */
export const Lane = z.enum(['enterprise', 'personal', 'private'])
export type Lane = z.infer<typeof Lane>

/** Who receives the data of a request. */
export const Provider = z.enum(['anthropic', 'openai', 'google', 'local'])
export type Provider = z.infer<typeof Provider>

/** The adapters that exist. `local` comes with the private lane. */
export const WorkerName = z.enum(['claude', 'codex', 'gemini'])
export type WorkerName = z.infer<typeof WorkerName>

/** Whose model judges: two workers of one vendor do not verify each other independently. */
export const vendorOf: Record<WorkerName, Provider> = { claude: 'anthropic', codex: 'openai', gemini: 'google' }

/** Why a foreign agent process runs. A token, a seat and a prompt belong to exactly one role. */
export const Role = z.enum(['planner', 'worker', 'verifier', 'researcher'])
export type Role = z.infer<typeof Role>
